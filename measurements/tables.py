"""What is kept of a table beside its values: a description of each column, and a preview that opens at once.

Pure: no Django. Pages and REST show these; nobody reads a million rows to draw a thousand pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from core.canonical import content_hash
from core.downsample import minmax
from core.tables import Array, Column, Table

PREVIEW_POINTS = 2_000


def describe(table: Table) -> list[dict[str, Any]]:
    """Name, label, unit, type and the first, last, smallest, largest and mean value of each column, as JSON."""
    return [_described(column) for column in table]


def hash_of(tables: Iterable[Table]) -> str:
    """Hash of tables by their names, whatever file encoding they are kept in."""
    return content_hash("dataset", {table.name: table.sha256 for table in tables})


def preview_of(table: Table, points: int = PREVIEW_POINTS) -> Table | None:
    """The table thinned to about `points` rows that keep every peak of voltage and current; None for short tables."""
    if len(table) <= points:
        return None
    axis = next((name for name in ("test_time_second", "frequency_hertz") if name in table), None)
    x = table[axis] if axis else np.arange(len(table), dtype=float)
    shown = [name for name in ("voltage_volt", "current_ampere") if name in table]
    kept = [minmax(x, table[name].astype(float), points // max(len(shown), 1)) for name in shown]
    rows = np.unique(np.concatenate(kept)) if kept else np.linspace(0, len(table) - 1, points).astype(int)
    columns = (Column(column.name, column.values[rows], column.unit, column.label) for column in table)
    return Table(table.name, tuple(columns))


def label_of(column: Column) -> str:
    """What an axis shows: the label, or one made from the name, with the unit."""
    text = column.label or column.name.removeprefix("raw__").replace("_", " ").capitalize()
    return f"{text} / {column.unit}" if column.unit and "/" not in text else text


def _described(column: Column) -> dict[str, Any]:
    values = column.values
    described: dict[str, Any] = {
        "name": column.name,
        "label": label_of(column),
        "unit": column.unit,
        "dtype": str(values.dtype) if values.dtype.kind != "U" else "text",
    }
    described |= dict.fromkeys(("first", "last", "min", "max", "mean"))
    if len(values):
        described["first"], described["last"] = _plain(values[0]), _plain(values[-1])
    if values.dtype.kind in "fiu":
        described |= _statistics(values)
    return described


def _statistics(values: Array) -> dict[str, float | None]:
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if not len(finite):
        return {}
    return {"min": _plain(finite.min()), "max": _plain(finite.max()), "mean": float(np.mean(finite))}


def _plain(value: Any) -> Any:
    """A JSON value; NaN and infinity, which JSON lacks, become null."""
    item = value.item() if hasattr(value, "item") else value
    return None if isinstance(item, float) and not np.isfinite(item) else item
