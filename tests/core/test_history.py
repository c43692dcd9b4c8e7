"""The history of a record in the words people use: who, when, why, through which door, and old and new values."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import writing
from core.audit import acting
from core.history import history_of, history_of_deleted
from samples.models import Material, Process, Sample
from samples.services import InputSpec, LayerSpec, ThermalStepSpec, change_cell, change_process
from tests import factories
from tests.rest import cast_of, client, problem

pytestmark = pytest.mark.django_db(transaction=True)


def told(rows):
    return {row.title: {field.label: (field.old, field.new) for field in row.fields} for row in rows}


def kinds(rows):
    return {row.title: row.kind for row in rows}


def test_a_change_is_told_with_the_units_that_were_entered(project):
    cell, owner = factories.cell(project), factories.owner_of(project)
    with acting(door="page", reason="weighed again"):
        change_cell(cell, actor=owner, active_mass="2.20 mg", cell_type="full")
    newest = history_of(cell, owner)[0]
    assert (newest.actor, newest.door, newest.reason, newest.kind) == (
        owner.username, "page", "weighed again", "changed"
    )  # fmt: skip
    assert told(newest.rows) == {
        "": {"Active mass": ("2.10 mg", "2.20 mg"), "Cell type": ("cathode | lithium", "full cell")}
    }


def test_a_number_without_a_text_is_shown_with_its_unit(project):
    cell, owner = factories.cell(project), factories.owner_of(project)
    change_cell(cell, actor=owner, electrode_area=0.5)
    assert told(history_of(cell, owner)[0].rows) == {"": {"Electrode area": ("0.785 cm²", "0.5 cm²")}}


def test_a_process_tells_of_its_inputs_and_its_program(project):
    product, owner = factories.composite(project), factories.owner_of(project)
    process = product.production.process
    inputs = list(process.inputs.order_by("order"))
    specs = [InputSpec(sample=row.sample) for row in inputs]
    steps = [ThermalStepSpec(target="750 degC", dwell="1 h"), ThermalStepSpec(target="200 degC")]
    change_process(process, actor=owner, ratio="45:40:15", inputs=specs, thermal_steps=steps)
    newest = history_of(process, owner)[0]
    assert kinds(newest.rows) == {
        "": "changed",
        **{f"process input {row.sample}": "changed" for row in inputs},
        "thermal step 1": "changed",
        "thermal step 2": "created",
    }
    assert told(newest.rows)[f"process input {inputs[0].sample}"] == {"Weight fraction": ("0.43", "0.45")}
    assert told(newest.rows)["thermal step 1"] == {"Target temperature": ("700 °C", "750 °C")}
    created = history_of(process, owner)[-1]
    assert created.kind == "created"
    assert told(created.rows)[""]["Kind"] == ("", "co-sintering")


def test_parts_of_parts_and_deleted_ones_are_told(project):
    cell, owner = factories.cell(project), factories.owner_of(project)
    change_cell(cell, actor=owner, layers=[LayerSpec("anode", materials=[factories.material("Li")])])
    rows = told(history_of(cell, owner)[0].rows)
    assert rows["layer component NCM622"] == {"Order": ("0", ""), "Material": ("NCM622", "")}


def test_a_plain_change_by_sql_is_told_with_the_database_role(project):
    material = factories.material("LCO")
    Material.objects.filter(pk=material.pk).update(density=5.06)
    newest = history_of(material, factories.admin())[0]
    assert newest.actor.startswith("database role ")
    assert told(newest.rows) == {"": {"Density": ("", "5.06 g/cm³")}}


def test_any_two_states_can_be_compared(project):
    powder, owner = factories.powder(project), factories.owner_of(project)
    for place in ("shelf", "glovebox", "fridge"):
        writing.change(powder, actor=owner, location=place)
    history = history_of(powder, owner)
    assert len(history) == 4
    assert told(history.compare(2, 4)) == {"": {"Location": ("shelf", "fridge")}}
    assert told(history.compare(4, 2)) == {"": {"Location": ("fridge", "shelf")}}
    with pytest.raises(IndexError, match="1 to 4"):
        history.compare(1, 5)


def test_only_who_may_see_the_record_sees_its_history(project):
    powder = factories.powder(project)
    statuses = {role: api.get(f"samples/{powder.pk}/history/").status_code for role, api in cast_of(project).items()}
    assert statuses == {"anonymous": 401, "stranger": 404, "viewer": 200, "editor": 200, "owner": 200, "admin": 200}
    with pytest.raises(PermissionDenied):
        history_of(powder, factories.user())


def test_names_of_records_in_closed_projects_are_not_told(project):
    secret = factories.powder(factories.project())
    product, owner = factories.composite(project), factories.owner_of(project)
    process = product.production.process
    change_process(process, actor=factories.admin(), ratio="", inputs=[InputSpec(sample=secret)])
    text = str(history_of(process, owner)[0].rows)
    assert "a sample that you may not see" in text
    assert secret.code not in text


def test_a_deleted_record_keeps_its_history_for_those_who_might_see_it(project):
    powder, owner = factories.powder(project), factories.owner_of(project)
    key = powder.pk
    with acting(reason="entered twice"):
        writing.delete(powder, actor=owner)
    history = history_of_deleted(Sample, key, owner)
    assert (history[0].kind, history[0].reason) == ("deleted", "entered twice")
    assert history_of_deleted(Sample, key, factories.user()) is None
    assert history_of_deleted(Sample, project.pk, owner) is None


def test_the_rest_api_pages_through_the_history_and_compares(project):
    powder, owner = factories.powder(project), factories.owner_of(project)
    api = client(owner)
    for place in ("shelf", "glovebox"):
        assert (
            api.patch(
                f"samples/{powder.pk}/", {"location": place}, format="json", headers={"X-Reason": "moved"}
            ).status_code
            == 200
        )
    page = api.get(f"samples/{powder.pk}/history/?page_size=1").json()
    assert page["count"] == 3
    (change,) = page["results"]
    assert (change["number"], change["actor"], change["door"], change["reason"]) == (3, owner.username, "rest", "moved")
    assert change["rows"] == [
        {
            "kind": "changed",
            "part": "",
            "fields": [{"field": "location", "label": "Location", "old": "shelf", "new": "glovebox"}],
        }
    ]
    compared = api.get(f"samples/{powder.pk}/history/compare/?from=1&to=3").json()
    assert compared["rows"][0]["fields"][0]["old"] == ""
    assert (compared["older"], compared["newer"]) == (1, 3)
    assert "1 to 3" in problem(api.get(f"samples/{powder.pk}/history/compare/?from=9"), 400)["detail"]


def test_a_history_costs_the_same_number_of_queries_at_any_length(project):
    product, owner = factories.composite(project), factories.owner_of(project)
    process = product.production.process

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert history_of(Process.objects.get(pk=process.pk), owner)[:50]
        return len(captured)

    def grow(times):
        for number in range(times):
            specs = [InputSpec(sample=row.sample) for row in process.inputs.order_by("order")]
            change_process(
                process, actor=owner, inputs=specs, thermal_steps=[ThermalStepSpec(target=f"{700 + number} degC")]
            )

    grow(2)
    few = cost()
    grow(12)
    assert cost() == few
    assert few <= 12


def test_the_parts_of_a_record_are_found_through_an_index(project):
    factories.composite(project)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ANALYZE core_auditevent")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM core_auditevent WHERE operation = 'INSERT' AND model = 'samples_processinput'"
            ' AND changes @> \'{"process_id": "00000000-0000-0000-0000-000000000000"}\''
        )
        assert "audit_parts" in str(cursor.fetchall())
