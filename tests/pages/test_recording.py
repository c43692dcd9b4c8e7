"""Records added and changed on the pages by editors who may not sign in to the admin, from the powder to the test."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.models import AuditEvent
from measurements.models import CellTest, RawFile
from samples.models import Cell, Process, Sample
from samples.services import InputSpec, change_process, create_process
from tests import factories
from tests.admin_pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(project):
    return signed_in(factories.member(project, "editor"))


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def co_sintering(page, powders, **changes):
    inputs = [{"sample": f"{powder.project.slug}/{powder.code}", "role": "component"} for powder in powders]
    return {
        "kind": "co-sintering",
        "ratio_text": "43:35:22",
        **page.rows("inputs", inputs, start=0),
        **page.rows("thermal_steps", [{"target": "700 degC", "dwell": "60 min"}], start=0),
        **page.rows("outputs", [{"new_code": "CC-433522", "new_kind": "composite_cathode"}], start=0),
        **changes,
    }


def test_an_editor_records_a_day_without_the_admin(editor, project):
    assert editor.get("/admin/").status_code == 302
    powders = [factories.powder(project, name) for name in ("NCM622", "LLZTO", "LBO")]
    factories.material("Li")
    page = Page(editor, "/new/sample/")
    assert page.fields["project"] == str(project.pk)
    saved = page.send(code="NCM622-9", kind="powder", material="ncm622", amount="5 g")
    assert saved.address == f"/samples/{project.slug}/NCM622-9/"
    assert "is recorded" in saved.text
    sample = Sample.objects.get(code="NCM622-9")
    assert (sample.material.name, sample.amount, sample.amount_text) == ("NCM622", 5, "5 g")

    page = Page(editor, "/new/process/")
    saved = page.send(**co_sintering(page, powders, started_at="2026-05-04T09:30"))
    process = Sample.objects.get(code="CC-433522").production.process
    assert saved.address == f"/processes/{process.pk}/"
    assert [entry.sample for entry in process.inputs.all()] == powders
    assert [entry.weight_fraction for entry in process.inputs.all()] == pytest.approx([0.43, 0.35, 0.22])
    assert process.thermal_steps.get().dwell_text == "60 min"
    assert f"{process.started_at:%Y-%m-%d %H:%M}" == "2026-05-04 09:30"
    assert AuditEvent.objects.filter(record_id=str(process.pk)).first().door == "page"

    page = Page(editor, "/new/cell/")
    layers = [
        {"role": "cathode", "sample": "CC-433522"}, {"role": "electrolyte", "materials": "LLZTO"},
        {"role": "anode", "materials": "Li"},
    ]  # fmt: skip
    saved = page.send(code="CELL-9", cell_type="cathode|Li", active_mass="2.10 mg", **page.rows("layers", layers))
    assert "NCM622+LLZTO+LBO/LLZTO/Li" in saved.text
    cell = Cell.objects.get(code="CELL-9")
    assert cell.layers.first().sample.code == "CC-433522"

    page = Page(editor, "/new/test/")
    saved = page.send(sample="CELL-9", rate="0.05 C (1C = 180 mA/g)", temperature="80 degC", files=dropped())
    test = CellTest.objects.get(sample=cell)
    assert saved.address == f"/measurements/{test.pk}/"
    assert (test.temperature, test.rate) == (80, "0.05 C (1C = 180 mA/g)")
    assert RawFile.objects.get().measurement_id == test.pk


def dropped():
    return SimpleUploadedFile("export.csv", b"a,b\n1,2\n2,3\n")


def test_what_is_wrong_is_said_at_its_box_and_nothing_is_stored(editor, project):
    powder = factories.powder(project)
    factories.powder(project, "LLZTO")
    before = Process.objects.count()
    page = Page(editor, "/new/process/")
    rows = page.rows("inputs", [{"sample": powder.code, "planned_mass": "3 V"}, {"sample": "NCM-404"}], start=0)
    answer = page.send(kind="mixing", ratio_text="43:x", **rows)
    assert answer.status == 422
    assert '"3 V" is a voltage' in " ".join(answer.errors["inputs-0-planned_mass"])
    (unknown,) = answer.errors["inputs-1-sample"]
    assert unknown == 'There is no sample "NCM-404" to choose; take one of those offered, such as demo/NCM622-3.'
    assert answer.fields["inputs-0-sample"] == powder.code
    assert answer.fields["ratio_text"] == "43:x"
    assert Process.objects.count() == before


def test_a_name_that_two_projects_use_is_asked_about(editor, project):
    powder = factories.powder(project)
    other = factories.project()
    factories.Membership.objects.create(project=other, user=project.memberships.get(role="editor").user, role="viewer")
    twin = factories.powder(other)
    Sample.objects.filter(pk=twin.pk).update(code=powder.code)
    page = Page(editor, "/new/process/")
    answer = page.send(kind="mixing", **page.rows("inputs", [{"sample": powder.code}], start=0))
    (said,) = answer.errors["inputs-0-sample"]
    assert said.startswith("More than one sample has this name: ")
    assert f"{project.slug}/{powder.code}" in said


def test_the_form_of_a_stored_record_shows_names_and_writes_only_what_changed(editor, project):
    composite = factories.composite(project)
    process = composite.production.process
    page = Page(editor, f"/change/process/{process.pk}/")
    first = process.inputs.first().sample
    assert page.fields["inputs-0-sample"] == f"{project.slug}/{first.code}"
    events = AuditEvent.objects.count()
    untouched = page.send()
    assert untouched.address == f"/processes/{process.pk}/"
    assert AuditEvent.objects.count() == events
    page.send(note="in air")
    process.refresh_from_db()
    assert (process.note, process.version) == ("in air", 2)
    assert process.inputs.count() == 3


def test_somebody_elses_change_is_told_before_it_is_written_over(editor, project):
    process = factories.composite(project).production.process
    page = Page(editor, f"/change/process/{process.pk}/")
    owner = factories.owner_of(project)
    change_process(process, actor=owner, expected_version=1, note="by the owner")
    answer = page.send(note="mine", name="first batch")
    assert answer.status == 422
    assert f"{owner.username} changed this record meanwhile" in answer.text
    assert "Note is now: by the owner" in answer.text
    answer.send()
    process.refresh_from_db()
    assert (process.note, process.name) == ("mine", "first batch")


def test_a_copy_begins_with_what_was_decided(editor, project):
    composite = factories.composite(project)
    process = composite.production.process
    assert f"/new/process/?copy_of={process.pk}" in editor.get(process.get_absolute_url()).content.decode()
    page = Page(editor, f"/new/process/?copy_of={process.pk}")
    assert "Nothing is stored until you save." in page.text
    assert page.fields["ratio_text"] == process.ratio_text
    assert page.fields["inputs-0-sample"].startswith(f"{project.slug}/NCM622")
    assert page.fields["outputs-0-new_code"] != composite.code


def test_offers_say_what_is_left_and_nothing_of_closed_projects(editor, project):
    powder = factories.powder(project)
    Sample.objects.filter(pk=powder.pk).update(lot="7", amount=5, amount_text="5 g")
    hidden = factories.powder(factories.project())
    (told,) = editor.get("/choose/sample/", {"q": powder.code}).json()["offered"]
    assert told == {"value": f"{project.slug}/{powder.code}", "label": f"{powder.code} · lot 7 · 5 g left"}
    assert editor.get("/choose/sample/", {"q": hidden.code}).json() == {"offered": []}
    assert editor.get("/choose/run/").status_code == 404


def test_an_input_of_a_closed_project_is_not_named_and_stays(editor, project):
    hidden = factories.powder(factories.project(factories.owner_of(project)))
    process = create_process(
        actor=factories.owner_of(project), project=project, kind="milling", inputs=[InputSpec(sample=hidden)]
    )
    page = Page(editor, f"/change/process/{process.pk}/")
    assert hidden.code not in page.response.content.decode()
    assert page.send(note="10 min").address == f"/processes/{process.pk}/"
    process.refresh_from_db()
    assert (process.note, process.inputs.get().sample) == ("10 min", hidden)


def test_who_may_not_write_gets_no_form(project):
    viewer, stranger = signed_in(factories.member(project, "viewer")), signed_in(factories.user())
    sample = factories.powder(project)
    assert viewer.get("/new/sample/").status_code == 403
    assert viewer.get(f"/change/sample/{sample.pk}/").status_code == 403
    assert stranger.get(f"/change/sample/{sample.pk}/").status_code == 404
    assert "/change/" not in viewer.get(sample.get_absolute_url()).content.decode()


def test_a_thermal_program_is_drawn_while_it_is_typed(editor):
    asked = {"target": ["700 °C", "973.15 K"], "dwell": ["60 min", "2 h"], "ramp_rate": ["5 K/min", ""]}
    page = editor.get("/thermal-sketch/", asked).content.decode()
    assert "700 °C" in page
    assert re.findall(r">(\d+) h<", page) == ["1", "2"]
    assert page.count('stroke-dasharray="3 3"') == 1  # the second ramp is not known
    assert editor.get("/thermal-sketch/", {"target": [""], "dwell": [""], "ramp_rate": [""]}).content == b""
    assert editor.get("/thermal-sketch/", {"target": ["700 k"], "dwell": [""], "ramp_rate": [""]}).status_code == 204


def test_a_cell_is_changed_as_a_cell_and_asks_for_its_text(editor, project):
    cell = factories.cell(project)
    assert editor.get(f"/change/sample/{cell.pk}/").url == f"/change/cell/{cell.pk}/"
    code = cell.layers.first().sample.code
    asked = {"role": ["cathode", "anode"], "sample": [f"{project.slug}/{code}", ""], "materials": ["", "Li"]}
    assert editor.get("/choose-layers/", asked).json() == {"text": "NCM622+LLZTO+LBO/Li"}
