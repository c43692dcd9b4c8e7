"""Maccor exports, text or workbook: currents as amounts, their direction in a column of states.

Old exports name columns by word (`Amps`, `Amp-hr`), newer ones by quantity and unit (`Current (A)`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source
from measurements.readers.vendor_headings import Vocabulary, heading, plain
from measurements.readers.vendor_tables import Export, Vendor, moment

_MACCOR = Vendor(
    instrument="Maccor",
    vocabulary=Vocabulary(
        (
            heading("record_index", "Rec#", "Rec", "Record"),
            heading("cycle_count", "Cyc#", "Cycle C", "Cycle"),
            heading("step_id", "Step"),
            heading("step_type", "State", "Md", "Mode"),
            heading("test_time_second", "TestTime", "Test Time", "Test"),
            heading("step_time_second", "StepTime", "Step Time", "Step"),
            heading("step_cumulative_capacity_ah", "Amp-hr", unit="Ah"),
            heading("step_cumulative_capacity_ah", "mAmp-hr", unit="mAh"),
            heading("step_cumulative_capacity_ah", "Capacity", "Cap."),
            heading("step_cumulative_energy_wh", "Watt-hr", unit="Wh"),
            heading("step_cumulative_energy_wh", "mWatt-hr", unit="mWh"),
            heading("step_cumulative_energy_wh", "Energy", "Ener."),
            heading("current_ampere", "Amps", unit="A"),
            heading("current_ampere", "mAmps", unit="mA"),
            heading("current_ampere", "Current"),
            heading("voltage_volt", "Volts", unit="V"),
            heading("voltage_volt", "mVolts", unit="mV"),
            heading("voltage_volt", "Voltage"),
            heading("ac_internal_resistance_ohm", "ACImp", "ACR"),
            heading("dc_internal_resistance_ohm", "DCIR", "DC Res"),
        )
    ),
    marks=(
        "Rec#", "Rec", "Cyc#", "Cycle P", "Cycle C", "Amp-hr", "mAmp-hr", "Watt-hr", "mWatt-hr", "Amps", "mAmps",
        "Volts", "State", "Md", "ES", "DPt Time", "ACImp/Ohms",
    ),
    least=5,
    dates=("DPt Time",),
    date_formats=("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d-%b-%y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S"),
    discharging=r"^D",
)  # fmt: skip

_STARTED = re.compile(r"Date of Test:?\s*([^\t]+?)\s*(?:\t|$|Filename)")
_START_FORMATS = ("%d %B %Y, %I:%M:%S %p", "%d %B %Y, %H:%M:%S", "%d %B %Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")
_TEXTS: Mapping[str, str] = {
    "test_name": r"Filename:\s*([^\t]+?)\s*(?:\t|$|Procedure:)",
    "schedule": r"Procedure:\s*([^\t]+?)\s*(?:\t|$|Description:|Comment)",
    "channel": r"Channel:\s*(\d+)",
    "barcode": r"Comment/Barcode:\s*([^\t]+?)\s*(?:\t|$)",
}
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}:\d{2}")


def score(source: Source) -> Match:
    """Headings as Maccor writes them: `Rec#`, `Amp-hr`, `DPt Time` are nobody else's."""
    return vendor_tables.score(source, _MACCOR)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an export. Currents of state D become negative; Maccor writes them without sign.

    Its `Amp-hr` counts both directions upwards and begins anew as the procedure says: it is kept as
    `step_cumulative_capacity_ah`, and capacities should be integrated.

    Raises:
        UnreadableFile: It is damaged, or time, voltage or current is missing or without a unit.
    """
    del options
    export = vendor_tables.read(source, _MACCOR)
    return vendor_tables.reading(export, _metadata(export))


def _metadata(export: Export) -> dict[str, Any]:
    """What the lines above the table say, in any of their two layouts."""
    lines = ["\t".join(row) for row in export.aside]
    made: dict[str, Any] = {}
    for line in lines:
        made |= {key: found[1] for key, pattern in _TEXTS.items() if (found := re.search(pattern, line))}
        started = _STARTED.search(line)
        if started:
            made |= _start(started[1], export)
    return made


def _start(text: str, export: Export) -> dict[str, str]:
    """Start of the test; the time of day is that of the first record where the header has the date alone."""
    started = moment(text, _START_FORMATS)
    if started is None:
        return {"date_of_test": text}
    if not started.endswith("T00:00:00"):
        return {"started_at": started}
    clock = next((values for name, values in export.raw.items() if plain(name) == "dpttime" and len(values)), None)
    if clock is not None and _TIME_OF_DAY.fullmatch(str(clock[0])):
        return {"started_at": f"{started[:10]}T{clock[0]!s:0>8}"}
    return {} if "started_at" in export.metadata else {"started_at": started[:10]}


READER = Reader(
    name="maccor_export",
    version="1",
    format="maccor-export",
    label="Maccor export (.txt, .csv, .xls)",
    extensions=(".txt", ".csv", ".xls", ".xlsx"),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
