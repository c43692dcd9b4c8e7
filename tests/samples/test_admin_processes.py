"""A process on one page of the admin: stored whole or not at all, with what is wrong said at its field."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import writing
from core.models import AuditEvent
from core.records import change
from samples.models import Process, Sample
from samples.services import InputSpec, ThermalStepSpec, change_process, create_process
from tests import factories
from tests.admin_pages import add_page, browser, change_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(project):
    return browser(factories.member(project, "editor"))


@pytest.fixture
def page(editor):
    return add_page(editor, "samples_process")


def co_sintering(page, powders, **changes):
    """What a person types for the 43:35:22 composite."""
    inputs = [{"sample": str(powder.pk), "role": "component"} for powder in powders]
    return {
        "kind": "co-sintering",
        "ratio_text": "43:35:22",
        **page.rows("inputs", inputs, start=0),
        **page.rows("thermal_steps", [{"target": "700 degC", "dwell": "60 min"}], start=0),
        **page.rows("outputs", [{"new_code": "CC-433522", "new_kind": "composite_cathode"}], start=0),
        **changes,
    }


def test_the_only_project_one_may_write_in_is_chosen_and_the_kind_is_not(page, project):
    assert page.fields["project"] == str(project.pk)
    assert page.fields["kind"] == ""


def test_the_composite_is_recorded_on_one_page(page, powders):
    saved = page.send(**co_sintering(page, powders))
    assert saved.status == 200
    product = Sample.objects.get(code="CC-433522")
    process = product.production.process
    assert process.kind == "co-sintering"
    assert [entry.sample for entry in process.inputs.all()] == powders
    assert [entry.weight_fraction for entry in process.inputs.all()] == pytest.approx([0.43, 0.35, 0.22])
    step = process.thermal_steps.get()
    assert (step.target, step.target_text, step.dwell, step.dwell_text) == (700, "700 degC", 1, "60 min")


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"ratio_text": "43%:35%:25%"}, "ratio_text", "103"),
        ({"ratio_text": "43:35"}, "ratio_text", "2 parts, but there are 3 components"),
        ({"ratio_text": "a lot"}, "ratio_text", "ratio"),
        ({"thermal_steps-0-target": "700 kg"}, "thermal_steps-0-target", '"700 kg" is a mass; a temperature'),
        ({"thermal_steps-0-target": "-300 degC"}, "thermal_steps-0-target", "below -273.15 °C"),
        ({"inputs-0-actual_mass": "-5 mg"}, "inputs-0-actual_mass", "below 0 g"),
        ({"inputs-0-sample": ""}, "inputs-0-sample", "Choose a sample or a bare material"),
        ({"outputs-0-new_kind": ""}, "outputs-0-new_kind", "What kind of sample is CC-433522?"),
        ({"outputs-0-new_code": "CC 43/35"}, "outputs-0-new_code", "no spaces"),
        ({"pressure": "3 V"}, "pressure", "is a voltage; a pressure"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(page, powders, changes, place, words):
    if place == "inputs-0-sample":
        changes |= {"inputs-0-planned_mass": "1 g"}
    before = (Process.objects.count(), Sample.objects.count())
    again = page.send(**co_sintering(page, powders, **changes))
    assert words in " ".join(again.errors[place])
    assert (Process.objects.count(), Sample.objects.count()) == before
    for name, typed in changes.items():
        assert again.fields[name] == typed


def test_a_code_that_is_taken_is_said_at_the_outputs(page, powders, project):
    factories.powder(project, "LBO")
    taken = powders[0].code
    again = page.send(**co_sintering(page, powders, **{"outputs-0-new_code": taken.lower()}))
    assert "exists already in the project" in " ".join(again.errors["outputs"])
    assert not Process.objects.exists()
    assert again.fields["outputs-0-new_code"] == taken.lower()


def test_a_sample_cannot_be_made_from_itself(page, powders):
    changes = {"outputs-0-new_code": "", "outputs-0-new_kind": "", "outputs-0-sample": str(powders[0].pk)}
    again = page.send(**co_sintering(page, powders, **changes))
    assert "cannot be made from itself" in " ".join(again.errors["outputs"])
    assert not Process.objects.exists()


def test_a_sample_has_one_producer(editor, page, project):
    product = factories.composite(project)
    powder = factories.powder(project)
    rows = {
        **page.rows("inputs", [{"sample": str(powder.pk)}], start=0),
        **page.rows("outputs", [{"sample": str(product.pk)}], start=0),
    }
    again = page.send(kind="other", **rows)
    assert "made by another process" in str(again.errors)
    assert Process.objects.count() == 1


@pytest.fixture
def stored(project):
    return factories.composite(project).production.process


def test_nothing_changes_when_nothing_was_changed(editor, stored):
    rows = list(stored.inputs.values_list("pk", flat=True))
    assert change_page(editor, stored).send().status == 200
    again = Process.objects.get(pk=stored.pk)
    assert again.version == stored.version
    assert list(again.inputs.values_list("pk", flat=True)) == rows


def offered(client, term):
    query = {"app_label": "samples", "model_name": "processinput", "field_name": "sample", "term": term}
    with CaptureQueriesContext(connection) as queries:
        found = client.get("/admin/autocomplete/", query).json()["results"]
    return [entry["text"] for entry in found], len(queries)


def test_a_lot_is_offered_with_what_is_left_of_it(editor, project):
    owner = factories.owner_of(project)
    lots = [writing.change(factories.powder(project, "LLZTO"), actor=owner, amount="12.4 g", lot="3")]
    few = offered(editor, "LLZTO")
    assert few[0] == [f"{lots[0].code} · lot 3 · 12.4 g left"]
    for amount, status in (("10 g", "available"), ("", "available"), ("1 g", "consumed"), ("2 g", "available")):
        powder = factories.powder(project, "LLZTO")
        lots.append(writing.change(powder, actor=owner, status=status, **({"amount": amount} if amount else {})))
    for lot, weighed in ((lots[0], "400 mg"), (lots[1], "10 g"), (lots[4], "2.5 g")):
        create_process(actor=owner, project=project, kind="mixing", inputs=[InputSpec(lot, actual_mass=weighed)])
    words, queries = offered(editor, "LLZTO")
    assert sorted(words) == sorted(
        f"{lot.code}{said}"
        for lot, said in zip(
            lots,
            (" · lot 3 · 12 g left", " · nothing left", "", " · used up", " · 0.5 g more taken than there was"),
            strict=True,
        )
    )
    assert queries == few[1]


def test_a_list_is_changed_without_touching_the_others(editor, stored):
    page = change_page(editor, stored)
    outputs, inputs = list(stored.outputs.values_list("pk")), list(stored.inputs.values_list("pk"))
    page.send(
        **{"thermal_steps-0-dwell": "2 h"}, **page.rows("thermal_steps", [{"target": "300 degC", "dwell": "3 h"}])
    )
    assert [(step.target, step.dwell) for step in stored.thermal_steps.all()] == [(700, 2), (300, 3)]
    assert list(stored.outputs.values_list("pk")) == outputs
    assert list(stored.inputs.values_list("pk")) == inputs


def test_a_new_ratio_gives_new_fractions(editor, stored):
    change_page(editor, stored).send(ratio_text="45:40:15")
    assert [row.weight_fraction for row in stored.inputs.all()] == pytest.approx([0.45, 0.40, 0.15])


def test_a_row_that_is_removed_is_gone(editor, stored):
    page = change_page(editor, stored)
    page.send(**{"thermal_steps-0-DELETE": "on"})
    assert not stored.thermal_steps.exists()


def test_nobody_overwrites_a_change_they_have_not_seen(editor, stored):
    page = change_page(editor, stored)
    change(stored, crucible="alumina", note="by somebody else")
    again = page.send(crucible="platinum", ratio_text="45:40:15")
    text = " ".join(again.errors["__all__"])
    assert "changed this record meanwhile" in text
    assert "Crucible is now: alumina" in text
    assert (again.fields["crucible"], again.fields["ratio_text"]) == ("platinum", "45:40:15")
    assert Process.objects.get(pk=stored.pk).crucible == "alumina"
    again.send()
    after = Process.objects.get(pk=stored.pk)
    assert (after.crucible, after.note, after.ratio_text) == ("platinum", "by somebody else", "45:40:15")


def test_viewers_see_units_and_cannot_write(project, stored):
    viewer = browser(factories.member(project, "viewer"))
    page = change_page(viewer, stored)
    assert "700 degC" in page.text
    assert page.send(crucible="platinum").status == 403
    assert add_page(viewer, "samples_process").status == 403


def test_strangers_cannot_use_what_they_cannot_see(stored, powders):
    other = factories.project()
    page = add_page(browser(factories.owner_of(other)), "samples_process")
    again = page.send(**co_sintering(page, powders))
    assert "not one of the available choices" in " ".join(again.errors["inputs-0-sample"])


def test_a_list_that_somebody_else_changed_meanwhile_stays_and_both_values_are_kept(editor, stored, project):
    page = change_page(editor, stored)
    owner = factories.owner_of(project)
    steps = [ThermalStepSpec(target="650 degC", dwell="2 h"), ThermalStepSpec(target="200 degC")]
    change_process(stored, actor=owner, crucible="alumina", thermal_steps=steps)
    again = page.send(crucible="platinum")
    said = " ".join(again.errors["__all__"])
    assert f"{owner} changed this record meanwhile" in said
    assert "Crucible is now: alumina" in said
    again.send()
    after = Process.objects.get(pk=stored.pk)
    assert [(step.target, step.dwell) for step in after.thermal_steps.all()] == [(650, 2), (200, None)]
    newest = AuditEvent.objects.filter(record_id=str(stored.pk), model="samples_process").order_by("-id").first()
    assert newest.changes["crucible"] == ["alumina", "platinum"]


@pytest.mark.django_db(transaction=True)  # a change is what one transaction did
def test_history_says_what_became_of_each_field(editor, stored):
    change_page(editor, stored).send(crucible="platinum", duration="90 min")
    change_page(editor, stored).send(crucible="alumina", duration="2 h")
    answer = editor.get(f"/admin/samples/process/{stored.pk}/history/", follow=True)
    assert answer.status_code == 200
    newest, before = re.findall(r'<li id="change-\d+">(.*?)</li>', answer.content.decode(), re.DOTALL)[:2]
    assert _told(newest) == {"Crucible": ["platinum", "alumina"], "Duration": ["90 min", "2 h"]}
    assert _told(before) == {"Crucible": ["empty", "platinum"], "Duration": ["empty", "90 min"]}


def _told(change):
    """Old and new value of each field, as the page shows them."""
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td>', change)
    return {label: [re.sub(r"<[^>]*>", "", value) for value in values] for label, *values in rows}
