"""Queries at every door: who finds what, what is completed, and that no way of writing leaves the side table behind."""

from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import writing
from accounts.models import Project
from analysis_tasks.services import enter_manually, report_value
from comparisons.services import add_row, create_comparison
from measurements.services import create_measurement
from samples.models import Cell, Material, Process, Publication, Sample, ThermalStep
from search.install import differences, install, rebuild
from search.models import IndexedValue
from search.reference import markdown
from search.selectors import completion, explained, resolve
from tests import factories, rest
from tests.admin_pages import browser, change_page

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
GOOD = (
    "material:LLZTO and ancestor(process:co-sintering).temperature between 650 degC and 1023 K"
    " and initial_discharge_capacity > 120 mAh/g"
)


@pytest.fixture
def lab():
    project, other = factories.project(), factories.project()
    cell = factories.cell(project)
    owner = factories.owner_of(project)
    test = create_measurement(actor=owner, subject=cell, technique="cycling", conditions={"temperature": "80 degC"})
    paper = Publication.objects.create(label="[45]")
    value = {"actor": owner, "subject": cell, "quantity_key": "initial_discharge_capacity", "measurement": test}
    report_value(**value, text="138.8", publication=paper, locator="Table S1, row 5")
    enter_manually(**{**value, "quantity_key": "cycle_count"}, text="50", reason="counted")
    comparison = create_comparison(actor=owner, project=project, slug="my-table", title="Garnet cathodes")
    add_row(comparison, actor=owner, cell=cell)
    return SimpleNamespace(
        project=project, other=other, cell=cell, owner=owner, test=test, comparison=comparison,
        stranger=factories.owner_of(other),
    )  # fmt: skip


def ids(response):
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_the_same_text_in_every_list(lab):
    api, stranger = rest.client(lab.owner), rest.client(lab.stranger)
    found = {
        "cells": str(lab.cell.pk),
        "samples": str(lab.cell.pk),
        "measurements": str(lab.test.pk),
        "comparisons": str(lab.comparison.pk),
    }
    for prefix, key in found.items():
        assert ids(api.get(f"{prefix}/", {"q": GOOD})) == [key], prefix
        assert ids(api.get(f"{prefix}/", {"q": f"{GOOD} and origin:publication"})) == [key]
        assert ids(api.get(f"{prefix}/", {"q": f"{GOOD} and origin:run"})) == []
        assert ids(stranger.get(f"{prefix}/", {"q": "material:LLZTO"})) == []
    rows = api.get("results/", {"q": "initial_discharge_capacity > 120 mAh/g and technique:cycling"}).json()["results"]
    assert [row["value"] for row in rows] == [138.8]
    processes = ids(api.get("processes/", {"q": "process:co-sintering and temperature = 700 degC"}))
    assert processes == [str(Process.objects.get(kind="co-sintering").pk)]
    assert ids(api.get("comparisons/", {"q": "garnet"})) == [str(lab.comparison.pk)]
    assert ids(api.get("comparisons/", {"q": f"project:{lab.project.slug} kind:powder"})) == []


def test_a_fault_is_a_problem_with_a_place(lab):
    body = rest.problem(rest.client(lab.owner).get("cells/", {"q": "materal:LLZTO"}), 400)
    assert (body["start"], body["end"], body["caret"]) == (0, 7, "^^^^^^^")
    assert "did you mean material" in body["errors"]["q"][0]
    told = rest.client(lab.owner).get("query/", {"q": "temperature = 973 K", "about": "cells"}).json()
    assert told["canonical"] == "temperature = 973 K"
    assert told["reading"] == "temperature = 699.35 to 700.35 °C"
    assert told["fault"] is None
    fault = rest.client(lab.owner).get("query/", {"q": "temperature > 3 mg"}).json()["fault"]
    assert (fault["start"], fault["end"]) == (14, 18)
    assert rest.client().get("query/").status_code == 401


