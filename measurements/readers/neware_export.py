"""Neware exports of BTSDA, text (`.csv`, `.txt`) or workbook (`.xlsx`, `.xls`), in English or Chinese.

New exports record the time of the test and signed currents; older ones only step times and dates.
"""

from __future__ import annotations

from collections.abc import Mapping

from measurements.readers import vendor_tables
from measurements.readers.base import Match, Reader, Reading, Source
from measurements.readers.vendor_headings import Vocabulary, heading
from measurements.readers.vendor_tables import Vendor

_NEWARE = Vendor(
    instrument="Neware",
    vocabulary=Vocabulary(
        (
            heading("record_index", "DataPoint", "Record Index", "Record ID", "Record number", "数据序号", "记录序号"),
            heading("cycle_count", "Cycle Index", "Cycle ID", "Cycle", "循环号", "循环序号"),
            heading("step_id", "Step Index", "Step ID", "Step", "工步号", "工步序号"),
            heading("step_type", "Step Type", "Step Name", "Steps name", "Status", "State", "工步类型", "工步名称"),
            heading("step_time_second", "Time", "Step Time", "Relative Time", "时间", "工步时间", "相对时间"),
            heading("test_time_second", "Total Time", "Cumulative Time", "Test Time", "总时间", "测试时间"),
            heading("current_ampere", "Current", "Cur", "电流"),
            heading("voltage_volt", "Voltage", "Volt", "电压"),
            heading("step_cumulative_capacity_ah", "Capacity", "容量"),
            heading("step_charging_capacity_ah", "Chg. Cap.", "Capacitance_Chg", "Chg. Capacity", "充电容量"),
            heading("step_discharging_capacity_ah", "DChg. Cap.", "Capacitance_DChg", "DChg. Capacity", "放电容量"),
            heading("step_cumulative_energy_wh", "Energy", "能量"),
            heading("step_charging_energy_wh", "Chg. Energy", "Engy_Chg", "充电能量"),
            heading("step_discharging_energy_wh", "DChg. Energy", "Engy_DChg", "放电能量"),
            heading("power_watt", "Power", "功率"),
            heading("temperature_t1_celsius", "T1", "Aux. Temperature"),
            heading("dc_internal_resistance_ohm", "DCIR", "内阻"),
        )
    ),
    marks=(
        "DataPoint", "Record Index", "Record ID", "Step Type", "Steps name", "JumpTo", "Total Time", "Cumulative Time",
        "Relative Time", "Absolute Time", "Realtime", "Chg. Cap.", "DChg. Cap.", "Capacitance_Chg", "Capacitance_DChg",
        "dQm/dV", "数据序号", "循环号", "工步号", "工步类型", "总时间", "相对时间", "绝对时间", "充电容量", "放电容量",
    ),
    least=3,
    sums_step_times=True,
    dates=("Date", "Realtime", "Absolute Time", "日期", "绝对时间", "系统时间"),
    date_formats=("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %H:%M:%S"),
    discharging=r"DChg|Discharge|放电",
    ignored_sheets=r"statis|^cycle|^step|^log|^curve|^idle|^info|^unit|^test",
)  # fmt: skip


def score(source: Source) -> Match:
    """Headings as BTSDA writes them; `Step Type` and `Chg. Cap.` are nobody else's."""
    return vendor_tables.score(source, _NEWARE)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an export; several record sheets are joined in the order of their records.

    Neware counts capacities per step and without sign: they are kept as `step_..._capacity_ah`. `Cycle Index`
    is the device's loop counter or whatever the export was set to.

    Raises:
        UnreadableFile: It is damaged, or time, voltage or current is missing or without a unit.
    """
    del options
    return vendor_tables.reading(vendor_tables.read(source, _NEWARE), {})


READER = Reader(
    name="neware_export",
    version="1",
    format="neware-export",
    label="Neware BTSDA export (.csv, .xlsx)",
    extensions=(".csv", ".xlsx", ".xls", ".txt"),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
