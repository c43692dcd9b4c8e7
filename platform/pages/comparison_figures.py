"""Figures of a comparison: two columns against each other, bars, and the curves of its rows laid over one another.

Curves come from the stored tables of runs, so each cell is drawn by its own mass; what has another unit is left out and
said. Rows are told apart by colour, by dash and by panels, each by the values of a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis_tasks.models import Artifact
from comparisons.state import TableState, parts_of
from comparisons.table import ColumnSpec, ComparisonTable, TableRow
from measurements.store import load_table
from pages.figure_shape import Figure, Series
from pages.figures import KINDS, Kind

Curves = Mapping[str, Artifact]
_DISCHARGE = 1


@dataclass(frozen=True)
class _Look:
    """Colours and dashes of rows, counted over the whole table, so that they mean the same in every panel."""

    colours: Mapping[str, int]
    dashes: Mapping[str, int]


def panels_of(table: ComparisonTable, state: TableState) -> list[str]:
    """Headings of the panels, one for each value of the column that divides the figure; one without any."""
    if not _has(table, state.facet):
        return [""]
    return list(dict.fromkeys(row.cells[state.facet].text or "–" for row in table.rows))


def figure_of(table: ComparisonTable, state: TableState, curves: Curves, panel: int = 0) -> Figure:
    """One panel of the figure that a state asks for.

    Args:
        table: The table as it is looked at; its rows are drawn.
        state: Which figure, of which columns, coloured, dashed and divided by which.
        curves: The table behind each row's curve, by the row's key.
        panel: Which panel, counted from 0.

    Raises:
        ValueError: There is no such panel, or a column that it needs is missing or holds no numbers.
    """
    headings = panels_of(table, state)
    if panel >= len(headings):
        raise ValueError(f"panel: there are {len(headings)}, counted from 0.")
    look = _Look(_places(table.rows, state.colour), _places(table.rows, state.dash) if state.dash else {})
    heading = headings[panel]
    rows = [row for row in table.rows if not heading or (row.cells[state.facet].text or "–") == heading]
    part = replace(table, rows=tuple(rows))
    if state.figure == "scatter":
        drawn = _scatter(part, state, look)
    elif state.figure == "bars":
        drawn = _bars(part, state, look)
    else:
        drawn = _overlay(part, state, look, curves)
    return replace(drawn, title=heading or drawn.title)


def figures_of(table: ComparisonTable, state: TableState, curves: Curves) -> list[Figure]:
    """All panels in which there is something to draw.

    Raises:
        ValueError: There is nothing in any of them; the message says why.
    """
    drawn, wrong = [], ""
    for panel in range(len(panels_of(table, state))):
        try:
            drawn.append(figure_of(table, state, curves, panel))
        except ValueError as error:
            wrong = wrong or str(error)
    if not drawn:
        raise ValueError(wrong)
    return drawn


def _scatter(table: ComparisonTable, state: TableState, look: _Look) -> Figure:
    x, y = _numeric(table, state.x, "x"), _numeric(table, state.y, "y")
    rows = [row for row in table.rows if _value(row, x) is not None and _value(row, y) is not None]
    series = [
        Series(
            _label(row),
            y.label,
            np.array([_value(row, x)], dtype=float),
            np.array([_value(row, y)], dtype=float),
            "open" if row.simulated else "dots",
            colour=look.colours[row.key],
        )
        for row in rows
    ]
    left_out = [f"{row.code} is left out: one of the two is not known." for row in table.rows if row not in rows]
    return Figure(f"{y.label} over {x.label}", x.label, x.label, y.label, series, source=table.title, notes=left_out)


def _bars(table: ComparisonTable, state: TableState, look: _Look) -> Figure:
    y = _numeric(table, state.y, "y")
    series = [
        Series(
            _label(row),
            y.label,
            np.array([place], dtype=float),
            np.array([_value(row, y)], dtype=float),
            "bar",
            colour=look.colours[row.key] if state.colour else 1,
        )
        for place, row in enumerate(table.rows, start=1)
        if _value(row, y) is not None
    ]
    names = [_label(row) for row in table.rows]
    return Figure(y.label, "", "", y.label, series, source=table.title, whole=True, names=names)


def _overlay(table: ComparisonTable, state: TableState, look: _Look, curves: Curves) -> Figure:
    """The same curves of every row."""
    kind = KINDS[state.figure]
    base: Figure | None = None
    series: list[Series] = []
    notes: list[str] = []
    for row in table.rows:
        if row.key not in curves:
            notes.append(f"{row.code} has no {kind.title.lower()} yet.")
            continue
        drawn = kind.build(load_table(curves[row.key].blob))
        base = base or drawn
        if (drawn.x, drawn.left) != (base.x, base.left):
            notes.append(f"{row.code} is left out: its axes are {drawn.x} and {drawn.left}.")
            continue
        chosen, missing = _chosen(drawn, kind, state.cycles)
        notes += [f"{row.code} has no {words}." for words in missing]
        for place, curve in enumerate(chosen):
            dash = look.dashes[row.key] - 1 if look.dashes else place
            manner: dict[str, Any] = {"colour": look.colours[row.key], "dash": dash, "choice": None, "axis": "left"}
            series += [replace(one, label=f"{_label(row)}, {one.label}", **manner) for one in curve]
    if base is None:
        raise ValueError(f"figure: no row has {kind.title.lower()} yet.")
    return replace(base, series=series, right="", shown=[], source=table.title, notes=notes)


def _chosen(drawn: Figure, kind: Kind, cycles: str) -> tuple[list[list[Series]], list[str]]:
    """The curves of a row that are asked for, in order, each with its branches; and what it does not have."""
    if kind.key == "cycles":
        return [drawn.series[_DISCHARGE : _DISCHARGE + 1]], []
    curves, noun = (_spectra(drawn), "spectrum") if kind.key == "nyquist" else (_cycles(drawn), "cycle")
    found: dict[int, list[Series]] = {}
    missing = []
    for part in parts_of(cycles) or ["first"]:
        number = _number(part, curves, kind)
        if number in curves:
            found[number] = curves[number]
        else:
            missing.append(f"{noun} {part}")
    return list(found.values()), missing


def _number(part: str, curves: Mapping[int, list[Series]], kind: Kind) -> int:
    """The number of the curve that a word or a number asks for; 0 where there is none."""
    if part.isdigit():
        return int(part)
    if not curves or (part == "best" and kind.key == "nyquist"):
        return 0
    if part == "best":
        return max(curves, key=lambda number: _discharged(curves[number], kind))
    return min(curves) if part == "first" else max(curves)


def _cycles(drawn: Figure) -> dict[int, list[Series]]:
    found: dict[int, list[Series]] = {}
    for one in drawn.series:
        found.setdefault(one.choice or 0, []).append(one)
    return found


def _spectra(drawn: Figure) -> dict[int, list[Series]]:
    """Measured and fitted points of each spectrum, counted from 1."""
    pairs = [drawn.series[at : at + 2] for at in range(0, len(drawn.series), 2)]
    return dict(enumerate(pairs, start=1))


def _discharged(branches: Sequence[Series], kind: Kind) -> float:
    """Capacity of the discharge: the largest of a curve, the area under a differential one."""
    for one in branches:
        if one.label.endswith("discharge") and len(one.x):
            area = kind.key == "differential"
            return float(abs(np.trapezoid(np.nan_to_num(one.y), one.x)) if area else np.nanmax(one.x))
    return 0.0


def _has(table: ComparisonTable, key: str) -> bool:
    return any(spec.key == key for spec in (*table.columns, *table.folded))


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
    return f"{row.code} (simulated)" if row.simulated else row.code
