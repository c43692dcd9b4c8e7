"""Reads of runs and results: whether a run is today's answer, and which results count.

A run is stale where a record value it read has changed since, or where the installed kernel is other code. Values that
a person set for the run do not follow the records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet

from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Result, RunContext, Slot
from core.jobs import State
from measurements.models import CellTest


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
    """The currency of each run, in a number of queries that does not grow with theirs.

    Args:
        runs: With `release`, `context` and `current_in` loaded or prefetched.
    """
    runs = list(runs)
    now = _values_now(entry for run in runs for entry in run.context.all())
    return {run.pk: _currency(run, now) for run in runs}


def current_results(results: QuerySet[Result]) -> QuerySet[Result]:
    """Without those of runs that others have superseded."""
    is_current = Exists(Slot.objects.filter(current_run=OuterRef("run")))
    return results.filter(Q(run__isnull=True) | is_current)


def _currency(run: AnalysisRun, now: dict[tuple[UUID, str], Any]) -> Currency:
    if run.state != State.SUCCEEDED:
        return Currency("")
    if not run.current_in.all():
        word = "It repeats another run to verify it." if run.verifies_id else "Another run has taken its place."
        return Currency("superseded", (word,))
    reasons = tuple(_changes(run, now))
    return Currency("stale" if reasons else "current", reasons)


def _changes(run: AnalysisRun, now: dict[tuple[UUID, str], Any]) -> Iterable[str]:
    for entry in run.context.all():
        if run.parameters.get(entry.parameter) != entry.value and entry.value is not None:
            continue  # a person set this parameter for the run
        value = now.get((entry.record_id, entry.field))
        if value != entry.value:
            name = entry.field.replace("_", " ")
            yield f"The {name} was {_text(entry.value)} when it ran and is {_text(value)} now."
    kernel = KERNELS.get(run.release.name)
    if kernel is None:
        yield f"The kernel {run.release.name} is not installed any more."
    elif fingerprint(kernel) != run.release.fingerprint:
        yield f"The code of {run.release.name} has changed since (now version {kernel.version})."


def _values_now(entries: Iterable[RunContext]) -> dict[tuple[UUID, str], Any]:
    wanted: dict[str, set[UUID]] = defaultdict(set)
    fields: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        wanted[entry.record].add(entry.record_id)
        fields[entry.record].add(entry.field)
    values: dict[tuple[UUID, str], Any] = {}
    for label, keys in sorted(wanted.items()):
        for record in apps.get_model(label)._base_manager.filter(pk__in=keys):
            for name in fields[label]:
                values[record.pk, name] = _read(record, name)
    return values


def _read(record: Any, name: str) -> Any:
    """The value as a run's context keeps it: of a rate what 1C means, nothing for an empty text."""
    if isinstance(record, CellTest) and name == "rate":
        rate = record.parsed_rate
        return rate.one_c if rate else None
    value = getattr(record, name, None)
    return None if value == "" else value


def _text(value: Any) -> str:
    return "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
