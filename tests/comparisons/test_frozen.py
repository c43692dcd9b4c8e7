"""Frozen comparisons: nothing of them changes, whoever asks, and they say what would be different today, and why."""

import json
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import writing
from analysis_tasks.models import AnalysisRun
from comparisons.models import FrozenComparison, FrozenNumber
from comparisons.selectors import against_today, comparison_table
from comparisons.services import add_row, freeze
from comparisons.snapshot import as_content, as_table, hash_of_content
from comparisons.table import ColumnSpec, ComparisonTable, Origin, TableCell, TableRow
from core.audit import acting
from measurements.services import change_measurement
from provenance.selectors import impact
from provenance.services import Verdict
from provenance.services.verification import verify_frozen
from samples.services import change_cell
from tests import factories, rest

HEAVIER = 2.80
FIRST = 138.8  # mAh/g at 2.10 mg: what the file was simulated with
WHY = "the balance was off by 0.7 mg"


def first_of(table, row=0):
    return table.rows[row].cells["initial_discharge_capacity"]


def weigh_again(lab, mass=HEAVIER):
    with lab.acts(), acting(reason=WHY, door="page"):
        change_cell(lab.measured, actor=lab.owner, active_mass=mass)


def test_a_changed_mass_changes_the_live_table_and_the_frozen_one_says_so(lab):
    frozen = freeze(lab.comparison, actor=lab.owner, reason="as submitted")
    assert against_today(frozen, lab.owner).changes == ()
    old_run = first_of(comparison_table(lab.comparison, lab.owner)).origin.id
    weigh_again(lab)
    live = first_of(comparison_table(lab.comparison, lab.owner))
    assert live.value == pytest.approx(FIRST * 2.10 / HEAVIER, rel=1e-3)
    assert live.origin.id != old_run
    state = against_today(FrozenComparison.objects.get(pk=frozen.pk), lab.owner)
    (change,) = state.changes
    assert (change.row, change.column.key) == (lab.measured.code, "initial_discharge_capacity")
    assert change.old.value == pytest.approx(FIRST, rel=1e-3)
    assert change.new == live
    assert change.relative == pytest.approx(2.10 / HEAVIER - 1, rel=1e-3)
    assert (change.why.cause, change.why.actor, change.why.said) == ("superseded", lab.owner.username, WHY)
    assert change.why.words == "active mass was 2.1 mg and is 2.8 mg"
    assert first_of(state.table).origin.id == old_run
    assert AnalysisRun.objects.filter(pk=old_run, state="succeeded", superseded_by=live.origin.id).exists()
    assert state.intact


def test_the_edit_taken_back_makes_it_the_same_again(lab):
    frozen = freeze(lab.comparison, actor=lab.owner)
    weigh_again(lab)
    weigh_again(lab, mass=2.10)
    assert against_today(frozen, lab.owner).changes == ()


def test_an_edited_condition_and_a_withdrawn_test_are_told_apart(lab):
    frozen = freeze(lab.comparison, actor=lab.owner)
    with acting(reason="read from the logger"):
        change_measurement(lab.measurement, actor=lab.owner, temperature="60 °C")
    writing.withdraw(lab.told, actor=lab.owner, reason="another cell")
    writing.withdraw(lab.reported, actor=lab.owner, reason="never built")
    state = against_today(frozen, lab.owner)
    found = {(change.row, change.column.key): change for change in state.changes}
    edited = found[lab.measured.code, "temperature"]
    assert (edited.old.text, edited.new.text, edited.difference) == ("80 °C", "60 °C", -20)
    assert (edited.why.cause, edited.why.said) == ("edited", "read from the logger")
    gone = found[lab.reported.code, "initial_discharge_capacity"]
    assert (gone.old.text, gone.new.text, gone.why.cause, gone.why.said) == ("138.8", "", "withdrawn", "another cell")
    assert len(state.withdrawn) == 2
    assert any("never built" in words and lab.reported.code in words for words in state.withdrawn)


def test_a_run_that_waits_is_said_to_be_out_of_date(lab):
    lab.project.rerun_policy = "never"
    lab.project.save()
    frozen = freeze(lab.comparison, actor=lab.owner)
    weigh_again(lab)
    state = against_today(frozen, lab.owner)
    assert state.changes == ()
    assert state.pending == (f"{lab.measured.code}: active mass was 2.1 and is 2.8",)


