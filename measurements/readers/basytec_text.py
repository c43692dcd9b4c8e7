"""BaSyTec result files as text: comment lines that begin with a tilde, then `~Time[h] ... U[V] I[A] ...`.

Written from published descriptions of the layout; no real file was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source
from measurements.readers.vendor_headings import Vocabulary, heading
from measurements.readers.vendor_tables import Export, Vendor, moment, pairs_in

_DATES = ("%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S")


def _names(line: str, after: str) -> list[str]:
    """Names between blanks; a date with a blank in it takes two columns."""
    names = line.split()
    if "DateTime" in names and len(after.split()) == len(names) + 1:
        place = names.index("DateTime")
        names[place : place + 1] = ["Date", "Time of day"]
    return names


_BASYTEC = Vendor(
    instrument="BaSyTec",
    vocabulary=Vocabulary(
        (
            heading("test_time_second", "~Time"),
            heading("step_time_second", "t-Step"),
            heading("record_index", "DataSet"),
            heading("step_id", "Line"),
            heading("step_type", "Command"),
            heading("cycle_count", "Cyc-Count"),
            heading("voltage_volt", "U"),
            heading("current_ampere", "I"),
            heading("temperature_t1_celsius", "T1"),
            heading("temperature_t2_celsius", "T2"),
        )
    ),
    marks=("~Time", "U[V]", "U[mV]", "I[A]", "I[mA]", "DataSet", "t-Step", "t-Set", "Ah[Ah]", "Cyc-Count", "I[A/kg]"),
    least=3,
    dates=("DateTime",),
    date_formats=_DATES,
    split_header=_names,
)

# Comment of the header -> key of our metadata.
_COMMENTS: Mapping[str, str] = {
    "Name of Test": "test_name",
    "Battery": "battery",
    "Testplan": "schedule",
    "Testchannel": "channel",
    "Operator (Test)": "operator",
}


def score(source: Source) -> Match:
    """A heading `~Time` beside `U[V]` and `I[A]`."""
    return vendor_tables.score(source, _BASYTEC)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads a result file; charge is positive there as here. Its counters (`Ah[Ah]` ...) are kept as `raw__...`.

    Raises:
        UnreadableFile: It is damaged, or time, voltage or current is missing or per mass (`I[A/kg]`).
    """
    del options
    export = vendor_tables.read(source, _BASYTEC)
    return vendor_tables.reading(export, _metadata(export))


def _metadata(export: Export) -> dict[str, Any]:
    pairs = {key.lstrip("~# ").strip(): value for key, value in pairs_in(export.aside).items()}
    made: dict[str, Any] = {ours: pairs[theirs] for theirs, ours in _COMMENTS.items() if theirs in pairs}
    started = moment(pairs.get("Start of Test", ""), _DATES)
    return made | ({"started_at": started} if started else {})


READER = Reader(
    name="basytec_text",
    version="1",
    format="basytec-text",
    label="BaSyTec result file (.txt)",
    extensions=(".txt", ".csv", ".dat"),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
