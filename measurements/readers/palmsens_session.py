"""Reader for PalmSens sessions (`.pssession`): the JSON, in UTF-16 as a rule, that PSTrace writes.

Each array of a session states its kind and its unit; prefix and sign are read from there, and what states none that is
known is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.bdf_terms import CURRENT, FREQUENCY, IMAGINARY, REAL, TIME, VOLTAGE
from measurements.readers.records import records, unique_names
from measurements.readers.spectra import Sweep, as_number, head_text, reading_of, text_of

_MARK = "PalmSens.DataFiles.SessionFile"
_LARGEST = 64 << 20
_FIRST, _LAST = datetime(1990, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - the file states no zone

# PalmSens' number of a kind of array -> our column.
_KINDS: Mapping[int, str] = {0: TIME, 1: VOLTAGE, 2: CURRENT, 5: FREQUENCY, 7: REAL, 8: IMAGINARY}
# Our column -> name of PalmSens' unit -> symbols that may stand beside it, and the factor to our unit.
_UNITS: Mapping[str, Mapping[str, tuple[tuple[str, ...], float]]] = {
    TIME: {"Time": (("s",), 1.0)},
    VOLTAGE: {"Volt": (("V",), 1.0)},
    # A current in MicroAmpere has the symbol A of its quantity; its numbers are µA all the same.
    CURRENT: {"MicroAmpere": (("A", "µA", "uA"), 1e-6), "Ampere": (("A",), 1.0)},
    FREQUENCY: {"Hertz": (("Hz",), 1.0)},
    REAL: {"ZRe": (("\u03a9", "ohm"), 1.0), "Ohm": (("\u03a9", "ohm"), 1.0)},
    IMAGINARY: {"ZIm": (("\u03a9", "ohm"), 1.0)},
}
# PSTrace's key of a technique -> ours.
_TECHNIQUES: Mapping[str, str] = {"cv": "cv", "fcv": "cv", "lsv": "lsv", "ad": "ca", "pot": "cp", "ocp": "ocv"}


@dataclass(frozen=True, eq=False)
class _Column:
    """One array: PalmSens' number of its kind, its description, its unit (name, symbol, quantity) and its values."""

    kind: int
    name: str
    unit: tuple[str, str, str]
    values: Array

    @property
    def label(self) -> str:
        """Description, quantity and unit, for the native column."""
        return " ".join(dict.fromkeys(text for text in (self.name, *self.unit[:0:-1]) if text))

    def as_column(self, column: str) -> Array:
        """The values in our unit and with our sign."""
        kind, symbol, quantity = self.unit
        known = _UNITS[column]
        if kind not in known or symbol.replace("\u2126", "\u03a9") not in known[kind][0]:
            meant = " or ".join(known)
            raise UnreadableFile(f"{self.name or column} is in {kind or 'no unit'} ({symbol}), not in {meant}")
        factor = known[kind][1]
        if column == IMAGINARY:
            if quantity.lstrip("-−") != "Z''":
                raise UnreadableFile(
                    f"{self.name or column} is called {quantity!r}, which tells no sign; it should be Z'' or -Z''"
                )
            factor = -factor if quantity != "Z''" else factor
        return self.values * factor


