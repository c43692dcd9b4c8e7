"""`verify`: every run can be computed again; a flipped byte, a changed number and a changed audit row are named."""

import io
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from analysis_tasks.models import AnalysisRun, Result
from core.audit import seal_audit
from core.models import AuditEvent
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.services import receive_file
from measurements.store import storage_key
from provenance.services import Verdict, compare_values, verify_run
from tests import factories

CONTENT = simulate_cycling(CyclingSpec(cycles=2))[0]


@pytest.fixture
def run(db, settings, django_capture_on_commit_callbacks):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    project = factories.project()
    with django_capture_on_commit_callbacks(execute=True):
        receive_file(
            actor=factories.owner_of(project), subject=factories.cell(project), name="cell.csv", chunks=[CONTENT]
        )
    return AnalysisRun.objects.get(release__name="cycling.capacity")


def verify(*arguments):
    output = io.StringIO()
    try:
        call_command("verify", *arguments, stdout=output)
    except SystemExit as ended:
        return ended.code, output.getvalue()
    return 0, output.getvalue()


def without_triggers(table, statement, parameters):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_an_untouched_run_is_identical(run):
    outcome = verify_run(run)
    assert (outcome.verdict, outcome.detail) == (Verdict.IDENTICAL, "")
    status, report = verify("--all")
    assert status == 0
    assert "identical" in report


def test_one_flipped_byte_of_a_stored_file_is_found_and_named(run):
    blob = run.inputs.get().dataset.file.blob
    path = Path(default_storage.path(storage_key(blob.sha256)))
    original = path.read_bytes()
    path.chmod(0o640)
    try:
        path.write_bytes(original[:-2] + bytes([original[-2] ^ 1]) + original[-1:])
        status, report = verify("--all")
    finally:
        path.write_bytes(original)
    assert status == 1
    assert "the bytes of cell.csv were changed on disk" in report
    assert blob.sha256 in report


def test_a_number_changed_behind_the_triggers_is_found_and_named(run):
    result = Result.objects.get(run=run, quantity="initial_discharge_capacity")
    without_triggers("analysis_tasks_result", "UPDATE analysis_tasks_result SET value = 200 WHERE id = %s", [result.pk])
    status, report = verify()
    assert status == 1
    assert "initial_discharge_capacity: stored 200.0" in report


def test_an_audit_row_changed_behind_the_triggers_is_found_and_named(run):
    seal_audit()
    event = AuditEvent.objects.filter(model="samples_cell", operation="INSERT").get()
    without_triggers("core_auditevent", "UPDATE core_auditevent SET actor = 'nobody' WHERE id = %s", [event.pk])
    status, report = verify("--audit")
    assert status == 1
    assert f"Audit event {event.pk} (created samples_cell {event.record_id}) under seal" in report


def test_one_run_can_be_named(run):
    status, report = verify("--run", str(run.pk))
    assert status == 0
    assert report.count("identical") == 2


numbers = st.floats(1e-3, 1e6)
small = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.just("{}")),
    st.tuples(numbers, st.none() | numbers),
    min_size=1,
)


@given(small)
def test_numbers_are_identical_with_themselves(numbers):
    assert compare_values(numbers, dict(numbers), 0) == (Verdict.IDENTICAL, "")


@given(small, st.floats(1e-6, 0.5))
def test_a_change_beyond_the_tolerance_differs_and_names_the_quantity(numbers, change):
    key = next(iter(numbers))
    value, uncertainty = numbers[key]
    changed = {**numbers, key: (value * (1 + change), uncertainty)}
    verdict, detail = compare_values(numbers, changed, change / 10)
    assert verdict is Verdict.DIFFERS
    assert detail.startswith(key[0])
    assert compare_values(numbers, changed, change * 2)[0] is Verdict.WITHIN_TOLERANCE
