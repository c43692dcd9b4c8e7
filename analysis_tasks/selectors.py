"""Reads of runs and results: whether a run is today's answer, and which results count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Result, Slot, Staleness
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
    reasons: dict[UUID, list[str]] = defaultdict(list)
    for entry in Staleness.objects.filter(run__in=runs).order_by("reason", "field"):
        reasons[entry.run_id].append(_sentence(str(entry)))
    return {run.pk: _currency(run, reasons[run.pk]) for run in runs}


def current_results(results: QuerySet[Result]) -> QuerySet[Result]:
    """Without those of runs that others have superseded."""
    is_current = Exists(Slot.objects.filter(current_run=OuterRef("run")))
    return results.filter(Q(run__isnull=True) | is_current)


def _currency(run: AnalysisRun, reasons: list[str]) -> Currency:
    if run.state != State.SUCCEEDED:
        return Currency("")
    if not run.current_in.all():
        word = "It repeats another run to verify it." if run.verifies_id else "Another run has taken its place."
        return Currency("superseded", (word,))
    if run.release.name not in KERNELS:
        reasons = [*reasons, f"The kernel {run.release.name} is not installed any more."]
    return Currency("stale" if reasons else "current", tuple(reasons))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
