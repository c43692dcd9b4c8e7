"""Arbin exports of MITS Pro, text (`.csv`) or workbook (`.xlsx`, `.xls`) with one or more channel sheets.

Units stand in the headings (`Current(A)`); where there are none, they are those of Arbin's own database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.vendor_headings import Vocabulary, heading
from measurements.readers.vendor_tables import Export, Vendor, moment

ARBIN = Vendor(
    instrument="Arbin",
    vocabulary=Vocabulary(
        (
            heading("record_index", "Data_Point"),
            heading("test_time_second", "Test_Time", unit="s"),
            heading("step_time_second", "Step_Time", unit="s"),
            heading("cycle_count", "Cycle_Index"),
            heading("step_id", "Step_Index"),
            heading("current_ampere", "Current", unit="A"),
            heading("voltage_volt", "Voltage", unit="V"),
            heading("power_watt", "Power", unit="W"),
            heading("schedule_charging_capacity_ah", "Charge_Capacity", unit="Ah"),
            heading("schedule_discharging_capacity_ah", "Discharge_Capacity", unit="Ah"),
            heading("schedule_charging_energy_wh", "Charge_Energy", unit="Wh"),
            heading("schedule_discharging_energy_wh", "Discharge_Energy", unit="Wh"),
            heading("internal_resistance_ohm", "Internal_Resistance", unit="ohm"),
            heading("ac_internal_resistance_ohm", "ACR", unit="ohm"),
            heading("temperature_t1_celsius", "Temperature", "Aux_Temperature_1", "Aux_Temperature(℃)_1"),
        )
    ),
    marks=("Test_Time", "Step_Index", "Cycle_Index", "Charge_Capacity", "Discharge_Capacity"),
    least=5,
    dates=("Date_Time", "DateTime"),
    date_formats=(
        "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S.%f",
        "%m/%d/%Y %I:%M:%S %p",
    ),
    ignored_sheets=r"statistic|^global|^info|^event",
)  # fmt: skip

# Heading of the sheet Global_Info -> key of our metadata.
_GLOBAL_INFO: Mapping[str, str] = {
    "Test Name": "test_name",
    "Channel": "channel",
    "Schedule File Name": "schedule",
    "Creator": "operator",
    "Comments": "comments",
    "Software Version": "software",
}


def score(source: Source) -> Match:
    """The five headings that every Arbin export has."""
    return vendor_tables.score(source, ARBIN)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an export; sheets `Channel_1_1`, `Channel_1_2` ... are joined in the order of their records.

    Currents are in the heading's unit, which is A, however small they are. Arbin's capacities begin anew where
    the schedule says so: they are kept as `schedule_..._capacity_ah`.

    Raises:
        UnreadableFile: It is damaged, holds several channels, or time, voltage or current is missing.
    """
    del options
    export = vendor_tables.read(source, ARBIN)
    _one_channel(export)
    if not any("(" in header for header in export.headers):
        export.warnings.append("the headings state no units: those of Arbin's database are taken, s, V, A, Ah and Wh")
    return vendor_tables.reading(export, _global_info(export))


def _one_channel(export: Export) -> None:
    channels = sorted({found[1] for name in export.sheets if (found := re.match(r"Channel[_ -]*(\d+)", name))})
    if len(channels) > 1:
        raise UnreadableFile(f"the workbook holds channels {', '.join(channels)}; export one channel per file")


def _global_info(export: Export) -> dict[str, Any]:
    """The texts of the sheet Global_Info: a row of headings with a row of values below."""
    found: dict[str, Any] = {}
    for heads, values in zip(export.aside, export.aside[1:], strict=False):
        pairs = dict(zip(heads, values, strict=False))
        if "Channel" in pairs and "Start DateTime" in pairs:
            found = {ours: pairs[theirs] for theirs, ours in _GLOBAL_INFO.items() if pairs.get(theirs)}
            started = moment(pairs["Start DateTime"], ARBIN.date_formats)
            if started and "started_at" not in export.metadata:
                found["started_at"] = started
    return found


READER = Reader(
    name="arbin_export",
    version="1",
    format="arbin-export",
    label="Arbin MITS Pro export (.xlsx, .csv)",
    extensions=(".xlsx", ".csv", ".xls"),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
