"""When a value that a run read, or the code, moves on: find exactly those runs, and compute again by policy."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.models import RerunPolicy
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, RunContext, Slot, Staleness
from analysis_tasks.services.planning import latest_reading, request_run

_AT_ONCE = 200


def react_to_change(record: UUID) -> int:
    """Computes again what read a value of this record that has changed, where the project's policy says so.

    Returns:
        How many runs were requested.
    """
    read_it = RunContext.objects.filter(run=OuterRef("current_run"), record_id=record)
    return _compute_again([slot.pk for slot in Slot.objects.filter(Exists(read_it)).only("pk")])


def rerun_stale() -> int:
    """Computes again whatever is stale and may be, such as after a change by plain SQL or a new kernel release.

    Returns:
        How many runs were requested.
    """
    return _compute_again(None)


def rerun_slot(slot: Slot, *, actor: object = None, reason: str = "") -> AnalysisRun:
    """Requests today's answer for a slot; it becomes current when it is there.

    Raises:
        KeyError: The kernel is not installed.
        ValidationError: A parameter that was given does not fit any more.
    """
    run = slot.current_run
    assert run is not None  # noqa: S101 (only slots with a run are stale)
    datasets = [latest_reading(entry.dataset) for entry in run.inputs.select_related("dataset")]
    again, _ = request_run(
        KERNELS[slot.kernel],
        slot.measurement,
        datasets,
        parameters=run.given,
        preset=slot.preset,
        actor=actor,
        reason=reason or why_stale(slot),
    )
    return again


def why_stale(slot: Slot) -> str:
    """The reasons in words; empty where the slot is current."""
    return "; ".join(str(reason) for reason in slot.staleness.all())


def _compute_again(slots: list[UUID] | None) -> int:
    stale = Slot.objects.filter(
        Exists(Staleness.objects.filter(slot=OuterRef("pk"))),
        pinned=False,
        kernel__in=[kernel.name for kernel in KERNELS],
        measurement__sample__project__rerun_policy=RerunPolicy.AUTO,
    )
    if slots is not None:
        stale = stale.filter(pk__in=slots)
    requested = 0
    for slot in stale.select_related("measurement", "current_run")[:_AT_ONCE]:
        rerun_slot(slot)
        requested += 1
    return requested
