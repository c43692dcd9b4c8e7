"""Reader for the files of ZPlot and ZView: `ZPLOT2 ASCII` (`.z`) and `Z60W` data, which Autolab exports as well.

Both have the same nine columns; Z'' is written with its sign.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.spectra import (
    Sweep,
    as_number,
    head_text,
    is_number,
    raw_column,
    reading_of,
    started_at,
    text_of,
)

_COLUMNS = ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)", "GD", "Err", "Range")
_NEEDED = ("Freq(Hz)", "Z'(a)", "Z''(b)")
_ZPLOT, _Z60W = re.compile(r'\s*"?ZPLOT2 ASCII', re.IGNORECASE), re.compile(r'\s*"?Z60W Data File', re.IGNORECASE)
_LABELS = {
    "measured data, zplot": "software",
    "measured data, software": "software",
    "experiment type": "technique_text",
    "open circuit potential (v)": "open_circuit_text",
    "potential-dc": "dc_voltage_text",
    "potential-ac": "ac_voltage_text",
}


def score(source: Source) -> Match:
    """Certain by the first line."""
    text = head_text(source)
    if _ZPLOT.match(text):
        return Match(1.0, "first line is 'ZPLOT2 ASCII'")
    return Match(1.0, "first line is 'Z60W Data File'") if _Z60W.match(text) else NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads a `.z` or a Z60W file: table `spectrum`.

    Raises:
        UnreadableFile: The file ends before its data, or holds no numbers.
    """
    del options
    text = text_of(source)
    lines = text.split("\n")
    announced = None
    if _Z60W.match(text):
        start = next((n for n, line in enumerate(lines) if "Freq" in line), None)
        counts = [line for line in lines[: start or 0] if line.strip().isdecimal()]
        announced = int(counts[-1]) if counts and len(counts[-1]) < 8 else None
    else:
        start = next((n for n, line in enumerate(lines) if line.strip().strip('"').lower() == "end comments"), None)
    if start is None:
        raise UnreadableFile("the file is cut within its header: no line of headings or 'End Comments' was found")
    rows, damaged = _rows(lines[start + 1 :], whole=text.endswith("\n"))
    if not rows:
        raise UnreadableFile("no row below the header holds nine numbers; the file ends before its data")
    warnings = [f"truncated or damaged: {damaged} rows that are not complete were left out"] if damaged else []
    if announced is not None and announced > len(rows) + damaged:
        warnings.append(f"truncated: {announced} points are announced, {len(rows)} are there")
    texts = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
    frequency, real, imaginary = (np.array([as_number(cell) for cell in texts[name]]) for name in _NEEDED)
    raw = {name: raw_column(column) for name, column in texts.items()}
    return reading_of([Sweep(frequency, real, imaginary, raw)], _metadata(lines[:start]), warnings, "the data")


def _rows(lines: list[str], *, whole: bool) -> tuple[list[list[str]], int]:
    """Rows of nine numbers, and how many lines hold some numbers but not nine."""
    rows, damaged = [], 0
    filled = [line for line in lines if line.strip()]
    for place, line in enumerate(filled):
        tabs = "\t" in line
        cells = line.split("\t") if tabs else [cell for cell in re.split(r"[,\s]+", line.strip()) if cell]
        cells = [cell.strip().strip('"').replace(",", ".") for cell in cells]
        numeric = len(cells) >= len(_COLUMNS) and all(is_number(cell) for cell in cells[:6])
        cut = not whole and place == len(filled) - 1 and place > 0 and len(line) < 0.85 * len(filled[place - 1])
        if numeric and not cut:
            rows.append(cells[: len(_COLUMNS)])
        elif any(map(is_number, cells)):
            damaged += 1
    return rows, damaged


def _metadata(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    date = time = ""
    for line in lines:
        label, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not value:
            continue
        if label.lower() == "date" and not date:
            date = value
        elif label.lower() == "time" and not time:
            time = value
        elif label.lower() in _LABELS:
            found.setdefault(_LABELS[label.lower()], value)
    return found | started_at(date, time)


READER = Reader(
    name="zplot",
    version="1",
    format="zplot-z",
    label="ZPlot / ZView data (.z), Autolab Z60W export (.txt)",
    extensions=(".z", ".txt"),
    techniques=("eis",),
    score=score,
    read=read,
)
