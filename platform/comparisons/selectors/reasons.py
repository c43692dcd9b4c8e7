"""Why a number is not what it was: the run that took another's place and what it read, an edit, a withdrawal.

The audit trail tells who changed a value and why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from analysis_tasks.models import AnalysisRun, Result, RunContext, RunInput
from comparisons.table import Origin, TableCell, TableRow
from core.models import AuditEvent, Tombstone
from core.quantities import QUANTITIES, display_unit

_MEASUREMENTS = ("measurements.celltest", "measurements.measurement")


class Cause(StrEnum):
    """What kind of thing has happened."""

    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    EDITED = "edited"
    OTHER_SOURCE = "other source"


@dataclass(frozen=True)
class Reason:
    """Why a number would be different today.

    Attributes:
        cause: What kind of thing has happened.
        words: A sentence about it.
        actor: User name of who made the change behind it; empty where nobody is known.
        at: When that was.
        said: The reason that person gave.
    """

    cause: Cause
    words: str
    actor: str = ""
    at: datetime | None = None
    said: str = ""


class Reasons:
    """Everything that the reasons of one frozen table need, fetched at once.

    Args:
        since: When the table was frozen.
        rows: The frozen rows.
        pairs: Cells that differ: frozen, and as they are today.
    """

    def __init__(self, since: datetime, rows: Sequence[TableRow], pairs: Sequence[tuple[TableCell, TableCell]]) -> None:
        origins = [cell.origin for pair in pairs for cell in pair if cell.origin is not None]
        runs = {origin.id for origin in origins if origin.kind == "run"}
        self._runs: Mapping[UUID, AnalysisRun] = AnalysisRun.objects.select_related("release").in_bulk(list(runs))
        self._context = _context_of(runs)
        self._inputs = _inputs_of(runs)
        self._codes = {row.subject_id: row.code for row in rows}
        self._measurements = _measurements_of(rows)
        records = {read.record_id for context in self._context.values() for read in context.values()}
        records |= {origin.id for origin in origins if origin.kind == "record"}
        self._events = _events_of(records, since)
        stones = Tombstone.objects.filter(pk__in=[*self._codes, *self._measurements.values()], at__gt=since)
        self._stones = {stone.pk: stone for stone in stones.order_by("at")}

    def why(self, row: TableRow, old: TableCell, new: TableCell) -> Reason:
        """The reason why the cell of this row differs."""
        measurement = self._measurement_of(old)
        stone = self._stones.get(measurement) if measurement else None
        if stone is not None:
            return Reason(Cause.WITHDRAWN, "the measurement was withdrawn", stone.by, stone.at, stone.reason)
        if _is_run(old.origin) and _is_run(new.origin):
            return self._why_other_run(self._runs[_id(old)], self._runs[_id(new)])
        if old.origin is not None and new.origin is not None and old.origin.id == new.origin.id:
            return self._why_edited(old.origin.id)
        if old.origin is None:
            return Reason(Cause.OTHER_SOURCE, f"there was nothing when it was frozen{_named(new.origin)}")
        if new.origin is None:
            return Reason(Cause.EDITED, f"there is nothing any more in its place ({row.code})")
        return Reason(Cause.OTHER_SOURCE, f"it comes from somewhere else{_named(new.origin)}")

    def withdrawals(self) -> tuple[str, ...]:
        """Sentences about the records that were withdrawn since."""
        said = []
        for key, stone in self._stones.items():
            what = self._codes.get(key, "A measurement behind the table")
            said.append(f"{what} was withdrawn by {stone.by} on {stone.at:%Y-%m-%d}: {stone.reason}")
        return tuple(said)

    def _measurement_of(self, cell: TableCell) -> UUID | None:
        if cell.results:
            return self._measurements.get(cell.results[0])
        return cell.origin.id if cell.origin is not None else None

    def _why_other_run(self, old: AnalysisRun, new: AnalysisRun) -> Reason:
        if old.measurement_id != new.measurement_id:
            return Reason(Cause.OTHER_SOURCE, "another measurement is the latest one")
        before, after = self._context.get(old.pk, {}), self._context.get(new.pk, {})
        for name, read in before.items():
            now = after.get(name)
            if now is not None and now.value != read.value:
                words = f"{name.replace('_', ' ')} was {_said(name, read.value)} and is {_said(name, now.value)}"
                return self._with_author(words, read.record_id, read.field)
        if old.release_id != new.release_id:
            return Reason(Cause.SUPERSEDED, f"computed by {new.release} instead of {old.release}", at=new.finished_at)
        if self._inputs.get(old.pk) != self._inputs.get(new.pk):
            return Reason(Cause.SUPERSEDED, "the file was read anew", at=new.finished_at)
        said = f" ({new.reason})" if new.reason else ""
        return Reason(Cause.SUPERSEDED, f"the run was superseded{said}", at=new.finished_at)

    def _with_author(self, words: str, record: UUID, field: str) -> Reason:
        event = next((one for one in self._events[str(record)] if field in one.changes), None)
        if event is None:
            return Reason(Cause.SUPERSEDED, words)
        return Reason(Cause.SUPERSEDED, words, event.actor, event.at, event.reason)

    def _why_edited(self, record: UUID) -> Reason:
        event = next(iter(self._events[str(record)]), None)
        words = "the record was edited"
        return (
            Reason(Cause.EDITED, words, event.actor, event.at, event.reason) if event else Reason(Cause.EDITED, words)
        )


def _context_of(runs: Iterable[UUID]) -> dict[UUID, dict[str, RunContext]]:
    found: dict[UUID, dict[str, RunContext]] = defaultdict(dict)
    for read in RunContext.objects.filter(run__in=list(runs)).order_by("parameter"):
        found[read.run_id][read.parameter] = read
    return found


def _inputs_of(runs: Iterable[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    for run, sha256 in (
        RunInput.objects.filter(run__in=list(runs)).order_by("role", "order").values_list("run", "sha256")
    ):
        found[run].append(sha256)
    return found


def _measurements_of(rows: Sequence[TableRow]) -> dict[UUID, UUID]:
    """The measurement of each result behind the table, and of each test that is an origin itself."""
    cells = [cell for row in rows for cell in row.cells.values()]
    results = {key for cell in cells for key in cell.results}
    found = dict(Result.objects.filter(pk__in=results, measurement__isnull=False).values_list("pk", "measurement"))
    tests = {c.origin.id for c in cells if c.origin is not None and c.origin.model in _MEASUREMENTS}
    return found | {key: key for key in tests}


def _events_of(records: Iterable[UUID], since: datetime) -> dict[str, list[AuditEvent]]:
    """Changes of the records since then, newest first."""
    found: dict[str, list[AuditEvent]] = defaultdict(list)
    changed = AuditEvent.objects.filter(record_id__in=[str(key) for key in records], at__gt=since)
    for event in changed.filter(operation=AuditEvent.Operation.UPDATE).order_by("-id"):
        found[event.record_id].append(event)
    return found


def _is_run(origin: Origin | None) -> bool:
    return origin is not None and origin.kind == "run"


def _id(cell: TableCell) -> UUID:
    assert cell.origin is not None  # noqa: S101 (only asked for runs)
    return cell.origin.id


def _named(origin: Origin | None) -> str:
    return f": {origin.label}" if origin is not None else ""


def _said(name: str, value: Any) -> str:
    if value is None:
        return "unknown"
    unit = display_unit(QUANTITIES[name].unit) if name in QUANTITIES else ""
    return f"{value:g} {unit}".strip() if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
