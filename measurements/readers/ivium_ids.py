"""Reader for Ivium impedance files (`.ids`): a few binary bytes, settings as text, and blocks of `primary_data`.

Each block of three columns (Z', Z'', frequency) of a method `Impedance` is a spectrum; Z'' is written signed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.spectra import Sweep, as_number, is_number, reading_of, started_at

_DATA = "primary_data"
_METHOD = re.compile(r"^Method=(.*)$")
_SETTINGS = {"Technique": "technique_text", "Title": "title", "serialnumber": "serial_number", "software": "software"}
_LARGEST = 256 << 20


def score(source: Source) -> Match:
    """Certain by a method and a block of data in Ivium's words."""
    if b"Method=" not in source.head or b"Corrosion=" not in source.head[:4096]:
        return NO_MATCH
    if b"Method=Impedance" in source.head:
        return Match(1.0, "Ivium settings with Method=Impedance")
    return Match(0.6, "Ivium settings")


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an Ivium file: table `spectrum`.

    Raises:
        UnreadableFile: The method is no impedance, or no block of data follows.
    """
    del options
    if source.size > _LARGEST:
        raise UnreadableFile(f"{source.size >> 20} MiB are too many for an impedance file")
    # The bytes between the texts are no characters; Latin-1 keeps every one of them.
    text = source.path.read_bytes().decode("latin-1")
    lines = [line.strip("\0 \t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    sweeps, announced, methods = [], 0, []
    method = ""
    for place, line in enumerate(lines):
        found = _METHOD.match(line)
        if found:
            method = found[1].strip()
            methods += [method] if method not in methods else []
        elif line == _DATA and method == "Impedance":
            columns, count, rows = _block(lines[place + 1 :])
            if columns == 3 and rows:
                announced += count
                sweeps.append(_sweep(rows))
    if not sweeps:
        raise UnreadableFile(
            f"no {_DATA} of an impedance was found; the file holds the methods {', '.join(methods) or 'none'}"
        )
    there = sum(len(sweep.frequency) for sweep in sweeps)
    warnings = [f"truncated: {announced} points are announced, {there} are there"] if announced > there else []
    return reading_of(sweeps, _metadata(lines), warnings, _DATA)


def _block(lines: list[str]) -> tuple[int, int, list[list[str]]]:
    """Number of columns, announced number of rows, and the rows that are there."""
    if len(lines) < 2 or not (lines[0].isdecimal() and lines[1].isdecimal()):
        return 0, 0, []
    columns, count = int(lines[0][:4]), int(lines[1][:9])
    rows = []
    for line in lines[2 : 2 + min(count, len(lines))]:
        cells = line.replace(",", ".").split()
        if len(cells) != columns or not all(map(is_number, cells)):
            break
        rows.append(cells)
    return columns, count, rows


def _sweep(rows: list[list[str]]) -> Sweep:
    real, imaginary, frequency = np.array([[as_number(cell) for cell in row] for row in rows], dtype=np.float64).T
    return Sweep(frequency, real, imaginary)


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
    version="1",
    format="ivium-ids",
    label="Ivium impedance data (.ids)",
    extensions=(".ids",),
    techniques=("eis",),
    score=score,
    read=read,
)