def test_what_one_may_not_see_neither_matches_nor_counts_nor_completes(lab):
    """A cell of the stranger, made from a sample that is in another project."""
    secret = Sample.objects.create(project=lab.project, code="SECRET-1", kind="powder", note="hush")
    shown = Sample.objects.create(project=lab.other, code="OPEN-1", kind="mixture")
    process = Process.objects.create(project=lab.other, kind="mixing")
    process.inputs.create(sample=secret)
    process.outputs.create(sample=shown)
    hidden = Process.objects.create(project=lab.project, kind="milling")
    hidden.outputs.create(sample=secret)
    for text in ("ancestor(code:SECRET-1)", "ancestor(hush)", "ancestor(process:milling)", "hush", "code:SECRET-1"):
        assert not resolve(text, lab.stranger, "samples").exists(), text
    assert set(resolve("ancestor(process:milling)", lab.owner, "samples")) == {secret}
    assert set(resolve("ancestor(hush)", factories.admin(), "samples")) == {shown}
    assert set(resolve("ancestor(process:mixing)", lab.stranger, "samples")) == {shown}
    for user, expected in ((lab.stranger, []), (lab.owner, ["SECRET-1 "])):
        found = completion("code:sec", 8, user, "samples")
        assert [one.text for one in found.proposals] == expected


def test_completion_follows_the_cursor(lab):
    def proposals(text, about="cells"):
        found = completion(text, len(text), lab.owner, about)
        return [text[: found.start] + one.text for one in found.proposals]

    assert "material:" in proposals("mat")
    assert "initial_discharge_capacity > " in proposals("initial_dis")
    assert proposals("material:LLZ") == ["material:LLZTO "]
    assert proposals("ancestor(process:co-s") == ["ancestor(process:co-sintering "]
    assert "ancestor(process:mixing).temperature > " in proposals("ancestor(process:mixing).temp")
    assert proposals("initial_discharge_capacity > 120 m") == ["initial_discharge_capacity > 120 mAh/g "]
    assert proposals("material:LLZTO a")[0] == "material:LLZTO and "
    assert "origin:run " in proposals("origin:r")
    assert not any("crucible" in one for one in proposals("cruc"))
    assert "ancestor(crucible:" in proposals("ancestor(cruc")
    body = rest.client(lab.owner).get("query/completions/", {"q": "kind:p", "about": "samples"}).json()
    assert body == {"start": 5, "end": 6, "proposals": [{"text": "powder ", "label": "powder", "kind": "value"}]}
    rest.problem(rest.client(lab.owner).get("query/completions/", {"q": "kind:p", "about": "minds"}), 400)


def test_every_way_of_writing_keeps_the_side_table_in_step(lab):
    def found(text, about="samples"):
        return set(resolve(text, lab.owner, about))

    cell = Sample.objects.get(pk=lab.cell.pk)
    api = rest.client(lab.owner)
    assert api.patch(f"cells/{cell.pk}/", {"active_mass": "2.50 mg", "note": "by rest"}).status_code == 200
    assert found("active_mass = 2.5 mg and rest") == {cell}
    assert change_page(browser(lab.owner), Cell.objects.get(pk=cell.pk)).send(note="by admin").status == 200
    assert found("note:by* admin") == {cell}
    Sample.objects.bulk_create(
        [Sample(project=lab.project, code=f"B-{n}", kind="powder", thickness=1.0 + n) for n in range(5)]
    )
    assert len(found("code:B-*")) == 5
    Sample.objects.filter(code__startswith="B-").update(thickness=7.0)
    assert len(found("thickness = 7.0 um")) == 5
    with connection.cursor() as cursor:
        cursor.execute("UPDATE samples_sample SET lot = 'by hand' WHERE code = 'B-1'")
        cursor.execute("UPDATE samples_thermalstep SET actual_target = 812 WHERE target = 700")
    assert {one.code for one in found('lot:"by hand"')} == {"B-1"}
    assert cell in found("ancestor(process:co-sintering).temperature > 800 degC")
    Material.objects.filter(name="LLZTO").update(name="LLZO-Ta")
    assert cell in found("material:LLZO-Ta")
    assert not found("material:LLZTO")
    Sample.objects.get(code="B-2").delete()
    ThermalStep.objects.all().delete()
    assert not found("code:B-2")
    assert not found("ancestor(process:co-sintering).temperature > 0 degC")
    writing.withdraw(lab.test, actor=lab.owner, reason="wrong cell")
    assert not found("initial_discharge_capacity > 120 mAh/g")
    Sample.objects.filter(pk=cell.pk).update(project=lab.other)
    assert cell not in found("kind:cell")
    assert differences() == []


