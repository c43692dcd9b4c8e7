"""Digatron exports (`.csv`): clocks of program and step, and a line of units below the headings.

Written from published descriptions of the layout; no real file was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source
from measurements.readers.vendor_headings import Vocabulary, heading
from measurements.readers.vendor_tables import Vendor

_DIGATRON = Vendor(
    instrument="Digatron",
    vocabulary=Vocabulary(
        (
            heading("test_time_second", "Prog Time", "Program Time"),
            heading("step_time_second", "Step Time"),
            heading("step_id", "Step"),
            heading("step_type", "Status"),
            heading("cycle_count", "Cycle"),
            heading("voltage_volt", "Voltage"),
            heading("current_ampere", "Current"),
            heading("power_watt", "Power", "Watt"),
            heading("temperature_t1_celsius", "Temperature", "Temp1", "LogTemp001", "LogTempPositive"),
        )
    ),
    marks=("Prog Time", "Cycle Level", "Procedure", "AhAccu", "WhAccu", "AhPrev", "AhCha", "AhDch"),
    least=2,
    dates=("Time Stamp",),
    date_formats=("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"),
    discharging=r"^DCH",
)


def score(source: Source) -> Match:
    """Headings as Digatron writes them: `Prog Time`, `Cycle Level`, `AhAccu`."""
    return vendor_tables.score(source, _DIGATRON)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an export; discharging currents are negative. Counters (`AhAccu` ...) are kept as `raw__...`.

    Raises:
        UnreadableFile: It is damaged, or time, voltage or current is missing or without a unit.
    """
    del options
    return vendor_tables.reading(vendor_tables.read(source, _DIGATRON), {})


READER = Reader(
    name="digatron_csv",
    version="1",
    format="digatron-csv",
    label="Digatron export (.csv)",
    extensions=(".csv",),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
