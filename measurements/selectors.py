"""Reads of measurements: where a measurement stands, and the part of a table that somebody wants to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from core.jobs import State
from core.tables import Table
from core.withdrawal import standing as not_withdrawn
from measurements.models import Dataset, DatasetTable, FileReading, Measurement, RawFile
from measurements.store import load_table
from measurements.tables import PREVIEW_POINTS, preview_of

CYCLE_COLUMNS = ("cycle_count", "cycle")
_GUIDES = ("test_time_second", "frequency_hertz", "voltage_volt", "current_ampere")
URGENCY = (State.FAILED, State.RUNNING, State.QUEUED, State.CANCELLED, State.SUCCEEDED)


@dataclass(frozen=True)
class Standing:
    """Where a measurement stands.

    Attributes:
        state: Of its files' latest readings the one that needs attention first; `empty` without files.
        problems: Why files could not be read, in words.
    """

    state: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Excerpt:
    """A part of a stored table.

    Attributes:
        table: The rows and columns asked for.
        total: How many rows there are before thinning.
    """

    table: Table
    total: int


def latest_readings(measurement: Measurement) -> list[FileReading]:
    """The newest reading of each file. Prefetch `files__readings` for lists."""
    return [readings[0] for file in measurement.files.all() if (readings := list(file.readings.all()))]


def first_version(file: RawFile) -> UUID:
    """The first version of a file, by which all later ones are known."""
    return file.version_of_id or file.pk


def with_replacement(files: QuerySet[RawFile]) -> QuerySet[RawFile]:
    """Files that know in `replaced_by_` which longer version has taken their place; none where they are the newest."""
    later = RawFile.objects.filter(
        version_of=Coalesce(OuterRef("version_of"), OuterRef("pk")), received_at__gt=OuterRef("received_at")
    )
    newest = not_withdrawn(later).order_by("-received_at").values("pk")[:1]
    return files.annotate(replaced_by_=Subquery(newest))


def replaced_by(file: RawFile) -> UUID | None:
    """The longer version that has taken the place of a file; without a query where `with_replacement` gave it."""
    if not hasattr(file, "replaced_by_"):
        file = with_replacement(RawFile.objects.filter(pk=file.pk)).get()
    found: UUID | None = file.replaced_by_  # type: ignore[attr-defined]
    return found


def newest_dataset(dataset: Dataset) -> Dataset:
    """What the newest reading gave of the newest version of the same file."""
    first = first_version(dataset.file)
    versions = not_withdrawn(RawFile.objects.filter(Q(pk=first) | Q(version_of=first)))
    rows = Dataset.objects.filter(file__in=versions).order_by("-file__received_at", "-created_at")
    newest: Dataset = rows.first() or Dataset.objects.filter(file=dataset.file_id).order_by("-created_at")[0]
    return newest


def standing(measurement: Measurement) -> Standing:
    """Where the reading of its files stands. Prefetch `files__readings` for lists."""
    readings = latest_readings(measurement)
    if not readings:
        return Standing("empty", ())
    states = {reading.state for reading in readings}
    first = next(state for state in URGENCY if state in states)
    return Standing(first, tuple(reading.error for reading in readings if reading.state == State.FAILED))


def excerpt(
    stored: DatasetTable,
    *,
    columns: Sequence[str] = (),
    points: int | None = PREVIEW_POINTS,
    cycles: Sequence[int] = (),
) -> Excerpt:
    """Rows of a stored table, thinned so that every peak of voltage and current stays.

    Args:
        stored: The table.
        columns: Names of columns in the order wanted; all where empty.
        points: About how many rows at most; None for every row.
        cycles: Numbers of the cycles wanted; all where empty.

    Raises:
        ValidationError: The table has no such column, or no cycles.
    """
    names = [column["name"] for column in stored.columns]
    unknown = [name for name in columns if name not in names]
    if unknown:
        raise ValidationError(
            {"columns": f"The table {stored.name} has no column {', '.join(unknown)}; it has {', '.join(names)}."}
        )
    wanted = list(dict.fromkeys(columns)) or names
    if not cycles:
        if points is None or stored.rows <= points:
            return Excerpt(_picked(load_table(stored.blob, wanted), wanted), stored.rows)
        if points == PREVIEW_POINTS and stored.preview is not None:
            return Excerpt(_picked(load_table(stored.preview, wanted), wanted), stored.rows)
    counter = _cycle_column(names, stored.name) if cycles else None
    needed = [name for name in names if name in {*wanted, *_GUIDES, counter}]
    table = load_table(stored.blob, needed)
    if counter is not None:
        table = _rows(table, np.isin(table[counter], np.asarray(cycles)))
    total = len(table)
    thinned = None if points is None else preview_of(table, points)
    return Excerpt(_picked(thinned or table, wanted), total)


def _cycle_column(names: Sequence[str], table: str) -> str:
    for name in CYCLE_COLUMNS:
        if name in names:
            return name
    raise ValidationError({"cycles": f"The table {table} has no column of cycles."})


def _rows(table: Table, kept: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Table:
    columns = (type(column)(column.name, column.values[kept], column.unit, column.label) for column in table)
    return Table(table.name, tuple(columns))


def _picked(table: Table, names: Sequence[str]) -> Table:
    return Table(table.name, tuple(table.column(name) for name in names))
