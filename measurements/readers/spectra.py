"""The `spectrum` table of an impedance file: signed parts, modulus and phase, and one number for each sweep.

Every impedance reader ends here, so that points without a frequency are dropped and sweeps kept apart alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from core.tables import Array, Column, Table
from measurements.readers.base import Reading, Source, UnreadableFile
from measurements.readers.bdf_terms import FREQUENCY, IMAGINARY, REAL, TERMS
from measurements.readers.delimited import encoding_of
from measurements.readers.records import RAW
from measurements.readers.sweeps import sweep_numbers

SPECTRUM_INDEX = "spectrum_index"
MODULUS, PHASE = "absolute_impedance_ohm", "phase_degree"

_LARGEST = 256 << 20  # bytes; an impedance file is thousands of times smaller
_LEAST_SWEEP = 4  # points on average; shorter ones are single points in no order, not sweeps
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_NAMED_MONTH = re.compile(r"([A-Z][a-z]{2})[a-z]*\.? (\d{1,2}), (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AP]M)?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Points that a file keeps together.

    Attributes:
        frequency: In Hz.
        real: Real part of the impedance in ohm.
        imaginary: Imaginary part in ohm, signed: negative where the cell is capacitive.
        raw: The file's own columns by their own names, the used ones included.
    """

    frequency: Array
    real: Array
    imaginary: Array
    raw: Mapping[str, Array] = field(default_factory=dict)


