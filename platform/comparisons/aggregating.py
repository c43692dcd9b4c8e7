"""Rows of a group as one: n, mean ± standard deviation, or the one value that a column asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, stdev

from comparisons.table import ComparisonTable, Origin, TableCell, TableRow

_SIGNIFICANT = 2
_MOST_DECIMALS = 12


def aggregated(table: ComparisonTable, how: dict[str, str], *, with_simulated: bool) -> ComparisonTable:
    """One row for each group, in the order in which groups occur; all rows are one group where there are none.

    Args:
        table: Rows know their group.
        how: How each column is aggregated, by its key: mean, first, last, min, max, n.
        with_simulated: Simulated rows count, too; else they stay rows of their own, below.
    """
    groups: dict[str, list[TableRow]] = {}
    alone: list[TableRow] = []
    for row in table.rows:
        if row.simulated and not with_simulated:
            alone.append(row)
        else:
            groups.setdefault(row.group, []).append(row)
    rows = [_one(name, members, how) for name, members in groups.items()]
    warnings = list(table.warnings)
    if alone and groups:
        warnings.append(f"{_counted(len(alone), 'simulated row')} not aggregated; ask for simulated rows to count.")
    warnings += [
        f"{name or 'The table'} aggregates reported and measured numbers."
        for name, members in groups.items()
        if len(members) > 1 and _is_mixed(members)
    ]
    return replace(table, rows=tuple(rows + alone), warnings=tuple(warnings))


def _one(name: str, members: Sequence[TableRow], how: dict[str, str]) -> TableRow:
    first = members[0]
    if len(members) == 1:
        return replace(first, members=(first.code,))
    code = f"{name} (n = {len(members)})" if name else f"n = {len(members)}"
    return TableRow(
        row_id=None,
        subject_id=None,
        code=code,
        key=name or "all",
        cells={key: _value([row.cells[key] for row in members], how.get(key, "mean")) for key in first.cells},
        simulated=any(row.simulated for row in members),
        emphasised=all(row.emphasised for row in members),
        group=name,
        members=tuple(row.code for row in members),
        behind=tuple(dict.fromkeys(key for row in members for key in row.behind)),
        warnings=tuple(dict.fromkeys(f"{row.code}: {text}" for row in members for text in row.warnings)),
        note=" ".join(dict.fromkeys(row.note for row in members if row.note)),
    )


def _value(cells: Sequence[TableCell], how: str) -> TableCell:
    known = [cell for cell in cells if cell.value is not None]
    if how == "n":
        return _of_all(cells, f"{len(known)}", float(len(known)), "1")
    if not known:
        return _text(cells)
    if how in ("first", "last"):
        return known[0 if how == "first" else -1]
    if how in ("min", "max"):
        return (min if how == "min" else max)(known, key=lambda cell: cell.value or 0.0)
    return _mean(known)


def _mean(known: Sequence[TableCell]) -> TableCell:
    """Mean ± sample standard deviation, the deviation with two significant digits."""
    values = [cell.value for cell in known if cell.value is not None]
    mean = fmean(values)
    if len(values) == 1:
        return known[0]
    spread = stdev(values)
    if spread == 0:
        return _of_all(known, known[0].text, mean, known[0].unit)
    decimals = min(max(_SIGNIFICANT - 1 - math.floor(math.log10(spread)), 0), _MOST_DECIMALS)
    return _of_all(known, f"{mean:.{decimals}f} ± {spread:.{decimals}f}", mean, known[0].unit, len(values))


def _text(cells: Sequence[TableCell]) -> TableCell:
    """Texts that are all the same, or all of them."""
    texts = list(dict.fromkeys(cell.text for cell in cells if cell.text))
    if not texts:
        return cells[0]
    first = next(cell for cell in cells if cell.text)
    return first if len(texts) == 1 else _of_all(cells, "; ".join(texts), None, first.unit)


def _of_all(cells: Sequence[TableCell], text: str, value: float | None, unit: str, count: int = 0) -> TableCell:
    """A value that comes from several; the first origin of each kind of source is kept among its parts."""
    parts: dict[Origin, None] = dict.fromkeys(cell.origin for cell in cells if cell.origin is not None)
    results = tuple(dict.fromkeys(key for cell in cells for key in cell.results))
    only = next(iter(parts)) if len(parts) == 1 else None
    note = f"n = {count}: {', '.join(cell.text for cell in cells)}." if count else ""
    return TableCell(text, value, unit, only, note, results, parts=tuple(parts))


def _is_mixed(members: Sequence[TableRow]) -> bool:
    kinds = {cell.origin.kind for row in members for cell in row.cells.values() if cell.origin and cell.results}
    return {"run", "publication"} <= kinds


def _counted(number: int, what: str) -> str:
    return f"{number} {what} is" if number == 1 else f"{number} {what}s are"
