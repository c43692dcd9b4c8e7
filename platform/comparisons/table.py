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
        deviation: From the baseline's number, in `unit`; None where nothing is held against a baseline.
        parts: Origins of all values behind it, where it stands for several.
    """

    text: str = ""
    value: float | None = None
    unit: str = ""
    origin: Origin | None = None
    note: str = ""
    results: tuple[UUID, ...] = ()
    deviation: float | None = None
    parts: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class ColumnSpec:
    """A column: its key, the header as printed, and the unit its values are in."""

    key: str
    label: str
    unit: str = ""


@dataclass(frozen=True)
class TableRow:
    """One row: a cell, a sample, a measurement or a group of them, its table cells by column, and what to know of it.

    Attributes:
        row_id: Key of the saved row; None of a group and of a row that the query found.
        subject_id: Key of its cell or other sample; None of a group.
        code: What a person calls it.
        cells: Table cells by key of the column.
        simulated, emphasised: It rests on simulated data; it is printed in bold.
        warnings: What to know before its numbers are used.
        key: Its name in addresses: the code, with `~2` where it stands there a second time.
        group: Value of the column by which rows are grouped.
        members: Codes of the rows that it stands for, where it stands for a group.
        behind: Keys of the subjects that it stands for: its own, or those of the group.
        note: What a person says about it.
        pinned, is_baseline: It stands first; the others are held against it.
        measurement_id: Key of the measurement that was chosen for it; None where that was left open.
        by_query: The comparison's query found it.
    """

    row_id: UUID | None
    subject_id: UUID | None
    code: str
    cells: dict[str, TableCell]
    simulated: bool = False
    emphasised: bool = False
    warnings: tuple[str, ...] = ()
    key: str = ""
    group: str = ""
    members: tuple[str, ...] = ()
    behind: tuple[UUID, ...] = ()
    note: str = ""
    pinned: bool = False
    is_baseline: bool = False
    measurement_id: UUID | None = None
    by_query: bool = False


@dataclass(frozen=True)
class ComparisonTable:
    """The whole table, as every door shows and every format exports it.

    Attributes:
        title, caption: What it is called, and what is said of it.
        columns, rows: What is shown.
        warnings: What to know before rows are compared.
        baseline: Code of the row that others are held against.
        folded: Columns that are the same for all rows and stand in the caption; rows keep their cells.
        about: What its rows are: cells, samples or measurements.
    """

    title: str
    caption: str
    columns: tuple[ColumnSpec, ...]
    rows: tuple[TableRow, ...]
    warnings: tuple[str, ...] = field(default=())
    baseline: str = ""
    folded: tuple[ColumnSpec, ...] = ()
    about: str = "cells"