def test_nothing_of_it_can_be_changed_or_deleted_by_sql(lab):
    frozen = freeze(lab.comparison, actor=lab.owner)
    for statement in (
        "UPDATE comparisons_frozencomparison SET title = 'x'",
        "DELETE FROM comparisons_frozennumber",
        "UPDATE comparisons_frozennumber SET row = 'x'",
        "DELETE FROM comparisons_frozencomparison",
    ):
        with (
            pytest.raises(ProgrammingError, match="Cannot update or delete"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert hash_of_content(FrozenComparison.objects.get(pk=frozen.pk).content) == frozen.sha256


def test_a_snapshot_changed_past_the_triggers_is_found_hash_and_all(lab):
    frozen = freeze(lab.comparison, actor=lab.owner)
    assert [outcome.verdict for outcome in verify_frozen()] == [Verdict.IDENTICAL]
    forged = {**frozen.content, "title": "Forged"}
    for sha256, words in ((frozen.sha256, "hash that it was frozen with"), (hash_of_content(forged), "audit trail")):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE comparisons_frozencomparison DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE comparisons_frozencomparison SET content = %s, sha256 = %s", [json.dumps(forged), sha256]
            )
            cursor.execute("ALTER TABLE comparisons_frozencomparison ENABLE TRIGGER USER")
        (outcome,) = verify_frozen()
        assert outcome.verdict is Verdict.DIFFERS
        assert words in outcome.detail


def test_results_and_runs_behind_each_number_are_kept_and_impact_finds_the_table(lab):
    frozen = freeze(lab.comparison, actor=lab.owner)
    kept = FrozenNumber.objects.filter(frozen=frozen, column="initial_discharge_capacity")
    by_row = {number.row: number for number in kept}
    assert by_row[lab.measured.code].run == lab.measurement.runs.get(release__name="cycling.capacity")
    assert by_row[lab.reported.code].result.text == "138.8"
    assert by_row[lab.reported.code].run is None
    powder = lab.measured.layers.get(role="cathode").sample.production.process.inputs.first().sample
    assert impact(powder, lab.owner).frozen == [frozen]
    assert impact(powder, factories.user()).frozen == []


def test_the_question_costs_the_same_for_one_row_and_for_many(lab, django_assert_max_num_queries):
    frozen = freeze(lab.comparison, actor=lab.owner)
    weigh_again(lab)
    with django_assert_max_num_queries(21):
        assert len(against_today(frozen, lab.owner).changes) == 1


def test_by_rest(lab):
    api = rest.client(lab.owner)
    made = api.post("comparisons/mine/freeze/", {"reason": "as submitted"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["number"], body["reason"], body["frozen_by"]) == (1, "as submitted", lab.owner.username)
    assert api.post("comparisons/mine/freeze/").json()["number"] == 2
    weigh_again(lab)
    told = api.get(body["changes"]).json()
    assert (told["count"], told["intact"]) == (1, True)
    (change,) = told["changes"]
    assert (change["cause"], change["said"]) == ("superseded", WHY)
    assert api.get(change["old"]["origin"]["url"]).json()["state"] == "succeeded"
    table = api.get(body["table"]).json()
    assert table["rows"][0]["cells"]["initial_discharge_capacity"] == change["old"]
    assert b"138.8" in api.get(f"{body['table']}?format=csv").content
    old_run = change["old"]["origin"]["url"].rstrip("/").rpartition("/")[2]
    assert api.get(f"frozen-comparisons/?run={old_run}&ordering=number").json()["results"][0]["id"] == body["id"]
    assert rest.problem(api.delete(body["url"]), 405)
    powder = lab.measured.layers.get(role="cathode").sample
    assert len(api.get(f"impact/sample/{powder.pk}/").json()["frozen"]) == 2
    stale = api.get("lineage/comparison/mine/?direction=up").json()["nodes"][0]["stale"]
    assert "frozen 1 keeps numbers of 1 superseded run" in stale


def test_rows_that_a_reader_may_not_see_are_left_out_of_the_frozen_table_too(lab):
    other = factories.project(lab.owner)
    secret = factories.cell(other)
    add_row(lab.comparison, actor=lab.owner, cell=secret)
    frozen = freeze(lab.comparison, actor=lab.owner)
    viewer = factories.member(lab.project, "viewer")
    state = against_today(frozen, viewer)
    assert [row.code for row in state.table.rows] == [lab.measured.code, lab.reported.code]
    assert state.intact
    assert secret.code in [row.code for row in against_today(frozen, lab.owner).table.rows]


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
origins = st.none() | st.builds(
    Origin, st.sampled_from(["run", "publication", "record", "manual"]), texts, st.uuids(), texts, st.booleans()
)
cells = st.builds(TableCell, texts, numbers, texts, origins, texts, st.lists(st.uuids(), max_size=2).map(tuple))


@settings(max_examples=40)
@given(cells, texts, st.booleans())
def test_a_table_comes_back_from_its_snapshot_as_it_was(cell, text, flag):
    row = TableRow(uuid4(), UUID(int=1), text, {"a": cell}, simulated=flag, emphasised=flag, warnings=(text,))
    table = ComparisonTable(text, text, (ColumnSpec("a", text, text),), (row,), (text,))
    content = as_content(table)
    stored = json.loads(json.dumps(content))
    assert as_table(stored) == table
    assert hash_of_content(stored) == hash_of_content(content)
