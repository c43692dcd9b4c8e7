"""The `records` table of an electrochemistry file: columns in order, labelled, and looked over once.

Every reader of time series and spectra ends here, so that all of them say the same about missing values and
clocks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.tables import Array, Column, Table
from measurements.readers.bdf_terms import COLUMNS, CURRENT, FREQUENCY, SPECTRUM, TIME, TIME_SERIES

RAW = "raw__"

TECHNIQUES = ("cycling", "eis", "ocv", "cv", "ca", "cp", "lsv", "mixed")


def records(columns: Mapping[str, Array], raw: Mapping[str, Array] | None = None) -> tuple[Table, list[str]]:
    """The table `records` and what a person should know about it.

    Args:
        columns: Values by Battery Data Format name, in that name's unit.
        raw: Columns the format has no name for, by the file's own name; kept as `raw__<name>`.

    Returns:
        The table (time, voltage, current, frequency, impedance first) and its warnings.
    """
    first = [name for name in (*TIME_SERIES, *SPECTRUM) if name in columns]
    order = first + [name for name in columns if name not in first]
    warnings: list[str] = []
    made = []
    for name in order:
        term = COLUMNS[name]
        values = columns[name]
        if term.kind == "count":
            values, found = _whole(name, values)
            warnings += found
        made.append(Column(name, values, term.unit, term.label))
        warnings += _not_finite(name, values)
    made += [Column(f"{RAW}{name}", values) for name, values in (raw or {}).items()]
    warnings += _backwards(columns)
    return Table("records", tuple(made)), warnings


def technique_of(columns: Mapping[str, Array], stated: object = None) -> str:
    """The technique key: the stated one if it is known, else what the columns show."""
    if stated in TECHNIQUES:
        return str(stated)
    if FREQUENCY in columns:
        return "eis" if np.all(np.nan_to_num(columns[FREQUENCY]) > 0) else "mixed"
    current = columns.get(CURRENT)
    if current is None or (len(current) and not ((current > 0) | (current < 0)).any()):
        return "ocv"
    return "cycling"


def in_unit(values: Array, factor: float, offset: float = 0.0) -> Array:
    """Values times a factor plus an offset; the same array where neither changes anything."""
    if factor == 1 and offset == 0:
        return values
    with np.errstate(over="ignore"):
        converted: Array = values * factor + offset
    return converted


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Headers made unique and never empty: a blank one is `column_7`, a second `a` is `a (2)`."""
    seen: dict[str, int] = {}
    made = []
    for position, name in enumerate(names, start=1):
        text = name.strip() or f"column_{position}"
        seen[text] = seen.get(text, 0) + 1
        made.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return tuple(made)


def _whole(name: str, values: Array) -> tuple[Array, list[str]]:
    """Counts as integers, where they are whole numbers."""
    if values.dtype.kind in "iu":
        low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
        if values.dtype == np.uint32 and high < 2**31:
            return values.view(np.int32), []
        return values.astype(np.int32 if low >= -(2**31) and high < 2**31 else np.int64), []
    if values.dtype.kind != "f" or not len(values):
        return values, []
    finite = values[np.isfinite(values)]
    if np.any(finite != np.rint(finite)):
        return values, [f"{name} holds fractions, where whole numbers are meant; they are kept as they are"]
    if len(finite) < len(values) or np.abs(finite).max() >= 2**53:
        return values, []
    return _whole(name, values.astype(np.int64))


def _not_finite(name: str, values: Array) -> list[str]:
    if values.dtype.kind != "f":
        return []
    with np.errstate(invalid="ignore", over="ignore"):
        # A sum reads the column once and writes nothing; it is finite only where every value is.
        if np.isfinite(values.sum()) or np.isfinite(values).all():
            return []
    missing = int(np.isnan(values).sum())
    infinite = int(np.isinf(values).sum())
    parts = [text for count, text in ((missing, f"{missing} missing"), (infinite, f"{infinite} infinite")) if count]
    return [f"{name}: {' and '.join(parts)} of {len(values)} values; they are kept as they are"] if parts else []


def _backwards(columns: Mapping[str, Array]) -> list[str]:
    found = []
    for name in (TIME, "unix_time_second", "cycle_count"):
        values = columns.get(name)
        if values is None:
            continue
        back = np.flatnonzero(values[1:] < values[:-1])
        if back.size:
            times = "once" if back.size == 1 else f"{back.size} times"
            found.append(f"{name} goes back {times}, first after row {back[0] + 1}")
    return found