def score(source: Source) -> Match:
    """The type that a session states of itself."""
    text = head_text(source)[:4096]
    if text.lstrip("\ufeff \t\r\n").startswith("{") and _MARK.lower() in text.lower():
        return Match(1.0, f"JSON of the type {_MARK}")
    return NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads a session: all its impedances as table `spectrum`, or one measurement over time as table `records`.

    Anodic current is positive: it charges a positive electrode against lithium.

    Args:
        source: The file.
        options: `measurement`: number of the one to read, from 1, where the session holds several.

    Raises:
        UnreadableFile: The JSON is cut off, holds several measurements that are not all impedances, or an array
            states no unit that is known.
    """
    session = _session(source)
    held = [entry for entry in _items(session.get("measurements")) if isinstance(entry, dict)]
    if not held:
        raise UnreadableFile("the session holds no measurement; save it again in PSTrace with the measurement open")
    chosen = _chosen(held, options)
    metadata = _metadata(session, chosen[0])
    if all(map(_is_impedance, chosen)):
        sweeps = [_sweep(columns) for entry in chosen for columns in _impedances(entry)]
        return reading_of(sweeps, metadata, (), "the session")
    if len(chosen) > 1:
        titles = "; ".join(f"{number}: {_text(entry, 'title')}" for number, entry in enumerate(chosen, start=1))
        raise UnreadableFile(
            f"the session holds {len(chosen)} measurements ({titles[:300]}), which are no one test; save each in a "
            "session of its own, or name one with the option measurement"
        )
    return _over_time(chosen[0], metadata)


def _session(source: Source) -> dict[str, Any]:
    """The whole session, keys in lower case: newer versions write them with a capital."""
    if source.size > _LARGEST:
        raise UnreadableFile(f"{source.size >> 20} MiB are too many for a session; at most {_LARGEST >> 20} are read")
    text = text_of(source).strip("\ufeff\0 \t\n")
    try:
        found = json.loads(text, object_pairs_hook=lambda pairs: {key.lower(): value for key, value in pairs})
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(
            f"the session is damaged or cut off ({str(error)[:120]}); save or copy it again from PSTrace"
        ) from error
    if not isinstance(found, dict):
        raise UnreadableFile("the file is JSON, but no session of PSTrace")
    return found


def _chosen(held: list[dict[str, Any]], options: Mapping[str, str]) -> list[dict[str, Any]]:
    wanted = options.get("measurement", "").strip()
    if not wanted:
        return held
    if not (wanted.isdecimal() and len(wanted) < 9 and 1 <= int(wanted) <= len(held)):
        raise UnreadableFile(f"measurement={wanted[:20]} is not a number from 1 to {len(held)}")
    return [held[int(wanted) - 1]]


def _columns(dataset: object) -> list[_Column]:
    """The arrays of a data set that hold numbers."""
    found = []
    for entry in _items(dataset.get("values") if isinstance(dataset, dict) else None):
        values = _items(entry.get("datavalues")) if isinstance(entry, dict) else []
        if not values or not isinstance(entry.get("arraytype"), int):
            continue
        unit = entry.get("unit") if isinstance(entry.get("unit"), dict) else {}
        kind, symbol, quantity = (_text(unit, key) for key in ("type", "s", "q"))
        numbers = np.array([_number(value) for value in values], dtype=np.float64)
        found.append(
            _Column(
                entry["arraytype"], _text(entry, "description"), (kind.rpartition(".")[2], symbol, quantity), numbers
            )
        )
    return found


def _number(value: object) -> float:
    """A value as `{"v": 1.5}`; what is no number is NaN, as JSON writes it in quotes."""
    plain = value.get("v") if isinstance(value, dict) else value
    if isinstance(plain, str):
        return as_number(plain)
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        return float("nan")
    try:
        return float(plain)
    except OverflowError:
        return float("inf")


def _is_impedance(entry: Mapping[str, Any]) -> bool:
    return bool(_items(entry.get("eisdatalist"))) or {5, 7, 8} <= {c.kind for c in _columns(entry.get("dataset"))}


def _impedances(entry: Mapping[str, Any]) -> list[list[_Column]]:
    """The arrays of each channel or scan of an impedance measurement."""
    listed = [_columns(part.get("dataset")) for part in _items(entry.get("eisdatalist")) if isinstance(part, dict)]
    return [columns for columns in listed if columns] or [_columns(entry.get("dataset"))]


def _sweep(columns: Sequence[_Column]) -> Sweep:
    found = {}
    for number in (5, 7, 8):
        column = _KINDS[number]
        array = next((one for one in columns if one.kind == number), None)
        if array is None:
            raise UnreadableFile(f"an impedance measurement of the session lacks {column}")
        found[column] = array.as_column(column)
    length = len(found[FREQUENCY])
    if any(len(values) != length for values in found.values()):
        raise UnreadableFile("frequencies and impedances of the session are not equally many; the file is damaged")
    others = [one for one in columns if len(one.values) == length]
    names = unique_names([one.label for one in others])
    raw = {name: one.values for name, one in zip(names, others, strict=True)}
    return Sweep(found[FREQUENCY], found[REAL], found[IMAGINARY], raw)


def _over_time(entry: Mapping[str, Any], metadata: dict[str, Any]) -> Reading:
    """One measurement whose potential is recorded over time, its scans one after another."""
    columns = _columns(entry.get("dataset"))
    channels = {found[0] for one in columns if (found := re.search(r"channel\s*\d+", one.name, re.IGNORECASE))}
    if len(channels) > 1:
        raise UnreadableFile(
            f"the measurement holds {len(channels)} channels ({', '.join(sorted(channels)[:9])}), which are several "
            "cells; save each in a session of its own"
        )
    potentials = [one for one in columns if one.kind == 1]
    times = [one for one in columns if one.kind == 0]
    if not potentials or not times:
        lacking = "potential" if times else "time"
        raise UnreadableFile(
            f"the measurement {_text(entry, 'title')!r} holds no {lacking} over time; export it as text in PSTrace"
        )
    lengths = [len(one.values) for one in potentials]
    made = {
        TIME: np.concatenate([one.as_column(TIME) for one in (times if len(times) == len(potentials) else times[:1])]),
        VOLTAGE: np.concatenate([one.as_column(VOLTAGE) for one in potentials]),
    }
    currents = [one for one in columns if one.kind == 2]
    if len(currents) == len(potentials):
        made[CURRENT] = np.concatenate([one.as_column(CURRENT) for one in currents])
    elif currents:
        raise UnreadableFile(
            f"{len(potentials)} potentials and {len(currents)} currents cannot be told to belong together"
        )
    if len({len(values) for values in made.values()}) > 1:
        told = ", ".join(f"{len(values)} of {name}" for name, values in made.items())
        raise UnreadableFile(
            f"the arrays of the measurement are not equally long ({told}); export it as text in PSTrace"
        )
    if len(lengths) > 1:
        made["cycle_count"] = np.repeat(np.arange(1, len(lengths) + 1, dtype=np.int32), lengths)
    others = [one for one in columns if one.kind not in _KINDS and len(one.values) == len(made[TIME])]
    names = unique_names([one.label for one in others])
    table, notes = records(made, {name: one.values for name, one in zip(names, others, strict=True)})
    stated = _TECHNIQUES.get(str(metadata.get("method_id")), "mixed")
    technique = stated if CURRENT in made or stated == "ocv" else "ocv"
    return Reading((table,), technique, metadata, tuple(notes))


def _metadata(session: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"instrument": "PalmSens"}
    stated = {
        "title": _text(entry, "title"),
        "serial_number": _text(entry, "deviceserial"),
        "firmware": _text(entry, "devicefw"),
        "software": _text(session, "coreversion"),
    }
    made |= {key: text for key, text in stated.items() if text}
    method = re.search(r"^METHOD_ID=(\w+)", _text(entry, "method"), re.MULTILINE)
    if method is not None:
        made["method_id"] = method[1].lower()
    ticks = entry.get("timestamp")
    # Tenths of a microsecond since the year 1, by the clock of the computer.
    if isinstance(ticks, int) and not isinstance(ticks, bool) and 0 < ticks < 10**18:
        began = datetime(1, 1, 1) + timedelta(microseconds=ticks // 10)  # noqa: DTZ001 - the file states no zone
        if _FIRST <= began < _LAST:
            made["started_at"] = began.isoformat(timespec="seconds")
    return made


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip()[:2000] if isinstance(value, str) else ""


READER = Reader(
    name="palmsens_session",
    version="1",
    format="palmsens-session",
    label="PalmSens session (.pssession)",
    extensions=(".pssession",),
    techniques=("eis", "cv", "lsv", "ca", "cp", "ocv", "mixed"),
    score=score,
    read=read,
)
