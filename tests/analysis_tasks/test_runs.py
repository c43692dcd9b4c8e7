"""Runs: planned by themselves, never done twice, values frozen with their source, outputs that never change."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Result, RunContext, Slot
from analysis_tasks.services import plan_missing, request_run, rerun
from core.jobs import State
from core.records import change
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import Dataset
from measurements.services import receive_file
from tests import factories
from tests.admin_pages import browser

pytestmark = pytest.mark.django_db
SPEC = CyclingSpec(active_mass=2.10, first_capacity=138.8, last_capacity=130.0, cycles=3)
CONTENT = simulate_cycling(SPEC)[0]


@pytest.fixture(autouse=True)
def eager(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True


@pytest.fixture
def actor(project):
    return factories.owner_of(project)


@pytest.fixture
def upload(actor, django_capture_on_commit_callbacks):
    def upload(cell):
        with django_capture_on_commit_callbacks(execute=True):
            return receive_file(actor=actor, subject=cell, name="cell.csv", chunks=[CONTENT]).measurement

    return upload


def value(measurement, quantity):
    return Result.objects.get(measurement=measurement, quantity=quantity, index={}).value


def test_an_upload_ends_in_numbers_without_anyone_asking(upload, project):
    measurement = upload(factories.cell(project))
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=measurement)
    assert run.state == State.SUCCEEDED, run.error + run.log
    assert value(measurement, "initial_discharge_capacity") == pytest.approx(138.8, rel=1e-4)
    assert value(measurement, "final_discharge_capacity") == pytest.approx(130.0, rel=1e-4)
    assert value(measurement, "cycle_count") == 3
    assert {artifact.name for artifact in run.artifacts.all()} >= {"cycles"}
    assert run.environment["libraries"]["numpy"]


def test_a_run_names_the_record_values_it_read(upload, project):
    cell = factories.cell(project)
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=upload(cell))
    read = RunContext.objects.get(run=run, parameter="active_mass")
    assert (read.record, read.record_id, read.field, read.value) == ("samples.cell", cell.pk, "active_mass", 2.1)
    assert run.parameters["active_mass"] == 2.1


def test_the_same_work_is_never_done_twice(upload, project):
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=upload(factories.cell(project)))
    dataset = Dataset.objects.get()
    again, created = request_run(KERNELS["cycling.capacity"], run.measurement, [dataset])
    assert (again.pk, created) == (run.pk, False)


def test_rerun_with_nothing_changed_verifies_bit_for_bit(upload, project, actor, django_capture_on_commit_callbacks):
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=upload(factories.cell(project)))
    with django_capture_on_commit_callbacks(execute=True):
        again, created = rerun(run, actor=actor)
    again.refresh_from_db()
    assert created
    assert again.verifies_id == run.pk
    assert again.output_sha256 == run.output_sha256
    assert Result.objects.filter(run=again).count() == 0


def test_a_changed_mass_gives_a_new_run_that_supersedes(upload, project, actor, django_capture_on_commit_callbacks):
    cell = factories.cell(project)
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=upload(cell))
    change(cell, active_mass="4.20 mg")
    with django_capture_on_commit_callbacks(execute=True):
        again, _ = rerun(run, actor=actor)
    again.refresh_from_db()
    assert again.supersedes_id == run.pk
    slot = Slot.objects.get(kernel="cycling.capacity", measurement=run.measurement)
    assert slot.current_run_id == again.pk
    assert Result.objects.get(run=again, quantity="initial_discharge_capacity").value == pytest.approx(69.4, rel=1e-4)
    assert Result.objects.get(run=run, quantity="initial_discharge_capacity").value == pytest.approx(138.8, rel=1e-4)


def test_without_a_mass_there_is_charge_but_no_capacity_per_mass(upload, project):
    measurement = upload(factories.cell(project, active_mass=None))
    assert not Result.objects.filter(measurement=measurement, quantity="initial_discharge_capacity").exists()
    assert value(measurement, "initial_discharge_capacity_total") == pytest.approx(138.8 * 2.1e-3, rel=1e-4)


def test_more_than_the_theoretical_capacity_warns(upload, project):
    run = AnalysisRun.objects.get(
        release__name="cycling.capacity", measurement=upload(factories.cell(project, active_mass="0.5 mg"))
    )
    assert any("exceeds theoretical capacity" in warning.lower() for warning in run.warnings), run.warnings


def test_a_parameter_the_kernel_does_not_have_is_named(upload, project, actor):
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=upload(factories.cell(project)))
    with pytest.raises(ValidationError, match="no parameter colour"):
        rerun(run, actor=actor, parameters={"colour": "red"})


def test_a_dataset_whose_announcement_was_lost_is_found(
    upload, project, monkeypatch, django_capture_on_commit_callbacks
):
    from core.events import dataset_ready

    dataset_ready.disconnect(dispatch_uid="analysis_tasks.analyse_dataset")
    try:
        measurement = upload(factories.cell(project))
    finally:
        from analysis_tasks.listeners import analyse_dataset

        dataset_ready.connect(analyse_dataset, dispatch_uid="analysis_tasks.analyse_dataset")
    assert not AnalysisRun.objects.filter(measurement=measurement).exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert plan_missing() == 1
    assert AnalysisRun.objects.get(release__name="cycling.capacity", measurement=measurement).state == State.SUCCEEDED


def test_a_file_without_records_calls_for_no_analysis(actor, project, django_capture_on_commit_callbacks):
    head = b"\n".join(line for line in CONTENT.splitlines()[:60] if line.startswith(b"#"))
    columns = next(line for line in CONTENT.splitlines() if not line.startswith(b"#"))
    with django_capture_on_commit_callbacks(execute=True):
        received = receive_file(
            actor=actor, subject=factories.cell(project), name="cell.csv", chunks=[head + b"\n" + columns + b"\n"]
        )
    assert Dataset.objects.get(measurement=received.measurement).tables.get(name="records").rows == 0
    assert not received.measurement.runs.exists()
    assert plan_missing() == 0
    page = browser(actor).get(received.measurement.get_absolute_url())
    assert "The file holds no record yet" in page.content.decode()


def test_runs_and_results_never_change(upload, project):
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=upload(factories.cell(project)))
    for statement in (
        lambda: AnalysisRun.objects.filter(pk=run.pk).update(seconds=0),
        lambda: Result.objects.filter(run=run).update(value=999),
        lambda: Result.objects.filter(run=run)._raw_delete("default"),
    ):
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
            statement()


def test_a_result_has_exactly_one_origin(upload, project):
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=upload(factories.cell(project)))
    with pytest.raises(IntegrityError, match="result_has_one_origin"), transaction.atomic():
        Result.objects.create(quantity="cycle_count", value=1, unit="cycle", subject=run.subject)
