"""Arbin databases and exports: known rows and capacities, currents in A however small, hostile workbooks."""

import math
import shutil
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.cycling_capacity import KERNEL
from measurements.readers import READERS, detect, read
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.programs import Limits, run_limited

needs_mdbtools = pytest.mark.skipif(shutil.which("mdb-export") is None, reason="mdb-export of mdbtools is missing")
FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

HEADINGS = (
    "Date_Time", "Test_Time(s)", "Step_Time(s)", "Step_Index", "Cycle_Index", "Current(A)", "Voltage(V)",
    "Charge_Capacity(Ah)", "Discharge_Capacity(Ah)",
)  # fmt: skip
GLOBAL = [["TEST REPORT"], ["Channel", "Start DateTime", "Creator"], ["7", "2024-03-02 08:00:00", "eva"]]


def row(second, current=5e-5, voltage=3.7):
    date = f"2024-03-02 08:{second // 60:02d}:{second % 60:02d}"
    return [date, float(second), float(second), 2, 1, current, voltage, second * current / 3600, 0.0]


@pytest.fixture
def cellpy(shared_data):
    return shared_data / "electrochemistry/jepegit+cellpy"


@pytest.fixture
def navani(shared_data):
    return shared_data / "electrochemistry/be-smith+navani"


@pytest.fixture
def bs542(navani):
    return navani / "bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx"


def records(path, reader):
    found, reading = read(Source.at(path))
    assert found.name == reader
    return reading.table("records"), reading


@needs_mdbtools
def test_a_database_reads_whole_and_its_currents_are_in_ampere(navani):
    table, reading = records(navani / "arbin_example.res", "arbin_res")
    assert len(table) == 2150
    assert 8e-5 < np.abs(table["current_ampere"]).max() < 1e-4, "a micro cell: its amperes are no milliamperes"
    assert table.column("current_ampere").unit == "A"
    # The device's own counter of charge over its own clock is an independent current: 8.649e-5 A, of every charge.
    current, counter = table["current_ampere"], table["schedule_charging_capacity_ah"]
    assert np.abs(current[current != 0]).mean() == pytest.approx(8.6512e-5, rel=1e-4)
    for cycle in (1, 2, 3):
        rows = np.flatnonzero((table["cycle_count"] == cycle) & (current > 0))[[0, -1]]
        counted = 3600.0 * float(np.diff(counter[rows])[0] / np.diff(table["test_time_second"][rows])[0])
        assert counted == pytest.approx(8.649e-5, rel=1e-4)
    assert reading.technique == "cycling"
    assert reading.metadata["started_at"] == "2023-07-24T18:50:00"
    assert reading.metadata["test_name"].startswith("ajm314_LCO")
    assert np.array_equal(table["record_index"], np.arange(1, 2151))


@needs_mdbtools
def test_capacities_of_a_database_agree_with_the_devices_counters(cellpy):
    table, _ = records(cellpy / "20160805_test001_45_cc_01.res", "arbin_res")
    assert len(table) == 10_261
    assert table["cycle_count"].max() == 18
    known = {
        1: (0.001625406, 0.001755094), 2: (0.001699564, 0.001567475), 3: (0.001731508, 0.001585721),
        4: (0.001575978, 0.001517318), 5: (0.001535303, 0.001471186),
    }  # fmt: skip
    for cycle, (charge, discharge) in known.items():
        of_cycle = table["cycle_count"] == cycle
        assert table["schedule_charging_capacity_ah"][of_cycle].max() == pytest.approx(charge, rel=1e-6)
        assert table["schedule_discharging_capacity_ah"][of_cycle].max() == pytest.approx(discharge, rel=1e-6)
    cycles = KERNEL.run((KernelInput({"records": table}),), {"convention": "anode|Li"}).tables[0]
    for place, (charge, discharge) in enumerate(known.values()):
        assert cycles["charge_capacity_total"][place] == pytest.approx(charge * 1000, rel=3e-4)
        assert cycles["discharge_capacity_total"][place] == pytest.approx(discharge * 1000, rel=3e-4)