def text_of(source: Source) -> str:
    """The whole file as text with line feeds.

    Raises:
        UnreadableFile: It is no text, or far too large for impedances.
    """
    if source.size > _LARGEST:
        raise UnreadableFile(f"{source.size >> 20} MiB are too many for an impedance file; export the spectra only")
    encoding = encoding_of(source.head)
    if encoding is None:
        raise UnreadableFile("the file holds binary data where the text of an impedance export is meant")
    text = source.path.read_bytes().decode(encoding, errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def head_text(source: Source) -> str:
    """The first 64 KiB as text, empty where they are none; for the scores."""
    encoding = encoding_of(source.head)
    return "" if encoding is None else source.head.decode(encoding, errors="replace").removeprefix("\ufeff")


def as_number(text: str) -> float:
    """A number with decimal point or comma, NaN where there is none."""
    plain = text.strip().replace(",", ".")
    return float(plain.upper().replace("D", "E") if plain[-1:].isdigit() else plain) if is_number(plain) else np.nan


def is_number(text: str) -> bool:
    """Whether a text is one number with a decimal point."""
    return _NUMBER.fullmatch(text) is not None


def raw_column(texts: Sequence[str]) -> Array:
    """A native column: numbers where every cell is one or blank, else the texts."""
    values = np.array([as_number(text) for text in texts], dtype=np.float64)
    numeric = all(not text.strip() or is_number(text.strip().replace(",", ".")) for text in texts)
    return values if numeric and not np.isnan(values).all() else np.array([text.strip() for text in texts], dtype=str)


def reading_of(
    sweeps: Sequence[Sweep], metadata: Mapping[str, Any], warnings: Iterable[str] = (), what: str = "the file"
) -> Reading:
    """The reading of an impedance file.

    Points whose frequency is not above 0, or that lack a number, are dropped and counted. A sweep that turns back
    towards its beginning is several spectra.

    Raises:
        UnreadableFile: No point is left.
    """
    said = list(warnings)
    kept = [(sweep, _usable(sweep)) for sweep in sweeps]
    dropped = sum(int(np.count_nonzero(~rows)) for _, rows in kept)
    parts = [(sweep, np.flatnonzero(rows)) for sweep, rows in kept if rows.any()]
    if not parts:
        raise UnreadableFile(f"{what} holds no impedance point with a frequency above 0 Hz")
    if dropped:
        said.append(f"{dropped} rows without a frequency above 0 Hz or without an impedance are left out")
    index, number = [], 0
    for sweep, rows in parts:
        numbers = _spectra(sweep.frequency[rows])
        index.append(numbers + number)
        number += int(numbers[-1])
    if number > 1:
        said.append(f"the file holds {number} spectra; they are kept apart by {SPECTRUM_INDEX}")
    table = _table(parts, np.concatenate(index).astype(np.int32))
    return Reading((table,), "eis", {**metadata, "spectra": number}, tuple(said))


def spectrum_of(records: Table) -> tuple[Table, ...]:
    """The table `spectrum` of records that hold impedances; nothing where they hold none."""
    if not all(name in records for name in (FREQUENCY, REAL, IMAGINARY)):
        return ()
    sweep = Sweep(records[FREQUENCY].astype(float), records[REAL].astype(float), records[IMAGINARY].astype(float))
    rows = np.flatnonzero(_usable(sweep))
    if not len(rows):
        return ()
    index = _spectra(sweep.frequency[rows])
    if SPECTRUM_INDEX in records:
        stated = records[SPECTRUM_INDEX][rows]
        index = stated if stated.dtype.kind in "iu" and (stated > 0).all() else index
    return (_table([(sweep, rows)], index.astype(np.int32)),)


def started_at(date: str, time: str) -> dict[str, str]:
    """The start as metadata: ISO 8601 where day and month cannot be mistaken, else the text as it is.

    `4/23/2018` has its month first and `23.4.2018` its day; `5/11/2016` may be either and stays a text.
    """
    written = f"{date.strip()} {time.strip()}".strip()
    named = _NAMED_MONTH.search(date)
    if named and named[1] in _MONTHS:
        date = f"{named[3]}-{_MONTHS.index(named[1]) + 1}-{named[2]}"
    found, clock = _DATE.search(date), _TIME.search(time)
    if not found:
        return {"started_text": written} if written else {}
    first, second, third = (int(part) for part in found.groups())
    year, rest = (first, (second, third)) if first > 31 else (third, (first, second))
    if first > 31:
        month, day = rest
    elif "." in found[0] or rest[0] > 12 or rest[0] == rest[1]:
        day, month = rest
    elif rest[1] > 12:
        month, day = rest
    else:
        return {"started_text": written}
    try:
        moment = datetime(year, month, day, *_clock(clock))  # noqa: DTZ001 - the file states no zone
    except ValueError:
        return {"started_text": written}
    return {"started_at": moment.isoformat()}


def _clock(found: re.Match[str] | None) -> tuple[int, int, int]:
    if found is None:
        return 0, 0, 0
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        hour = hour % 12 + (12 if found[4].upper() == "PM" else 0)
    return hour, minute, second


def _usable(sweep: Sweep) -> Array:
    finite = np.isfinite(sweep.frequency) & np.isfinite(sweep.real) & np.isfinite(sweep.imaginary)
    usable: Array = finite & (np.nan_to_num(sweep.frequency) > 0)
    return usable


def _spectra(frequency: Array) -> Array:
    """Number of the spectrum of each point, from 1. Frequencies in no order at all are one spectrum."""
    numbers = sweep_numbers(frequency)
    return numbers if len(frequency) >= _LEAST_SWEEP * numbers[-1] else np.ones_like(numbers)


def _table(parts: Sequence[tuple[Sweep, Array]], index: Array) -> Table:
    values = {
        FREQUENCY: np.concatenate([sweep.frequency[rows] for sweep, rows in parts]),
        REAL: np.concatenate([sweep.real[rows] for sweep, rows in parts]),
        IMAGINARY: np.concatenate([sweep.imaginary[rows] for sweep, rows in parts]),
    }
    impedance = values[REAL] + 1j * values[IMAGINARY]
    values[MODULUS], values[PHASE] = np.abs(impedance), np.angle(impedance, deg=True)
    columns = [Column(SPECTRUM_INDEX, index, "", "Spectrum")]
    columns += [Column(name, array, TERMS[name].unit, TERMS[name].label) for name, array in values.items()]
    names = dict.fromkeys(name for sweep, _ in parts for name in sweep.raw)
    columns += [Column(f"{RAW}{name}", _joined(name, parts), "", name) for name in names]
    return Table("spectrum", tuple(columns))


def _joined(name: str, parts: Sequence[tuple[Sweep, Array]]) -> Array:
    """One native column over all parts; blanks where a part does not have it."""
    made = [sweep.raw[name][rows] if name in sweep.raw else np.full(len(rows), np.nan) for sweep, rows in parts]
    if any(array.dtype.kind == "U" for array in made):
        return np.concatenate([array.astype(str) for array in made])
    return np.concatenate(made)
