"""Ivium text exports of currents and potentials over time: headings `time /s`, `E /V`, `I /A`.

Written from published descriptions of the layout; no real file was at hand. Impedance exports of Ivium are
read elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source
from measurements.readers.vendor_headings import Vocabulary, heading
from measurements.readers.vendor_tables import Vendor


def _names(line: str, after: str) -> list[str]:
    """Names between blanks, each with its unit, from which a blank may divide it."""
    del after
    return re.findall(r"[^\s/]+\s?/\s?[^\s/]+|\S+", line)


_IVIUM = Vendor(
    instrument="Ivium",
    vocabulary=Vocabulary(
        (
            heading("test_time_second", "time", "t"),
            heading("voltage_volt", "E", "Potential"),
            heading("current_ampere", "I", "Current"),
        )
    ),
    marks=("time/s", "E/V", "I/A", "I/mA"),
    least=3,
    split_header=_names,
)


def score(source: Source) -> Match:
    """The three headings of an Ivium export, in any order."""
    return vendor_tables.score(source, _IVIUM)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an export; scans that follow each other with their own headings are joined.

    Anodic current is positive: it charges a positive electrode against lithium.

    Raises:
        UnreadableFile: It is damaged, or time, potential or current is missing or without a unit.
    """
    del options
    return vendor_tables.reading(vendor_tables.read(source, _IVIUM), {})


READER = Reader(
    name="ivium_text",
    version="1",
    format="ivium-text",
    label="Ivium text export (.txt)",
    extensions=(".txt", ".csv"),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