@needs_mdbtools
def test_auxiliary_temperatures_stand_beside_their_records(cellpy):
    table, _ = records(cellpy / "aux_one_x_dx.res", "arbin_res")
    assert len(table) == 7235
    # All 25 of the database but the number of the test, the channel and its rate, and the step that is derived. cellpy
    # 2.1.5 makes 22 of it: without seven of the 25, with the channel, its rate and two columns of its own.
    assert len(table.columns) == 25 - 1 + 2 + 1
    dropped = ["raw__PulseStageIndex", "raw__PulseStageTime", "ac_internal_resistance_ohm"]
    dropped += [f"raw__TC_Counter{number}" for number in range(1, 5)]
    assert all(name in table for name in dropped)
    assert len(table.columns) - len(dropped) - 1 + 3 == 22
    assert table.column("temperature_t1_celsius").unit == "degC"
    assert table["temperature_t1_celsius"][:2] == pytest.approx([24.406582, 24.372744])
    assert "raw__aux_temperature_0_rate" in table


def test_without_the_program_the_refusal_says_how_to_get_it(navani, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UnreadableFile, match=r"mdb-export.*apt-get install mdbtools"):
        read(Source.at(navani / "arbin_example.res"))


@needs_mdbtools
def test_a_cut_database_gives_what_is_left_or_says_why_not(navani, tmp_path):
    whole = (navani / "arbin_example.res").read_bytes()
    cut = tmp_path / "cut.res"
    cut.write_bytes(whole[:8192])
    assert detect(Source.at(cut)).chosen is READERS["arbin_res"]
    with pytest.raises(UnreadableFile, match="Channel_Normal_Table"):
        read(Source.at(cut))
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match="tells of 2150 records, 0 are there"):
        read(Source.at(cut))
    cut.write_bytes(whole[: 3 * len(whole) // 4])
    table, reading = records(cut, "arbin_res")
    assert 1000 < len(table) < 1100
    assert any("tells of 2150 records" in warning for warning in reading.warnings)


@needs_mdbtools
@FUZZ
@given(data=st.data())
def test_damaged_databases_never_raise_anything_else(navani, tmp_path, damaged, data):
    path = tmp_path / "damaged.res"
    path.write_bytes(damaged(data, (navani / "arbin_example.res").read_bytes()))
    try:
        _, reading = read(Source.at(path), reader="arbin_res")
    except UnreadableFile:
        return
    assert len(reading.table("records")) <= 100_000


def test_a_workbook_reads_whole_and_its_currents_are_in_ampere(bs542):
    table, reading = records(bs542, "arbin_export")
    assert len(table) == 4526
    assert np.abs(table["current_ampere"]).max() == pytest.approx(5.07e-5, rel=0.05)
    assert reading.metadata["channel"] == "11"
    assert reading.metadata["started_at"] == "2020-10-19T11:31:46.582"
    with zipfile.ZipFile(bs542) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
    last = sheet.rpartition("<v>")[2].partition("</v>")[0]
    assert table["raw__dV/dt(V/s)"][-1] == float(last), "every digit of the cell is kept"


def test_a_workbooks_means_over_cycles_agree(bs542):
    table, _ = records(bs542, "arbin_export")
    # The rest before the test counts as a cycle of its own in these means.
    steps, voltage = table["step_count"], table["voltage_volt"]
    groups = [steps == 1, (steps == 2) | (steps == 3), steps >= 4]
    assert np.mean([voltage[group].max() for group in groups]) == pytest.approx(2.084951, abs=1e-6)
    assert np.mean([voltage[group].min() for group in groups]) == pytest.approx(0.912430, abs=1e-6)
    assert table["schedule_charging_capacity_ah"].max() * 1000 / 2 == pytest.approx(2.85135, rel=1e-5)
    assert table["schedule_discharging_capacity_ah"].max() * 1000 / 2 == pytest.approx(5.52742, rel=1e-5)
    half = KERNEL.run((KernelInput({"records": table}),), {"convention": "anode|Li"}).tables[1]
    discharges = half["capacity_total"][half["direction"] == "discharge"]
    assert discharges.sum() / 2 == pytest.approx(5.52742, rel=1e-4)


def test_sheets_are_joined_in_the_order_of_their_records(tmp_path, write_xlsx):
    parts = [range(60), range(60, 120), range(120, 180)]
    sheets = {
        "Info": GLOBAL,
        "Channel_7_10": [HEADINGS, *map(row, parts[2])],
        "Channel_7_2": [HEADINGS, *map(row, parts[1])],
        "StatisticByCycle_7": [HEADINGS, row(179)],
        "Channel_7_1": [HEADINGS, *map(row, parts[0])],
    }
    table, reading = records(write_xlsx(tmp_path / "parts.xlsx", sheets), "arbin_export")
    assert np.array_equal(table["test_time_second"], np.arange(180.0))
    assert reading.warnings == (
        "3 sheets are joined in the order of their records: Channel_7_1, Channel_7_2, Channel_7_10",
    )
    assert reading.metadata["operator"] == "eva"


def test_two_channels_in_one_workbook_are_refused(tmp_path, write_xlsx):
    sheets = {f"Channel_{n}_1": [HEADINGS, row(1), row(2)] for n in (3, 4)}
    with pytest.raises(UnreadableFile, match="channels 3, 4; export one channel per file"):
        read(Source.at(write_xlsx(tmp_path / "two.xlsx", sheets)))


@pytest.mark.parametrize(("unit", "factor"), [("A", 1), ("mA", 1e-3), ("uA", 1e-6)])
def test_the_unit_of_the_heading_counts(tmp_path, write_xlsx, unit, factor):
    headings = [text.replace("(A)", f"({unit})") for text in HEADINGS]
    rows = [row(second, current=3.5e-9) for second in range(3)]
    table, _ = records(write_xlsx(tmp_path / "unit.xlsx", {"Channel_1_1": [headings, *rows]}), "arbin_export")
    assert table["current_ampere"] == pytest.approx([3.5e-9 * factor] * 3, rel=1e-12)


def test_an_unknown_unit_is_refused_and_named(tmp_path, write_xlsx):
    headings = [text.replace("(A)", "(mA/cm^2)") for text in HEADINGS]
    with pytest.raises(UnreadableFile, match=r"'Current\(mA/cm\^2\)' has the unit 'mA/cm\^2'"):
        read(Source.at(write_xlsx(tmp_path / "unit.xlsx", {"Channel_1_1": [headings, row(1), row(2)]})))


def test_a_missing_column_is_refused_and_named(tmp_path, write_xlsx):
    rows = [[cell for place, cell in enumerate(cells) if place != 6] for cells in (HEADINGS, row(1), row(2))]
    with pytest.raises(UnreadableFile, match="no table|voltage_volt"):
        read(Source.at(write_xlsx(tmp_path / "less.xlsx", {"Channel_1_1": rows})))
    text = tmp_path / "less.csv"
    text.write_text("\n".join(",".join(map(str, cells)) for cells in rows))
    with pytest.raises(UnreadableFile, match=r"required column missing: voltage_volt.*Current\(A\)"):
        read(Source.at(text))


def test_text_exports_read_alike(tmp_path):
    path = tmp_path / "holiday.txt"
    path.write_text("\n".join(",".join(map(str, cells)) for cells in (HEADINGS, *map(row, range(50)))) + "\n")
    table, reading = records(path, "arbin_export")
    assert table["current_ampere"] == pytest.approx([5e-5] * 50)
    assert reading.metadata["started_at"] == "2024-03-02T08:00:00"
    bare = tmp_path / "bare.csv"
    bare.write_text(path.read_text().replace("(s)", "").replace("(A)", "").replace("(V)", "").replace("(Ah)", ""))
    table, reading = records(bare, "arbin_export")
    assert table["current_ampere"] == pytest.approx([5e-5] * 50)
    assert any("state no units" in warning for warning in reading.warnings)


def test_a_growing_text_loses_its_broken_line_only(tmp_path):
    path = tmp_path / "growing.csv"
    text = "\n".join(",".join(map(str, cells)) for cells in (HEADINGS, *map(row, range(20))))
    path.write_text(text[: text.rindex(",")])
    table, reading = records(path, "arbin_export")
    assert len(table) == 19
    assert any("truncated: the last line ends within column 8 of 9" in warning for warning in reading.warnings)


def test_integers_first_do_not_hide_what_follows(tmp_path, write_xlsx):
    rows = [row(second, current=0) for second in range(2000)] + [row(2000, current=8e-7)]
    table, _ = records(write_xlsx(tmp_path / "late.xlsx", {"Channel_1_1": [HEADINGS, *rows]}), "arbin_export")
    assert table["current_ampere"][-1] == 8e-7


FAR = '<c r="XFD1048576"><v>1</v></c>'
TRICKS = {
    "bomb": ({"xl/bomb.xml": bytes(80 * 1024 * 1024)}, "times its size"),
    "path": ({"../../etc/passwd": "x"}, "leads out of it"),
    "entity": ({"xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY b "c">]><sst/>'}, "document type"),
    "wide letters": ({"xl/sharedStrings.xml": "<sst/>".encode("utf-16")}, "no UTF-8"),
    "members": ({f"m{n}": "" for n in range(2000)}, "members"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_hostile_workbooks_are_refused_in_words(tmp_path, write_xlsx, trick):
    extra, said = TRICKS[trick]
    path = write_xlsx(tmp_path / "trick.xlsx", {"Channel_1_1": [HEADINGS, row(1), row(2)]}, extra)
    with pytest.raises(UnreadableFile, match=said):
        read(Source.at(path), reader="arbin_export")


def test_a_cell_at_the_end_of_the_world_is_refused_before_memory_is_asked_for(tmp_path, write_xlsx):
    path = write_xlsx(tmp_path / "far.xlsx", {"Channel_1_1": [HEADINGS, row(1), row(2)]})
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    far = {"xl/worksheets/sheet1.xml": sheet.replace("</row></sheetData>", f"{FAR}</row></sheetData>")}
    write_xlsx(path, {"Channel_1_1": []}, far)
    with pytest.raises(UnreadableFile, match="spans 1048576 rows and 16384 columns"):
        read(Source.at(path))


def test_a_cut_workbook_is_recognised_and_refused(bs542, tmp_path):
    path = tmp_path / "cut.xlsx"
    path.write_bytes(bs542.read_bytes()[:-4000])
    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        read(Source.at(path))


@FUZZ
@given(data=st.data())
def test_damaged_workbooks_never_raise_anything_else(tmp_path, write_xlsx, damaged, data):
    """Damage inside the members, packed anew: the archive's checksums would refuse it before."""
    path = write_xlsx(tmp_path / "whole.xlsx", {"Info": GLOBAL, "Channel_1_1": [HEADINGS, *map(row, range(8))]})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    chosen = data.draw(st.sampled_from(sorted(members)))
    members[chosen] = damaged(data, members[chosen])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    try:
        _, reading = read(Source.at(path), reader="arbin_export")
    except UnreadableFile:
        return
    assert len(reading.table("records")) <= 8


def test_the_kernel_needs_no_help_with_an_export(tmp_path):
    seconds = np.arange(0.0, 7200.0, 10)
    current = np.where(seconds < 3600, 1e-3, -1e-3)
    voltage = 3.7 + 0.1 * np.sin(seconds / 3600 * math.pi)
    lines = [",".join(HEADINGS)]
    lines += [
        f"2024-03-02 08:00:00,{t},{t},{1 + (i < 0)},1,{i},{v},0,0"
        for t, i, v in zip(seconds, current, voltage, strict=True)
    ]
    path = tmp_path / "cell.csv"
    path.write_text("\n".join(lines) + "\n")
    table, _ = records(path, "arbin_export")
    half = KERNEL.run((KernelInput({"records": table}),), {}).tables[1]
    assert half["direction"].tolist() == ["charge", "discharge"]
    assert half["capacity_total"] == pytest.approx([1.0, 1.0], rel=5e-3)


def test_a_program_that_complains_for_ever_is_ended_by_the_limit_of_its_output(tmp_path):
    """A damaged database led mdb-export round in a circle; its complaints filled the reader's memory."""
    limits = Limits(memory=256 << 20, seconds=20, output=1 << 20)
    endless = "while :; do echo 'no such type' >&2; done"
    ended = run_limited(["/bin/sh", "-c", endless], tmp_path / "table.csv", limits)
    assert not ended.sound
    assert ended.reason == "its output passed the limit"
    assert (tmp_path / "table.complaints").stat().st_size <= 1 << 20


def test_a_program_that_only_waits_is_ended_by_the_clock(tmp_path):
    ended = run_limited(
        ["/bin/sleep", "60"], tmp_path / "table.csv", Limits(memory=64 << 20, seconds=1, output=1 << 20)
    )
    assert ended.reason == "it did not end within 2 s"