def test_the_command_finds_and_mends_what_is_out_of_step(lab, capsys):
    call_command("search_index")
    IndexedValue.objects.filter(field="active_mass").delete()
    with pytest.raises(CommandError, match=r"cell: 1 values are missing, 0 are too many"):
        call_command("search_index")
    call_command("search_index", "--mend")
    assert "cell: 1 values are missing" in capsys.readouterr().out
    assert differences() == []
    call_command("search_index", "--rebuild")
    assert differences() == []
    assert rebuild() == IndexedValue.objects.count() > 20
    assert install(connection) == []


def test_answers_too_many_to_be_carried_as_keys_are_the_same(lab, monkeypatch):
    few = {
        text: list(resolve(text, lab.owner, "samples").order_by("pk")) for text in ("kind:powder", "not kind:powder")
    }
    assert len(few["kind:powder"]) > 1
    monkeypatch.setattr("search.selectors.MOST_HELD", 1)
    with CaptureQueriesContext(connection) as asked:
        assert {text: list(resolve(text, lab.owner, "samples").order_by("pk")) for text in few} == few
    assert "search_value" in asked[-1]["sql"]


def test_the_reference_is_what_the_code_says():
    page = ROOT / "docs" / "reference" / "query.md"
    assert page.read_text(encoding="utf-8") == markdown(), (
        "make it again: python manage.py search_index --reference > docs/reference/query.md"
    )


def test_kept_queries_are_checked_and_stored_in_one_spelling(lab):
    api = rest.client(lab.owner)
    body = {"project": lab.project.slug, "name": "Good", "about": "cells", "text": "material:LLZTO  (active_mass>1 mg)"}
    made = api.post("queries/", body)
    assert made.status_code == 201, made.content
    assert made.json()["text"] == "material:LLZTO and active_mass > 1 mg"
    assert "already" in rest.problem(api.post("queries/", {**body, "name": "GOOD"}), 400)["detail"]
    bad = rest.problem(api.patch(made.json()["url"], {"text": "active_mass > 1 h"}), 400)
    assert "At character 15" in bad["errors"]["text"][0]
    assert api.patch(made.json()["url"], {"text": "active_mass > 2 mg"}).json()["version"] == 2
    assert rest.client(lab.stranger).get("queries/").json()["count"] == 0


def test_a_query_costs_the_same_number_of_queries_however_much_is_found(lab):
    api = rest.client(lab.owner)
    api.get("cells/", {"q": GOOD})
    with CaptureQueriesContext(connection) as few:
        assert len(ids(api.get("cells/", {"q": GOOD}))) == 1
    for _ in range(2):
        made = factories.cell(lab.project)
        enter_manually(actor=lab.owner, subject=made, quantity_key="initial_discharge_capacity", text="150",
                       reason="x", measurement=None)  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        assert len(ids(api.get("cells/", {"q": GOOD}))) == 3
    assert len(many) == len(few)


def test_what_is_explained_of_an_empty_query(lab):
    assert explained("", lab.owner, "cells").reading == "everything"
    assert resolve("", lab.owner).count() == 1
    assert Project.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_sites_own_role_writes_records_and_never_the_side_table(app_role):
    sample = Sample.objects.create(project=factories.project(), code="S-1", kind="powder")
    app_role.execute("UPDATE samples_sample SET lot = 'L-7' WHERE id = %s", [sample.pk])
    assert IndexedValue.objects.filter(record=sample.pk, field="lot").values_list("text", flat=True)[0] == "L-7"
    for statement in ("DELETE FROM search_value", "UPDATE search_value SET text = 'x'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_role.execute(statement)
    assert app_role.execute("SELECT search_rebuild(NULL)").fetchone() == (IndexedValue.objects.count(),)
