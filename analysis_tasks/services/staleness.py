"""When a value that a run read, or the code, moves on: find exactly those runs, and compute again by policy."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import RerunPolicy
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, RunContext, Slot, Staleness
from analysis_tasks.services.planning import Plan, plan_run, request_run
from core.queues import Queue
from measurements.selectors import newest_dataset

_AT_ONCE = 200
_FEW = 20

log = logging.getLogger(__name__)


def react_to_change(record: UUID) -> int:
    """Computes again what read a value of this record that has changed, where the project's policy says so.

    Returns:
        How many runs were requested.
    """
    read_it = RunContext.objects.filter(run=OuterRef("current_run"), record_id=record)
    touched = _automatic().filter(Exists(read_it))
    queue = Queue.INTERACTIVE if touched.count() <= _FEW else Queue.BULK
    return _compute_again(touched, queue=queue, insist=True)


def rerun_stale() -> int:
    """Computes again whatever is stale and may be, such as after a change by plain SQL or a new kernel release.

    What failed or was cancelled with the same code and values is left alone: only a person asks for it again.

    Returns:
        How many runs were requested.
    """
    return _compute_again(_automatic(), queue=Queue.BULK, insist=False)


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
    return request_run(
        **_asked_of(slot),
        preset=slot.preset,
        actor=actor,
        reason=reason or why_stale(slot),
        queue=queue,
        insist=insist,
    )


def plan_slot(slot: Slot) -> Plan:
    """What today's answer for a slot would be computed from, without asking for it.

    Raises:
        KeyError: The kernel is not installed.
        ValidationError: A parameter that was given does not fit any more.
    """
    return plan_run(**_asked_of(slot))


def _asked_of(slot: Slot) -> dict[str, Any]:
    run = slot.current_run
    assert run is not None  # noqa: S101 (only slots with a run are stale)
    return {
        "kernel": KERNELS[slot.kernel],
        "measurement": slot.measurement,
        "datasets": [newest_dataset(entry.dataset) for entry in run.inputs.select_related("dataset__file")],
        "parameters": run.given,
    }


def why_stale(slot: Slot) -> str:
    """The reasons in words; empty where the slot is current."""
    return "; ".join(str(reason) for reason in slot.staleness.all())


def stale_slots() -> QuerySet[Slot]:
    """Slots that could be computed again with another outcome: stale, not pinned, their kernel installed."""
    return Slot.objects.filter(
        Exists(Staleness.objects.filter(slot=OuterRef("pk"))),
        pinned=False,
        kernel__in=[kernel.name for kernel in KERNELS],
    )


def _automatic() -> QuerySet[Slot]:
    """Those of them that the platform computes again by itself."""
    return stale_slots().filter(measurement__sample__project__rerun_policy=RerunPolicy.AUTO)


def _compute_again(stale: QuerySet[Slot], *, queue: str, insist: bool) -> int:
    requested = 0
    for slot in stale.select_related("measurement", "current_run")[:_AT_ONCE]:
        try:
            requested += rerun_slot(slot, queue=queue, insist=insist)[1]
        except ValidationError:  # one that cannot be asked for must not keep the others waiting
            log.exception("the analysis %s cannot be computed again", slot.pk)
    return requested
