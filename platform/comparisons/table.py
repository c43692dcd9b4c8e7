"""The shape of a comparison: columns, rows and cells, each number with its origin. Pure values, no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

OriginKind = Literal["run", "publication", "record", "manual"]


@dataclass(frozen=True)
class Origin:
    """Where a number or a text comes from.

    Attributes:
        kind: A run computed it, a publication reports it, a record states it, or a person entered it.
        model: Which model the origin is, `analysis_tasks.analysisrun`.
        id: Its key; doors make addresses of both.
        label: What a person reads: `cycling.capacity 1`, `[45], Table S1, row 1`.
        simulated: It rests on simulated data.
    """

    kind: OriginKind
    model: str
    id: UUID
    label: str
    simulated: bool = False


@dataclass(frozen=True)
class TableCell:
    """One cell of the table.

    Attributes:
        text: What is shown, as reported or formatted; empty where nothing is known.
        value: The number in `unit`, None for texts and where it is unknown.
        unit: Canonical unit of `value`.
        origin: Where it comes from; None where nothing is known.
        note: Why it is empty or should be read with care.
        results: Keys of the stored results behind it; none behind a fact of a record.
    """

    text: str = ""
    value: float | None = None
    unit: str = ""
    origin: Origin | None = None
    note: str = ""
    results: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class ColumnSpec:
    """A column: its key, the header as printed, and the unit its values are in."""

    key: str
    label: str
    unit: str = ""


@dataclass(frozen=True)
class TableRow:
    """One row: a battery cell, its table cells by column key, and what to know about it."""

    row_id: UUID
    cell_id: UUID
    cell_code: str
    cells: dict[str, TableCell]
    simulated: bool = False
    emphasised: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComparisonTable:
    """The whole table, as every door shows and every format exports it."""

    title: str
    caption: str
    columns: tuple[ColumnSpec, ...]
    rows: tuple[TableRow, ...]
    warnings: tuple[str, ...] = field(default=())
