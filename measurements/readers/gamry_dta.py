"""Reader for Gamry EXPLAIN data files of impedance experiments (`.DTA`): tagged settings and `ZCURVE` tables.

Each `ZCURVE` is a sweep; aborted experiments are read as far as they came, other experiments are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.spectra import Sweep, as_number, head_text, raw_column, reading_of, started_at, text_of

_TABLE = re.compile(r"^Z?CURVE\w*\tTABLE", re.IGNORECASE)
_IMPEDANCE = re.compile(r"^ZCURVE\w*\tTABLE", re.IGNORECASE)
_NEEDED = ("Freq", "Zreal", "Zimag")
# Tag -> key of the metadata; numbers are kept in Gamry's unit, which the key names.
_NUMBERS = {
    "VDC": "dc_voltage_volt",
    "VAC": "ac_voltage_millivolt_rms",
    "IDC": "dc_current_ampere",
    "IAC": "ac_current_ampere_rms",
    "FREQINIT": "initial_frequency_hertz",
    "FREQFINAL": "final_frequency_hertz",
    "PTSPERDEC": "points_per_decade",
    "EOC": "open_circuit_volt",
}
_TEXTS = {"TAG": "technique_text", "PSTAT": "instrument", "FRAMEWORKVERSION": "software"}
_NO_AREA = 1.0  # cm²: what Gamry writes where nobody entered an area


def score(source: Source) -> Match:
    """Certain by the first line and a `ZCURVE`; likely by the first line alone, to be refused in words."""
    text = head_text(source)
    if not re.match(r"\s*EXPLAIN\s*\n\s*TAG\t", text.replace("\r", "\n").replace("\n\n", "\n")):
        return NO_MATCH
    tag = re.search(r"TAG\t(\S+)", text)
    if re.search(r"(?m)^ZCURVE\w*\tTABLE", text) or (tag and "EIS" in tag[1]):
        return Match(1.0, "EXPLAIN, TAG and an impedance experiment")
    return Match(0.6, "EXPLAIN and TAG: a Gamry data file")


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an impedance experiment: table `spectrum`.

    Raises:
        UnreadableFile: The file is not of an impedance experiment, or breaks off before its first point.
    """
    del options
    lines = text_of(source).split("\n")
    metadata = _metadata(lines)
    sweeps, damaged = [], 0
    for headings, rows in _curves(lines):
        missing = [name for name in _NEEDED if name not in headings]
        if missing:
            raise UnreadableFile(f"the table ZCURVE lacks {', '.join(missing)}; it has {', '.join(headings)}")
        whole = [row for row in rows if len(row) >= len(headings)]
        damaged += len(rows) - len(whole)
        if whole:
            sweeps.append(_sweep(headings, whole))
    if not sweeps:
        kind = metadata.get("technique_text", "unknown")
        raise UnreadableFile(
            f"this Gamry experiment ({kind}) holds no impedance: a table ZCURVE with at least one point is needed"
        )
    warnings = []
    if damaged:
        warnings.append(f"truncated: {damaged} rows of ZCURVE are not complete and were left out")
    if any(re.match(r"EXPERIMENTABORTED\t\w+\tT", line) for line in lines):
        metadata["aborted"] = True
        warnings.append("the experiment was aborted: the points until then are read")
    return reading_of(sweeps, metadata, warnings, "ZCURVE")


def _curves(lines: list[str]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Headings and rows of each impedance table; columns are found by blanks, since none is ever empty."""
    for place, line in enumerate(lines):
        if not _IMPEDANCE.match(line):
            continue
        headings = lines[place + 1].split() if place + 1 < len(lines) else []
        rows = []
        for row in lines[place + 3 :]:
            cells = row.split()
            if not cells or not cells[0].isdecimal() or _TABLE.match(row):
                break
            rows.append(cells)
        yield headings, rows


def _sweep(headings: list[str], rows: list[list[str]]) -> Sweep:
    texts = dict(zip(headings, zip(*(row[: len(headings)] for row in rows), strict=True), strict=True))
    frequency, real, imaginary = (np.array([as_number(text) for text in texts[name]]) for name in _NEEDED)
    return Sweep(frequency, real, imaginary, {name: raw_column(column) for name, column in texts.items()})


def _metadata(lines: list[str]) -> dict[str, Any]:
    """What the tagged lines above the first table say."""
    first = next((place for place, line in enumerate(lines) if _TABLE.match(line)), len(lines))
    tagged = {line.split("\t")[0]: line.split("\t")[1:] for line in lines[:first] if "\t" in line}
    found: dict[str, Any] = {}
    for tag, key in _TEXTS.items():
        if tag in tagged:
            found[key] = _value(tagged[tag])
    for tag, key in (*_NUMBERS.items(), ("AREA", "electrode_area_cm2")):
        number = as_number(_value(tagged.get(tag, [])))
        if np.isfinite(number) and not (tag == "AREA" and number == _NO_AREA):
            found[key] = number
    notes = _notes(lines[:first])
    if notes:
        found["comments"] = notes
    return found | started_at(_value(tagged.get("DATE", [])), _value(tagged.get("TIME", [])))


def _value(cells: list[str]) -> str:
    """The value of a tagged line: behind its type, or alone (`TAG`)."""
    return cells[1].strip() if len(cells) > 1 else cells[0].strip() if cells else ""


def _notes(lines: list[str]) -> str:
    for place, line in enumerate(lines):
        cells = line.split("\t")
        if cells[0] == "NOTES" and len(cells) > 2 and cells[2].strip().isdecimal():
            return "\n".join(filter(None, (text.strip() for text in lines[place + 1 :][: int(cells[2])])))
    return ""


READER = Reader(
    name="gamry_dta",
    version="1",
    format="gamry-dta",
    label="Gamry impedance data (.DTA)",
    extensions=(".dta",),
    techniques=("eis",),
    score=score,
    read=read,
)
