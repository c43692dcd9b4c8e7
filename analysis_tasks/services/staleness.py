"""When a value that a run read, or the code, moves on: find exactly those runs, and compute again by policy."""

from __future__ import annotations

import logging
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import RerunPolicy
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, RunContext, Slot, Staleness
from analysis_tasks.services.planning import latest_reading, request_run
from core.queues import Queue

_AT_ONCE = 200
_FEW = 20

log = logging.getLogger(__name__)


def react_to_change(record: UUID) -> int:
    """Computes again what read a value of this record that has changed, where the project's policy says so.

    Returns:
        How many runs were requested.
    """
    read_it = RunContext.objects.filter(run=OuterRef("current_run"), record_id=record)
    touched = _stale_slots().filter(Exists(read_it))
    queue = Queue.INTERACTIVE if touched.count() <= _FEW else Queue.BULK
    return _compute_again(touched, queue=queue, insist=True)


def rerun_stale() -> int:
    """Computes again whatever is stale and may be, such as after a change by plain SQL or a new kernel release.

    What failed or was cancelled with the same code and values is left alone: only a person asks for it again.

    Returns:
        How many runs were requested.
    """
    return _compute_again(_stale_slots(), queue=Queue.BULK, insist=False)


def rerun_slot(
    slot: Slot, *, actor: object = None, reason: str = "", queue: str = Queue.INTERACTIVE, insist: bool = True
) -> tuple[AnalysisRun, bool]:
    """Requests today's answer for a slot; it becomes current when it is there.

    Args:
        slot: What is stale.
        actor: Who asks; None for the platform itself.
        reason: Why; the reasons of its staleness where nothing is said.
        queue: Whether a person waits for it.
        insist: Request it also where the same work failed or was cancelled before.

    Returns:
        The run, and whether it is new.

    Raises:
        KeyError: The kernel is not installed.
        ValidationError: A parameter that was given does not fit any more.
    """
    run = slot.current_run
    assert run is not None  # noqa: S101 (only slots with a run are stale)
    return request_run(
        KERNELS[slot.kernel],
        slot.measurement,
        [latest_reading(entry.dataset) for entry in run.inputs.select_related("dataset")],
        parameters=run.given,
        preset=slot.preset,
        actor=actor,
        reason=reason or why_stale(slot),
        queue=queue,
        insist=insist,
    )


def why_stale(slot: Slot) -> str:
    """The reasons in words; empty where the slot is current."""
    return "; ".join(str(reason) for reason in slot.staleness.all())


def _stale_slots() -> QuerySet[Slot]:
    return Slot.objects.filter(
        Exists(Staleness.objects.filter(slot=OuterRef("pk"))),
        pinned=False,
        kernel__in=[kernel.name for kernel in KERNELS],
        measurement__sample__project__rerun_policy=RerunPolicy.AUTO,
    )


def _compute_again(stale: QuerySet[Slot], *, queue: str, insist: bool) -> int:
    requested = 0
    for slot in stale.select_related("measurement", "current_run")[:_AT_ONCE]:
        try:
            requested += rerun_slot(slot, queue=queue, insist=insist)[1]
        except ValidationError:  # one that cannot be asked for must not keep the others waiting
            log.exception("the analysis %s cannot be computed again", slot.pk)
    return requested
