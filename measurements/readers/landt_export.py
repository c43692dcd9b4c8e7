"""Landt (LAND, LANHE) exports of LANDdt, text or workbook, in English or Chinese: unit after a stroke.

Written from published descriptions of the layout; no real file was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source
from measurements.readers.bdf_terms import TIME
from measurements.readers.vendor_headings import Vocabulary, heading
from measurements.readers.vendor_tables import Vendor

_LANDT = Vendor(
    instrument="Landt",
    vocabulary=Vocabulary(
        (
            heading("record_index", "Record", "Index", "Record Index", "记录", "记录序号"),
            heading("cycle_count", "CycleNo", "Cycle-Index", "Cycle", "循环", "循环序号"),
            heading("step_id", "StepNo", "Step-Index", "Step", "工步", "步骤序号"),
            heading("step_type", "State", "StepStatus", "Mode", "状态", "工作模式"),
            heading("test_time_second", "TestTime", "Test Time", "测试时间"),
            heading("step_time_second", "StepTime", "Step Time", "步骤时间", "工步时间"),
            heading("current_ampere", "Current", "电流"),
            heading("voltage_volt", "Voltage", "电压"),
            heading("step_cumulative_capacity_ah", "Capacity", "容量"),
            heading("step_cumulative_energy_wh", "Energy", "能量"),
            heading("temperature_t1_celsius", "AuxTemp", "Temperature", "温度"),
        )
    ),
    marks=(
        "Voltage/V", "Current/mA", "Current/uA", "Current/A", "Capacity/mAh", "Capacity/uAh", "SCapacity/mAh/g",
        "Energy/mWh", "SEnergy/Wh/kg", "SysTime", "StepStatus", "TestTime/Sec.", "TestTime/Sec", "电压/V", "电流/mA",
        "容量/mAh", "比容量/mAh/g",
    ),
    least=3,
    dates=("SysTime", "系统时间"),
    date_formats=("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S"),
    discharging=r"^D|D$|放电",
    ignored_sheets=r"^cycle|^step|^log|^info|^aux",
)  # fmt: skip


def score(source: Source) -> Match:
    """Headings with the unit after a stroke, as LANDdt writes them."""
    return vendor_tables.score(source, _LANDT)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an export. Currents of discharging steps (`D_CC`, `CCD`) become negative where they have no sign.

    Rows of steps that stand among the records, and their headings, have no time of the test: they are left out.

    Raises:
        UnreadableFile: It is damaged, or time, voltage or current is missing or without a unit.
    """
    del options
    export = vendor_tables.read(source, _LANDT)
    vendor_tables.keep(export, ~np.isnan(export.columns[TIME]), "rows without time, such as headings of steps,")
    return vendor_tables.reading(export, {})


READER = Reader(
    name="landt_export",
    version="1",
    format="landt-export",
    label="Landt LANDdt export (.xls, .xlsx, .csv)",
    extensions=(".xls", ".xlsx", ".csv", ".txt"),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
