"""Figures of a comparison: two columns against each other, bars, and the curves of its rows laid over one another.

Curves come from the stored tables of current runs, so each cell is drawn by its own mass; what has another unit is left
out and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

from analysis_tasks.models import Artifact, Slot
from comparisons.state import TableState
from comparisons.table import ColumnSpec, ComparisonTable, TableRow
from measurements.store import load_table
from pages.figure_shape import Figure, Series
from pages.figures import KINDS, Kind

_DISCHARGE = 1


def figure_of(table: ComparisonTable, state: TableState, tests: dict[str, UUID]) -> Figure:
    """The figure that a state asks for.

    Args:
        table: The table as it is looked at; its rows are drawn.
        state: Which figure, of which columns, coloured and dashed by which.
        tests: The test of each row, by the row's key.

    Raises:
        ValueError: A column that it needs is missing or holds no numbers; the message says which.
    """
    if state.figure == "scatter":
        return _scatter(table, state)
    if state.figure == "bars":
        return _bars(table, state)
    return _overlay(table, state, KINDS[state.figure], tests)


def _scatter(table: ComparisonTable, state: TableState) -> Figure:
    x, y = _numeric(table, state.x, "x"), _numeric(table, state.y, "y")
    rows = [row for row in table.rows if _value(row, x) is not None and _value(row, y) is not None]
    colours = _places(table.rows, state.colour)
    series = [
        Series(
            _label(row),
            y.label,
            np.array([_value(row, x)], dtype=float),
            np.array([_value(row, y)], dtype=float),
            "open" if row.simulated else "dots",
            colour=colours[row.key],
        )
        for row in rows
    ]
    left_out = [f"{row.cell_code} is left out: one of the two is not known." for row in table.rows if row not in rows]
    return Figure(f"{y.label} over {x.label}", x.label, x.label, y.label, series, source=table.title, notes=left_out)


def _bars(table: ComparisonTable, state: TableState) -> Figure:
    y = _numeric(table, state.y, "y")
    colours = _places(table.rows, state.colour) if state.colour else dict.fromkeys((row.key for row in table.rows), 1)
    series = [
        Series(
            _label(row),
            y.label,
            np.array([place], dtype=float),
            np.array([_value(row, y)], dtype=float),
            "bar",
            colour=colours[row.key],
        )
        for place, row in enumerate(table.rows, start=1)
        if _value(row, y) is not None
    ]
    names = [_label(row) for row in table.rows]
    return Figure(y.label, "", "", y.label, series, source=table.title, whole=True, names=names)


def _overlay(table: ComparisonTable, state: TableState, kind: Kind, tests: dict[str, UUID]) -> Figure:
    """The same curve of every row, by one query for all of them."""
    stored = _artifacts(table.rows, kind)
    colours, dashes = _places(table.rows, state.colour), _places(table.rows, state.dash) if state.dash else {}
    base: Figure | None = None
    series: list[Series] = []
    notes: list[str] = []
    for row in table.rows:
        artifact = _artifact_of(row, stored, tests)
        if artifact is None:
            notes.append(f"{row.cell_code} has no {kind.title.lower()} yet.")
            continue
        drawn = kind.build(load_table(artifact.blob))
        base = base or drawn
        if (drawn.x, drawn.left) != (base.x, base.left):
            notes.append(f"{row.cell_code} is left out: its axes are {drawn.x} and {drawn.left}.")
            continue
        look: dict[str, Any] = {
            "colour": colours[row.key],
            "dash": dashes.get(row.key, 1) - 1,
            "choice": None,
            "axis": "left",
        }
        series += [replace(one, label=f"{_label(row)}, {one.label}", **look) for one in _first(drawn, kind)]
    if base is None:
        raise ValueError(f"figure: no row has {kind.title.lower()} yet.")
    return replace(base, series=series, right="", shown=[], source=table.title, notes=notes)


def _first(figure: Figure, kind: Kind) -> Iterable[Series]:
    """What stands for a cell: its first cycle, its discharge capacities, its first spectrum."""
    if kind.key == "cycles":
        return figure.series[_DISCHARGE : _DISCHARGE + 1]
    if figure.shown:
        return [one for one in figure.series if one.choice == figure.shown[0]]
    return figure.series[:1]


def _artifacts(rows: Sequence[TableRow], kind: Kind) -> list[Artifact]:
    """Tables of current runs on the cells of these rows, the newest measurement last."""
    cells = [key for row in rows for key in row.behind]
    current = Slot.objects.filter(measurement__sample__in=cells, kernel=kind.kernel, preset="default")
    found = Artifact.objects.filter(run__in=current.values("current_run"), name=kind.table, rows__gt=0)
    return list(found.select_related("blob", "run__measurement").order_by("run__measurement__created_at"))


def _artifact_of(row: TableRow, stored: Sequence[Artifact], tests: dict[str, UUID]) -> Artifact | None:
    """That of the row's own test, else of the cell's latest measurement; none of a group of cells."""
    if row.cell_id is None:
        return None
    own = [one for one in stored if one.run.measurement_id == tests.get(row.key)]
    others = [one for one in stored if one.run.measurement.sample_id == row.cell_id]
    return own[-1] if own else others[-1] if others else None


def _places(rows: Sequence[TableRow], key: str) -> dict[str, int]:
    """Numbers from 1 for the values of a column; one for each row where there is no such column."""
    values: dict[str, Any] = {row.key: row.cells[key].text if key in row.cells else row.key for row in rows}
    order = {value: place for place, value in enumerate(dict.fromkeys(values.values()), start=1)}
    return {row: order[value] for row, value in values.items()}


def _numeric(table: ComparisonTable, key: str, name: str) -> ColumnSpec:
    found = next((spec for spec in (*table.columns, *table.folded) if spec.key == key), None)
    if found is None:
        raise ValueError(f"{name}: choose a column of the table.")
    if all(row.cells[key].value is None for row in table.rows):
        raise ValueError(f"{name}: {found.label} holds no numbers.")
    return found


def _value(row: TableRow, spec: ColumnSpec) -> float | None:
    return row.cells[spec.key].value


def _label(row: TableRow) -> str:
    return f"{row.cell_code} (simulated)" if row.simulated else row.cell_code
