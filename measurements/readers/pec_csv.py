"""PEC exports (`.csv`): a block of test data, then records in mV, mA and mAh with charge positive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.vendor_headings import Vocabulary, heading
from measurements.readers.vendor_tables import Export, Vendor, moment, pairs_in

_DATES = ("%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S")

_PEC = Vendor(
    instrument="PEC",
    vocabulary=Vocabulary(
        (
            heading("test_time_second", "Total Time"),
            heading("step_time_second", "Step Time"),
            heading("step_id", "Step"),
            heading("cycle_count", "Cycle"),
            heading("voltage_volt", "Voltage"),
            heading("current_ampere", "Current"),
            heading("schedule_charging_capacity_ah", "Charge Capacity"),
            heading("schedule_charging_energy_wh", "Charge Capacity", "Charge Energy"),
            heading("schedule_discharging_capacity_ah", "Discharge Capacity"),
            heading("schedule_discharging_energy_wh", "Discharge Capacity", "Discharge Energy"),
            heading("ambient_temperature_celsius", "Ambient temperature"),
            heading("surface_temperature_celsius", "Cell surface temperature"),
            heading("dc_internal_resistance_ohm", "DC Internal Resistance"),
            heading("ac_internal_resistance_ohm", "AC Internal Resistance"),
        )
    ),
    marks=("Load On Time", "Cycle Charge Time", "Cycle Discharge Time", "Position Start Time", "ReasonCode"),
    least=3,
    dates=("Real Time",),
    date_formats=_DATES,
)

# Line above the table -> key of our metadata.
_LINES: Mapping[str, str] = {
    "Test": "test_id",
    "Test Description": "description",
    "TestRegime Name": "schedule",
    "Project Group Name": "project",
    "Requestor": "operator",
    "Test Temp": "test_temperature",
}


def score(source: Source) -> Match:
    """Headings as PEC writes them: `Load On Time`, `Cycle Charge Time`, `ReasonCode`."""
    return vendor_tables.score(source, _PEC)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an export of one cell. PEC's capacities begin anew with a cycle: `schedule_..._capacity_ah`.

    Raises:
        UnreadableFile: It is damaged, holds several cells, or time, voltage or current is missing.
    """
    del options
    export = vendor_tables.read(source, _PEC)
    cells = np.unique(export.raw.get("Cell", np.empty(0))).tolist()
    if len(cells) > 1:
        raise UnreadableFile(f"the export holds the cells {', '.join(map(str, cells))}; export one cell per file")
    return vendor_tables.reading(export, _metadata(export))


def _metadata(export: Export) -> dict[str, Any]:
    pairs = pairs_in(export.aside)
    made: dict[str, Any] = {ours: pairs[theirs] for theirs, ours in _LINES.items() if theirs in pairs}
    started = moment(pairs.get("Start Time", ""), _DATES)
    return made | ({"started_at": started} if started else {})


READER = Reader(
    name="pec_csv",
    version="1",
    format="pec-csv",
    label="PEC export (.csv)",
    extensions=(".csv",),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
