"""Staleness: an edit makes exactly the runs stale that read it; they are computed again by the project's policy."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import RerunPolicy
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, InstalledKernel, KernelRelease, Result, Slot, Staleness
from analysis_tasks.services import cancel_run, rerun_slot, rerun_stale, retry_run, staleness, why_stale
from core import records
from core.models import AuditEvent
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.services import receive_file, request_reading
from samples.models import Cell
from tests import factories

pytestmark = pytest.mark.django_db
CONTENT = simulate_cycling(CyclingSpec(active_mass=2.10, first_capacity=138.8, last_capacity=130.0, cycles=3))[0]


@pytest.fixture(autouse=True)
def eager(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def tested_cell(project, commit):
    cell = factories.cell(project)
    with commit():
        receive_file(actor=factories.owner_of(project), subject=cell, name="cell.csv", chunks=[CONTENT])
    return cell


def slot_of(cell):
    return Slot.objects.get(measurement__sample=cell, kernel="cycling.capacity")


def runs_of(cell):
    return AnalysisRun.objects.filter(measurement__sample=cell, release__name="cycling.capacity")


def leave_only_the_capacity():
    """One kernel is enough for what is asked here."""
    Slot.objects.exclude(kernel="cycling.capacity").delete()


def set_policy(project, policy):
    records.change(project, rerun_policy=policy)


def test_a_changed_mass_is_computed_again_superseded_and_explained(tested_cell, project, commit):
    before = slot_of(tested_cell).current_run
    owner = factories.owner_of(project)
    with commit():
        records.change(tested_cell, actor=owner, active_mass="4.20 mg")
    after = slot_of(tested_cell).current_run
    assert after.supersedes == before
    assert after.reason == "active mass was 2.1 and is 4.2"
    assert not Staleness.objects.exists()
    change = next(c for c in after.changes if c["quantity"] == "initial_discharge_capacity")
    assert change["old"] == pytest.approx(138.8, rel=1e-4)
    assert change["new"] == pytest.approx(69.4, rel=1e-4)
    assert Result.objects.get(run=before, quantity="initial_discharge_capacity").value == pytest.approx(138.8, rel=1e-4)
    audited = AuditEvent.objects.filter(model="samples_cell", record_id=str(tested_cell.pk), operation="UPDATE").last()
    assert audited.actor == owner.username


def test_only_the_runs_that_read_the_value_become_stale(tested_cell, project, commit):
    other = factories.cell(project)
    with commit():
        receive_file(actor=factories.owner_of(project), subject=other, name="other.csv", chunks=[CONTENT])
    Cell.objects.filter(pk=tested_cell.pk).update(active_mass=4.2)
    stale = [entry.slot for entry in Staleness.objects.all()]
    assert slot_of(tested_cell) in stale
    assert {slot.measurement_id for slot in stale} == {slot_of(tested_cell).measurement_id}
    assert "cycling.fade" not in {slot.kernel for slot in stale}, "it does not read the mass"


def test_a_value_that_no_run_read_makes_nothing_stale(tested_cell, commit):
    runs = AnalysisRun.objects.count()
    with commit():
        records.change(tested_cell, housing="PEEK die", note="put in the oven")
    assert not Staleness.objects.exists()
    assert AnalysisRun.objects.count() == runs


def test_undoing_the_edit_makes_the_old_run_current_again(tested_cell, commit):
    first = slot_of(tested_cell).current_run
    for mass in ("4.20 mg", "2.10 mg"):
        with commit():
            records.change(tested_cell, active_mass=mass)
    assert slot_of(tested_cell).current_run == first
    assert runs_of(tested_cell).count() == 2


@pytest.mark.parametrize("policy", [RerunPolicy.ASK, RerunPolicy.NEVER])
def test_other_policies_mark_and_wait(tested_cell, project, commit, policy):
    set_policy(project, policy)
    with commit():
        records.change(tested_cell, active_mass="4.20 mg")
        assert rerun_stale() == 0
    slot = slot_of(tested_cell)
    assert why_stale(slot) == "active mass was 2.1 and is 4.2"
    with commit():
        rerun_slot(slot)
    assert why_stale(slot_of(tested_cell)) == ""


def test_a_pinned_slot_never_moves(tested_cell, commit):
    slot = slot_of(tested_cell)
    Slot.objects.filter(pk=slot.pk).update(pinned=True)
    with commit():
        records.change(tested_cell, active_mass="4.20 mg")
    assert slot_of(tested_cell).current_run == slot.current_run


def test_a_change_by_plain_sql_is_found_by_the_sweeper(tested_cell, commit):
    Cell.objects.filter(pk=tested_cell.pk).update(active_mass=1.05)
    with commit():
        assert rerun_stale() == Slot.objects.filter(current_run__context__field="active_mass").count() > 0
    assert slot_of(tested_cell).current_run.parameters["active_mass"] == 1.05


def test_a_new_release_of_the_kernel_makes_its_runs_stale(tested_cell):
    installed = InstalledKernel.objects.get(name="cycling.capacity")
    newer = KernelRelease.objects.create(name="cycling.capacity", version="999", fingerprint="sha256:other")
    InstalledKernel.objects.filter(pk=installed.pk).update(release=newer)
    version = KERNELS["cycling.capacity"].version
    assert why_stale(slot_of(tested_cell)) == f"the kernel's code has changed ({version} → 999)"


def test_a_changed_convention_of_the_rate_is_noticed(tested_cell, commit):
    test = slot_of(tested_cell).measurement.celltest
    with commit():
        records.change(test, rate="0.05 C (1C = 180 mA/g)")
    assert slot_of(tested_cell).current_run.parameters["one_c"] == 180


def test_reading_the_same_file_again_to_the_same_data_changes_nothing(tested_cell, commit):
    file = slot_of(tested_cell).measurement.files.get()
    with commit():
        request_reading(file)
    assert file.datasets.count() == 2
    assert not Staleness.objects.exists()
    assert runs_of(tested_cell).count() == 1


def test_what_failed_or_was_cancelled_is_not_asked_for_again_by_itself(tested_cell, project):
    leave_only_the_capacity()
    Cell.objects.filter(pk=tested_cell.pk).update(active_mass=1.05)
    assert rerun_stale() > 0
    waiting = runs_of(tested_cell).get(state="queued")
    assert waiting.queue == "bulk"
    cancelled = cancel_run(waiting, actor=factories.owner_of(project), reason="not now")
    assert rerun_stale() == 0
    again, created = retry_run(cancelled, actor=factories.owner_of(project), reason="now")
    assert created
    assert again.reason == f"Retry of run {cancelled.pk}, which was cancelled. now"
    assert again.queue == "interactive"
    assert retry_run(cancelled, actor=factories.owner_of(project)) == (again, False)


def test_one_analysis_that_cannot_be_requested_does_not_stop_the_others(tested_cell, project, commit, monkeypatch):
    other = factories.cell(project)
    with commit():
        receive_file(actor=factories.owner_of(project), subject=other, name="cell.csv", chunks=[CONTENT])
    leave_only_the_capacity()
    first, second = slot_of(tested_cell).current_run, slot_of(other).current_run
    Cell.objects.update(active_mass=1.05)
    ask = staleness.request_run

    def refuse_first(kernel, measurement, *args, **kwargs):
        if measurement == first.measurement:
            raise ValidationError("no parameter colour")
        return ask(kernel, measurement, *args, **kwargs)

    monkeypatch.setattr(staleness, "request_run", refuse_first)
    assert rerun_stale() > 0
    waiting = AnalysisRun.objects.filter(state="queued")
    assert {run.measurement for run in waiting} == {second.measurement}


def test_only_editors_cancel_and_retry(tested_cell, project):
    run = slot_of(tested_cell).current_run
    viewer = factories.member(project, "viewer")
    for act in (cancel_run, retry_run):
        with pytest.raises(PermissionDenied):
            act(run, actor=viewer)
        with pytest.raises(ValidationError, match="succeeded"):
            act(run, actor=factories.owner_of(project))
