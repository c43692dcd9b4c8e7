"""Reader for the text files of Princeton Applied Research VersaStudio (`.par`): segments with a line of headings.

Rows of a segment that hold a frequency make the spectrum; files without any are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.spectra import Sweep, as_number, head_text, raw_column, reading_of, started_at, text_of

_FREQUENCY, _REAL, _IMAGINARY = "Frequency(Hz)", "Z Real", "Z Imag"
_PARTS = ("E Real", "E Imag", "I Real", "I Imag")
_START = re.compile(r"\s*<Segment\d+>", re.IGNORECASE)
_END = re.compile(r"\s*</?\w+>")
_SETTINGS = {"Model": "instrument", "Name": "technique_text", "Comments": "comments"}


def score(source: Source) -> Match:
    """Certain by a segment whose definition names a frequency; likely for any VersaStudio file."""
    text = head_text(source)
    if re.search(r"(?m)^\s*Definition=Segment #, ?Point #", text):
        return Match(1.0, "a segment of VersaStudio with its definition")
    if re.search(r"(?mi)^\s*<(Application|Instrument|VersaStudioDefaults|Segment\d+)>", text) and "<" in text[:2000]:
        return Match(0.5, "sections of a VersaStudio file")
    return NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads a VersaStudio file: table `spectrum`.

    Raises:
        UnreadableFile: No segment holds impedances.
    """
    del options
    lines = text_of(source).split("\n")
    sweeps, damaged, seen = [], 0, []
    for headings, rows in _segments(lines):
        seen += [name for name in headings if name not in seen]
        whole = [row for row in rows if len(row) >= len(headings)]
        damaged += len(rows) - len(whole)
        sweep = _sweep(headings, whole) if whole else None
        if sweep is not None:
            sweeps.append(sweep)
    if not sweeps:
        raise UnreadableFile(
            "no segment of this VersaStudio file holds a frequency above 0 with an impedance; its columns are "
            f"{', '.join(seen) or 'not defined (a line Definition=... is missing)'}"
        )
    warnings = [f"truncated: {damaged} rows that are not complete were left out"] if damaged else []
    return reading_of(sweeps, _metadata(lines), warnings, "the segments")


def _segments(lines: list[str]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Headings and rows of each segment."""
    place = 0
    while place < len(lines):
        if not _START.match(lines[place]):
            place += 1
            continue
        headings: list[str] = []
        rows = []
        place += 1
        while place < len(lines) and not _END.match(lines[place]):
            line = lines[place].strip()
            if line.startswith("Definition="):
                headings = [name.strip() for name in line.removeprefix("Definition=").split(",")]
            elif headings and line and (line[0].isdigit() or line[0] == "-"):
                rows.append(line.split(","))
            place += 1
        yield headings, rows


def _sweep(headings: list[str], rows: list[list[str]]) -> Sweep | None:
    """The points of a segment with a frequency; Z from Z Real and Z Imag, else from voltage over current."""
    texts = dict(zip(headings, zip(*(row[: len(headings)] for row in rows), strict=True), strict=False))
    if _FREQUENCY not in texts:
        return None
    known = {
        name: np.array([as_number(text) for text in texts[name]])
        for name in (_FREQUENCY, _REAL, _IMAGINARY, *_PARTS)
        if name in texts
    }
    if _REAL in known and _IMAGINARY in known:
        impedance = known[_REAL] + 1j * known[_IMAGINARY]
    elif set(_PARTS) <= known.keys():
        with np.errstate(all="ignore"):
            impedance = (known["E Real"] + 1j * known["E Imag"]) / (known["I Real"] + 1j * known["I Imag"])
    else:
        return None
    measured = known[_FREQUENCY] > 0
    if not measured.any():
        return None
    raw = {name: raw_column(column)[measured] for name, column in texts.items()}
    return Sweep(known[_FREQUENCY][measured], impedance.real[measured], impedance.imag[measured], raw)


def _metadata(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    date = time = ""
    for line in lines:
        if _START.match(line):
            break
        key, mark, value = (part.strip() for part in line.partition("="))
        if not mark or not value:
            continue
        if key == "DateAcquired":
            date = value
        elif key == "TimeAcquired":
            time = value
        elif key in _SETTINGS:
            found[_SETTINGS[key]] = value
    return found | started_at(date, time)


READER = Reader(
    name="versastudio_par",
    version="1",
    format="versastudio-par",
    label="VersaStudio impedance data (.par)",
    extensions=(".par",),
    techniques=("eis",),
    score=score,
    read=read,
)
