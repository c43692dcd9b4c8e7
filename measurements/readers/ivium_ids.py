"""Reader for Ivium data files (`.idf`, `.ids`): a few binary bytes, settings as text, and blocks of `primary_data`.

Each block of three columns of a method `Impedance` (Z', Z'', frequency) is a spectrum; of a transient or a mixed mode
it is time, current and potential. Columns of other methods are not described anywhere and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.bdf_terms import CURRENT, TIME, VOLTAGE
from measurements.readers.records import records, technique_of
from measurements.readers.spectra import Sweep, as_number, is_number, reading_of, started_at

_DATA = "primary_data"
_METHOD = re.compile(r"^Method=(.*)$")
_METHOD_LINE = re.compile(r"^Method=(.*?)\s*$", re.MULTILINE)
_IMPEDANCE = "Impedance"
_TIMED = re.compile(r"transients?|mixed ?mode|chrono ?(amperometry|potentiometry)", re.IGNORECASE)
_TECHNIQUES = {"chronoamperometry": "ca", "chronopotentiometry": "cp"}
_BEGINNING = bytes(16)
_COLUMNS = 3
_SETTINGS = {"Technique": "technique_text", "Title": "title", "serialnumber": "serial_number", "software": "software"}
_LARGEST = 256 << 20


@dataclass(frozen=True)
class _Block:
    """One block of data: its method, the announced number of rows, and the rows that are there."""

    method: str
    announced: int
    rows: list[list[str]]


def score(source: Source) -> Match:
    """Certain by a method and a block of data in Ivium's words."""
    marked = b"Corrosion=" in source.head[:4096] or (
        source.head.startswith(_BEGINNING) and b"Version=" in source.head[:64]
    )
    if not marked or b"Method=" not in source.head:
        return NO_MATCH
    found = re.search(rb"Method=([ -~]*)", source.head)
    method = found[1].decode("ascii").strip() if found else ""
    if _is_known(method) or b"Method=Impedance" in source.head:
        return Match(1.0, f"Ivium settings with Method={method}")
    return Match(0.6, "Ivium settings")


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an Ivium file: table `spectrum` of its impedances, or table `records` of its one measurement over time.

    Anodic current is positive: it charges a positive electrode against lithium.

    Raises:
        UnreadableFile: The method is neither impedance nor transient nor mixed mode, no block of data follows, or
            several measurements over time are in one file.
    """
    del options
    if source.size > _LARGEST:
        raise UnreadableFile(f"{source.size >> 20} MiB are too many for an Ivium file")
    # The bytes between the texts are no characters; Latin-1 keeps every one of them.
    text = source.path.read_bytes().decode("latin-1")
    lines = [line.strip("\0 \t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    found = [block for block in _blocks(lines) if block.rows]
    sweeps = [block for block in found if block.method == _IMPEDANCE]
    series = [block for block in found if block.method != _IMPEDANCE]
    if not found:
        methods = ", ".join(dict.fromkeys(_METHOD_LINE.findall("\n".join(lines)))) or "none"
        raise UnreadableFile(
            f"no {_DATA} of an impedance, a transient or a mixed mode was found; the file holds the methods {methods}; "
            "export it as text in IviumSoft"
        )
    if not sweeps and len(series) > 1:
        raise UnreadableFile(
            f"the file holds {len(series)} measurements over time, which are no one test; save each as its own file"
        )
    announced = sum(block.announced for block in sweeps or series)
    there = sum(len(block.rows) for block in sweeps or series)
    warnings = [f"truncated: {announced} points are announced, {there} are there"] if announced > there else []
    if not sweeps:
        return _over_time(series[0], _metadata(lines), warnings)
    if series:
        warnings.append(f"{len(series)} measurements over time in the same file are left out; save them on their own")
    return reading_of([_sweep(block.rows) for block in sweeps], _metadata(lines), warnings, _DATA)


def _blocks(lines: list[str]) -> list[_Block]:
    """Every block of three columns whose method is known."""
    found = []
    method = ""
    for place, line in enumerate(lines):
        named = _METHOD.match(line)
        if named:
            method = named[1].strip()
        elif line == _DATA and _is_known(method):
            columns, count, rows = _block(lines, place + 1)
            if columns == _COLUMNS:
                found.append(_Block(method, count, rows))
    return found


def _is_known(method: str) -> bool:
    return method == _IMPEDANCE or _TIMED.fullmatch(method) is not None


def _block(lines: list[str], start: int) -> tuple[int, int, list[list[str]]]:
    """Number of columns, announced number of rows, and the rows that are there."""
    if len(lines) < start + 2 or not (lines[start].isdecimal() and lines[start + 1].isdecimal()):
        return 0, 0, []
    columns, count = int(lines[start][:4]), int(lines[start + 1][:9])
    rows = []
    for place in range(start + 2, min(start + 2 + count, len(lines))):
        cells = lines[place].replace(",", ".").split()
        if len(cells) != columns or not all(map(is_number, cells)):
            break
        rows.append(cells)
    return columns, count, rows


def _sweep(rows: list[list[str]]) -> Sweep:
    real, imaginary, frequency = np.array([[as_number(cell) for cell in row] for row in rows], dtype=np.float64).T
    return Sweep(frequency, real, imaginary)


def _over_time(block: _Block, metadata: dict[str, Any], warnings: list[str]) -> Reading:
    time, current, potential = np.array([[as_number(cell) for cell in row] for row in block.rows], dtype=np.float64).T
    columns = {TIME: time, VOLTAGE: potential, CURRENT: current}
    table, notes = records(columns)
    technique = _TECHNIQUES.get("".join(str(metadata.get("technique_text", "")).lower().split()))
    return Reading((table,), technique_of(columns, technique), metadata, tuple(warnings + notes))


def _metadata(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines[:2000]:
        key, mark, value = (part.strip() for part in line.partition("="))
        if mark and value and key in _SETTINGS:
            found.setdefault(_SETTINGS[key], value)
        elif mark and value and key == "starttime" and "started_at" not in found:
            day, _, clock = value.partition(" ")
            found |= started_at(day, clock)
    return found


READER = Reader(
    name="ivium_ids",
    version="2",
    format="ivium-ids",
    label="Ivium data (.idf, .ids)",
    extensions=(".idf", ".ids"),
    techniques=("eis", "cycling", "ca", "cp", "ocv"),
    score=score,
    read=read,
)
