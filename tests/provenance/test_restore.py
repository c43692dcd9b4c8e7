"""Restoring: a record becomes what it was, as a new change; what cannot come back is refused in words."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts import writing
from comparisons.services import add_row, create_comparison, remove_row
from core.audit import verify_audit
from core.history import history_of
from core.records import StaleVersionError
from measurements.models import CellTest, Measurement
from provenance.services import restore
from samples.models import Cell, Process, Sample
from samples.selectors import composition_of, configuration_text
from samples.services import InputSpec, LayerSpec, OutputSpec, ThermalStepSpec, change_cell, change_process
from tests import factories
from tests.rest import client, problem

pytestmark = pytest.mark.django_db(transaction=True)


def told(rows):
    return {row.title: {field.label: (field.old, field.new) for field in row.fields} for row in rows}


def test_a_field_becomes_what_it_was_with_the_text_that_was_entered(project, owner):
    cell = factories.cell(project)
    number = len(history_of(cell, owner))
    change_cell(cell, actor=owner, active_mass="9 mg", housing="PEEK die")
    restored = restore(cell, actor=owner, number=number, reason="the balance was off")
    assert (restored.active_mass, restored.active_mass_text, restored.housing) == (2.1, "2.10 mg", "")
    history = history_of(cell, owner)
    assert history.compare(number, len(history)) == ()
    assert history[0].reason.startswith("the balance was off (restored change ")
    assert len(history) == number + 2
    assert verify_audit() == []


def test_a_process_comes_back_with_its_inputs_ratio_and_program(project, owner):
    product = factories.composite(project)
    process = product.production.process
    before = {part.material.name: part.fraction for part in composition_of(product)}
    number = len(history_of(process, owner))
    change_process(
        process,
        actor=owner,
        ratio="1:1",
        inputs=[InputSpec(sample=factories.powder(project, "LCO")), InputSpec(sample=factories.powder(project, "LBO"))],
        thermal_steps=[ThermalStepSpec(target="900 degC"), ThermalStepSpec(target="200 degC")],
        note="wrong sheet",
    )
    restore(process, actor=owner, number=number, reason="wrong lab book page")
    again = Process.objects.get(pk=process.pk)
    assert {part.material.name: part.fraction for part in composition_of(product)} == pytest.approx(before)
    assert (again.ratio_text, again.note) == ("43:35:22", "")
    assert [(step.target, step.target_text) for step in again.thermal_steps.all()] == [(700, "700 degC")]
    history = history_of(process, owner)
    assert history.compare(number, len(history)) == ()


def test_a_cell_comes_back_with_its_layers_and_its_assembly(project, owner):
    cell = factories.cell(project)
    text = configuration_text(cell)
    number = len(history_of(cell, owner))
    change_cell(cell, actor=owner, layers=[LayerSpec("anode", materials=[factories.material("Li")])])
    assert configuration_text(Cell.objects.get(pk=cell.pk)) != text
    restore(Sample.objects.get(pk=cell.pk), actor=owner, number=number, reason="mixed up")
    again = Cell.objects.get(pk=cell.pk)
    assert configuration_text(again) == text
    assert again.production.process.inputs.count() == 1


def test_a_comparison_comes_back_with_its_rows(project, owner):
    comparison = create_comparison(actor=owner, project=project, slug="mine", title="Mine")
    rows = [add_row(comparison, actor=owner, cell=factories.cell(project)) for _ in range(2)]
    number = len(history_of(comparison, owner))
    remove_row(rows[0], actor=owner)
    restore(comparison, actor=owner, number=number, reason="removed by mistake")
    assert list(comparison.rows.values_list("subject", "position")) == [(row.subject_id, row.position) for row in rows]


def test_a_cell_test_comes_back_with_its_rate(project, owner):
    test = writing.create(
        CellTest(sample=factories.cell(project), technique="cycling", rate="0.05 C (1C = 180 mA/g)"), actor=owner
    )
    writing.change(test, actor=owner, rate="9 mA/g")
    restore(Measurement.objects.get(pk=test.pk), actor=owner, number=1, reason="as the file says")
    assert CellTest.objects.get(pk=test.pk).rate == "0.05 C (1C = 180 mA/g)"


def test_a_code_that_is_taken_is_refused(project, owner):
    powder = factories.powder(project)
    code = powder.code
    writing.change(powder, actor=owner, code="another")
    writing.create(Sample(project=project, code=code, kind="powder"), actor=owner)
    with pytest.raises(ValidationError, match="A sample with this code exists already"):
        restore(powder, actor=owner, number=1, reason="as on the vial")


def test_a_record_that_is_gone_is_refused_and_named(project, owner):
    product, extra = factories.composite(project), factories.powder(project, "LCO")
    process = product.production.process
    plain = [InputSpec(sample=row.sample) for row in process.inputs.order_by("order")]
    change_process(process, actor=owner, ratio="1:1:1:1", inputs=[*plain, InputSpec(sample=extra)])
    number = len(history_of(process, owner))
    change_process(process, actor=owner, ratio="1:1:1", inputs=plain)
    writing.delete(extra, actor=owner)
    with pytest.raises(ValidationError, match="The sample that it named then was deleted"):
        restore(process, actor=owner, number=number, reason="it was there")
    assert process.inputs.count() == 3


def test_results_that_rest_on_todays_state_are_not_taken_their_ground(project, owner):
    product = factories.composite(project)
    process = product.production.process
    number = len(history_of(process, owner))
    twin = Sample(code="twin", kind="composite_cathode")
    change_process(process, actor=owner, outputs=[OutputSpec(product), OutputSpec(twin)])
    writing.create(Measurement(sample=twin), actor=owner)
    with pytest.raises(ValidationError, match="Results rest on it: twin came out of this process since then"):
        restore(process, actor=owner, number=number, reason="only one was made")


def test_a_reason_a_change_and_the_right_are_needed(project, owner):
    powder = factories.powder(project)
    writing.change(powder, actor=owner, location="shelf")
    with pytest.raises(ValidationError, match="Say why"):
        restore(powder, actor=owner, number=1, reason="  ")
    with pytest.raises(ValidationError, match="1 to 2"):
        restore(powder, actor=owner, number=3, reason="x")
    with pytest.raises(ValidationError, match="Nothing to restore"):
        restore(powder, actor=owner, number=2, reason="x")
    with pytest.raises(PermissionDenied):
        restore(powder, actor=factories.member(project, "viewer"), number=1, reason="x")
    with pytest.raises(StaleVersionError):
        restore(powder, actor=owner, number=1, reason="x", expected_version=1)


def test_by_rest_with_the_version_that_was_seen(project, owner):
    powder, api = factories.powder(project), client(owner)
    api.patch(f"samples/{powder.pk}/", {"location": "shelf"}, format="json")
    body = {"change": 1, "reason": "never moved"}
    problem(api.post(f"samples/{powder.pk}/restore/", body, format="json", headers={"If-Match": '"1"'}), 412)
    answer = api.post(f"samples/{powder.pk}/restore/", body, format="json", headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.json()["location"], answer.json()["version"]) == (200, "", 3)
    assert "Say why" in problem(api.post(f"samples/{powder.pk}/restore/", {"change": 2}, format="json"), 400)["detail"]
    viewer = client(factories.member(project, "viewer"))
    problem(viewer.post(f"samples/{powder.pk}/restore/", body, format="json"), 403)
