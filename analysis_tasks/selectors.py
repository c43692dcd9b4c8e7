"""Reads of runs and results: whether a run is today's answer, and which results count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Campaign, Result, Slot, Staleness
from core.jobs import State


@dataclass(frozen=True)
class Currency:
    """Whether a finished run is today's answer.

    Attributes:
        state: `current`, `stale` or `superseded`; empty for runs that have not succeeded.
        reasons: Why it is stale or superseded, in words.
    """

    state: str
    reasons: tuple[str, ...] = ()


def currency_of(runs: Iterable[AnalysisRun]) -> dict[UUID, Currency]:
    """The currency of each run, by one query.

    Args:
        runs: With `release` and `current_in` loaded or prefetched.
    """
    runs = list(runs)
    stale: dict[UUID, list[Staleness]] = defaultdict(list)
    for entry in Staleness.objects.filter(run__in=runs).order_by("reason", "field"):
        stale[entry.run_id].append(entry)
    return {run.pk: _currency(run, stale[run.pk]) for run in runs}


@dataclass(frozen=True)
class Progress:
    """How far a campaign has come, in numbers of analyses.

    Attributes:
        total: All of them.
        waiting: Those whose run has not been asked for yet.
        refused: Those for which no run could be asked for.
        reused: Those whose work was done or on its way already; their runs count among the states, too.
        states: Runs by state.
        cancelled: Whether somebody has stopped it.
    """

    total: int
    waiting: int
    refused: int
    reused: int
    states: dict[str, int]
    cancelled: bool = False

    @property
    def open(self) -> int:
        """How many have not ended."""
        waiting = 0 if self.cancelled else self.waiting
        return waiting + self.states[State.QUEUED] + self.states[State.RUNNING]

    @property
    def ended(self) -> int:
        """How many have ended, in whichever way."""
        return self.total - self.waiting - self.states[State.QUEUED] - self.states[State.RUNNING]

    @property
    def state(self) -> str:
        """`cancelled`, `running` while something is to be done, else `done`."""
        if self.cancelled:
            return "cancelled"
        return "running" if self.open else "done"


def with_progress(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """Campaigns with the counts that `progress_of` reads, by one query."""
    counts = {f"{state}_": Count("entries", filter=Q(entries__run__state=state)) for state in State.values}
    return campaigns.annotate(
        total_=Count("entries"),
        waiting_=Count("entries", filter=Q(entries__run=None, entries__refused="")),
        refused_=Count("entries", filter=~Q(entries__refused="")),
        reused_=Count("entries", filter=Q(entries__reused=True)),
        **counts,
    ).order_by("-created_at")


def progress_of(campaign: Any) -> Progress:
    """How far a campaign of `with_progress` has come."""
    return Progress(
        campaign.total_,
        campaign.waiting_,
        campaign.refused_,
        campaign.reused_,
        {state: getattr(campaign, f"{state}_") for state in State.values},
        campaign.cancelled_at is not None,
    )


def current_results(results: QuerySet[Result]) -> QuerySet[Result]:
    """Without those of runs that others have superseded."""
    is_current = Exists(Slot.objects.filter(current_run=OuterRef("run")))
    return results.filter(Q(run__isnull=True) | is_current)


def currency_in_words(
    *, state: str, current: bool, verifies: object, kernel: str, stale: Iterable[Sequence[Any]]
) -> Currency:
    """The currency of a run of which the database told all that matters.

    Args:
        state: Of the run.
        current: Whether a slot points at it.
        verifies: The run that it repeats, if any.
        kernel: Its name.
        stale: Reason, field, old and new value of whatever has moved on since.
    """
    if state != State.SUCCEEDED:
        return Currency("")
    if not current:
        word = "It repeats another run to verify it." if verifies else "Another run has taken its place."
        return Currency("superseded", (word,))
    reasons = [_sentence(str(Staleness(reason=r, field=f, old=old, new=new))) for r, f, old, new in stale]
    if kernel not in KERNELS:
        reasons.append(f"The kernel {kernel} is not installed any more.")
    return Currency("stale" if reasons else "current", tuple(reasons))


def _currency(run: AnalysisRun, stale: list[Staleness]) -> Currency:
    return currency_in_words(
        state=run.state,
        current=bool(run.current_in.all()),
        verifies=run.verifies_id,
        kernel=run.release.name,
        stale=[(entry.reason, entry.field, entry.old, entry.new) for entry in stale],
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
