"""Reader for Eco Chemie (Autolab FRA) impedance files (`.dfr`): one number a line, nine numbers a point.

Frequency, Z' and -Z'' come first in each point; the imaginary part gets its sign back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.spectra import Sweep, as_number, head_text, is_number, reading_of, started_at, text_of

_SIGNATURE = re.compile(r"\s*VERSION\s*(\d+[.,]\d+)\s*\n\s*\d+\s*\n")
_PER_POINT = 9


def score(source: Source) -> Match:
    """Certain by a version, a number of points, and numbers line by line."""
    found = _SIGNATURE.match(head_text(source).replace("\r\n", "\n").replace("\r", "\n"))
    return Match(0.95, f"VERSION{found[1]} and a number of points: Eco Chemie FRA") if found else NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads a `.dfr` file: table `spectrum`.

    Raises:
        UnreadableFile: The header is damaged, or not one point follows.
    """
    del options
    text = text_of(source)
    found = _SIGNATURE.match(text)
    if found is None:
        raise UnreadableFile("the file does not begin with VERSION and a number of points, as a .dfr does")
    lines = [line.strip().replace(",", ".") for line in text.split("\n")]
    count = int(lines[1][:9])
    values: list[float] = []
    for line in lines[3:]:
        if not is_number(line) or len(values) >= count * _PER_POINT:
            break
        values.append(as_number(line))
    if not text.endswith("\n") and len(values) < count * _PER_POINT:
        values = values[:-1]  # the last number may be cut
    points = np.array(values[: len(values) // _PER_POINT * _PER_POINT], dtype=np.float64).reshape(-1, _PER_POINT)
    if not len(points):
        raise UnreadableFile(f"{count} points are announced, but the file ends before the first one is complete")
    warnings = [f"truncated: {count} points are announced, {len(points)} are there"] if count > len(points) else []
    metadata = {"software": f"Eco Chemie FRA, file version {found[1]}"}
    moment = next((line for line in lines[-40:] if re.match(r"\d{1,2}\.\d{1,2}\.\d{4} \d", line)), None)
    if moment is not None:
        day, _, clock = moment.partition(" ")
        metadata |= started_at(day, clock)
    raw = {f"column_{place + 1}": points[:, place] for place in range(3, _PER_POINT)}
    sweep = Sweep(points[:, 0], points[:, 1], -points[:, 2], raw)
    return reading_of([sweep], metadata, warnings, "the data")


READER = Reader(
    name="ecochemie_dfr",
    version="1",
    format="ecochemie-dfr",
    label="Eco Chemie FRA impedance data (.dfr)",
    extensions=(".dfr",),
    techniques=("eis",),
    score=score,
    read=read,
)
