"""A filled table looked at in one way: rows chosen, ordered, grouped and aggregated, held against one of them, turned.

Pure values: what is asked stands in `comparisons.state`, what cannot be done is said in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from comparisons.aggregating import aggregated
from comparisons.state import TableState
from comparisons.table import ColumnSpec, ComparisonTable, Origin, TableCell, TableRow

NAME = "cell"
"""Key of the column that names rows, where no other column does."""
_NAMING = {"cells": ("configuration", "code"), "samples": ("code",), "measurements": ()}
_KINDS = {
    "cells": ("Cell", "samples.cell"),
    "samples": ("Sample", "samples.sample"),
    "measurements": ("Measurement", "measurements.measurement"),
}
_ROWS_HEAD = ColumnSpec("_column", "")


def arranged(table: ComparisonTable, state: TableState, how: dict[str, str] | None = None) -> ComparisonTable:
    """The table as the state asks to see it, without transposing it.

    Args:
        table: The filled table.
        state: What is asked for.
        how: How each column is aggregated, by its key; the mean where nothing is said.
    """
    table, problems = _chosen(table, state)
    table = _grouped(table, state)
    if state.aggregate:
        table = aggregated(table, how or {}, with_simulated=state.simulated)
    table = _ordered(table, state)
    table, unknown = _held_against(table, state)
    if state.differs:
        table = _only_what_differs(table)
    if state.differs or state.aggregate or table.about != "cells":
        table = named(table)
    return replace(table, warnings=(*table.warnings, *problems, *unknown))


def transposed(table: ComparisonTable) -> ComparisonTable:
    """Rows as columns: the first column names what each line is about, simulated rows keep their mark in the head."""
    columns = [ColumnSpec(row.key, f"{row.code} (simulated)" if row.simulated else row.code) for row in table.rows]
    lines = tuple(
        TableRow(
            row_id=None,
            subject_id=None,
            code=spec.label,
            key=spec.key,
            cells={_ROWS_HEAD.key: TableCell(spec.label)} | {row.key: row.cells[spec.key] for row in table.rows},
            simulated=bool(table.rows) and all(row.simulated for row in table.rows),
        )
        for spec in table.columns
        if spec.key != NAME
    )
    warnings = (*table.warnings, *(f"{row.code}: {text}" for row in table.rows for text in row.warnings))
    return replace(table, columns=(_ROWS_HEAD, *columns), rows=lines, warnings=warnings)


def _chosen(table: ComparisonTable, state: TableState) -> tuple[ComparisonTable, list[str]]:
    """The rows that are named, and what was named and is not there."""
    known = {row.key for row in table.rows}
    named = dict.fromkeys((*state.rows, *state.pin))
    problems = [f"There is no row {name}." for name in named if name not in known]
    keys = {spec.key for spec in table.columns}
    for what, asked in (("order by", state.sort.removeprefix("-")), ("group by", state.group)):
        if asked and asked not in keys:
            problems.append(f"There is no column {asked} to {what}.")
    rows = tuple(row for row in table.rows if row.key in state.rows) if state.rows else table.rows
    return replace(table, rows=rows), problems


def _grouped(table: ComparisonTable, state: TableState) -> ComparisonTable:
    if state.group not in {spec.key for spec in table.columns}:
        return table
    return replace(table, rows=tuple(replace(row, group=row.cells[state.group].text or "–") for row in table.rows))


def _ordered(table: ComparisonTable, state: TableState) -> ComparisonTable:
    """Sorted within groups, groups in the order in which they occur, pinned rows before all."""
    rows = list(table.rows)
    key = state.sort.removeprefix("-")
    if key in {spec.key for spec in table.columns}:
        rows = _ranked(rows, key, down=state.sort.startswith("-"), with_simulated=state.simulated)
    places = {group: place for place, group in enumerate(dict.fromkeys(row.group for row in rows))}
    rows.sort(key=lambda row: (row.key not in state.pin, places[row.group]))
    return replace(table, rows=tuple(replace(row, pinned=row.key in state.pin) for row in rows))


def _ranked(rows: list[TableRow], key: str, *, down: bool, with_simulated: bool) -> list[TableRow]:
    """Numbers in order, then texts in theirs, then what is unknown; simulated rows are not ranked unless asked."""

    def _place(row: TableRow) -> tuple[bool, int, float, str]:
        cell = row.cells[key]
        kind = 0 if cell.value is not None else 1 if cell.text else 2
        number = 0.0 if cell.value is None else (-cell.value if down else cell.value)
        return row.simulated and not with_simulated, kind, number, ""

    def _word(row: TableRow) -> str:
        return row.cells[key].text.casefold() if row.cells[key].value is None else ""

    return sorted(sorted(rows, key=_word, reverse=down), key=_place)


def _held_against(table: ComparisonTable, state: TableState) -> tuple[ComparisonTable, list[str]]:
    """Each number with its deviation from the baseline's."""
    if not state.baseline:
        return table, []
    base = next((row for row in table.rows if row.key == state.baseline), None)
    if base is None:
        return table, [f"There is no row {state.baseline} to hold the others against."]
    if base.simulated and not state.simulated:
        return table, [f"{base.code} is simulated; nothing is held against it unless simulated rows count."]
    rows = tuple(
        replace(row, is_baseline=True) if row.key == base.key else _deviating(row, base, with_simulated=state.simulated)
        for row in table.rows
    )
    return replace(table, rows=rows, baseline=base.code), []


def _deviating(row: TableRow, base: TableRow, *, with_simulated: bool) -> TableRow:
    if row.simulated and not with_simulated:
        return row
    cells = {}
    for key, cell in row.cells.items():
        zero = base.cells[key]
        comparable = cell.value is not None and zero.value is not None and cell.unit == zero.unit
        cells[key] = replace(cell, deviation=cell.value - zero.value) if comparable else cell  # type: ignore[operator]
    return replace(row, cells=cells)


def _only_what_differs(table: ComparisonTable) -> ComparisonTable:
    """Columns in which rows differ; the others as a sentence of the caption."""
    if len(table.rows) < 2:
        return table
    same: Callable[[ColumnSpec], bool] = lambda spec: len({row.cells[spec.key].text for row in table.rows}) == 1  # noqa: E731
    constant = [spec for spec in table.columns if same(spec)]
    kept = tuple(spec for spec in table.columns if spec not in constant)
    if not kept:
        return table
    told = _constants(table.rows[0], constant)
    caption = " ".join(filter(None, (table.caption, f"Same for all: {told}." if told else "")))
    return replace(table, columns=kept, caption=caption, folded=tuple(constant))


def named(table: ComparisonTable) -> ComparisonTable:
    """With what rows are called in front, where no column tells them apart by name."""
    naming = (NAME, *_NAMING[table.about])
    if any(spec.key in naming for spec in table.columns):
        return table
    label, model = _KINDS[table.about]
    rows = tuple(replace(row, cells={NAME: _name(row, model)} | row.cells) for row in table.rows)
    return replace(table, columns=(ColumnSpec(NAME, label), *table.columns), rows=rows)


def _name(row: TableRow, model: str) -> TableCell:
    key = row.measurement_id if model == "measurements.measurement" else row.subject_id
    if key is None:
        return TableCell(row.code)
    return TableCell(row.code, origin=Origin("record", model, key, row.code, row.simulated))


def _constants(row: TableRow, columns: Sequence[ColumnSpec]) -> str:
    return "; ".join(f"{spec.label} {row.cells[spec.key].text}" for spec in columns if row.cells[spec.key].text)
