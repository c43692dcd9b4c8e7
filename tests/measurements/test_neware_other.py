"""Neware's older binaries against the vendor's own exports, and exports as text and workbook."""

import zipfile

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.cycling_capacity import KERNEL
from measurements.readers import read
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.neware_export import READER

# rows, last total time / s, mean voltage / mV, sum of currents / µA, max |capacity| / mAs, max cycle, max step:
# the vendor's export of the same file.
VENDOR = {
    "TestFile": (6670, 72373.26, 3626.5127, 3.5995269e8, 20903926, 3, 11),
    "nda8": (46805, 46803, 2398.8326, -93704, 92.300003, 1, 3),
    "nda_v23": (2706, 2703, 3472.1919, -1.1170725e10, 11163812, 1, 3),
}
FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

HEADINGS = (
    "DataPoint", "Cycle Index", "Step Index", "Step Type", "Time", "Total Time", "Current(mA)", "Voltage(V)",
    "Capacity(mAh)", "Chg. Cap.(mAh)", "DChg. Cap.(mAh)", "Date",
)  # fmt: skip
CHINESE = (
    "数据序号", "循环号", "工步号", "工步类型", "时间", "总时间", "电流(mA)", "电压(V)", "容量(mAh)", "充电容量(mAh)",
    "放电容量(mAh)", "绝对时间",
)  # fmt: skip


def clock(seconds):
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def row(number, current=-0.3, kind="CC DChg"):
    amount = abs(current) * number / 60
    date = f"2025-04-07 {clock(12 * 3600 + 60 * number)}"
    return [number + 1, 1, 2, kind, clock(60 * number), clock(60 * number), current, 3.1, amount, 0.0, amount, date]


def text_of(headings, rows):
    return "\n".join(",".join(map(str, cells)) for cells in (headings, *rows)) + "\n"


@pytest.fixture
def empa(shared_data):
    return shared_data / "electrochemistry/EmpaEconversion+fastnda"


@pytest.fixture
def uio(shared_data):
    return shared_data / "electrochemistry/jepegit+cellpy/neware_uio.csv"


def records(path, reader="neware_export"):
    found, reading = read(Source.at(path))
    assert found.name == reader
    return reading.table("records"), reading


def unpacked(empa, name, folder):
    path = folder / "stored under any name"
    with zipfile.ZipFile(empa / f"{name}.nda.zip") as archive:
        path.write_bytes(archive.read(f"{name}.nda"))
    return path


@pytest.mark.parametrize("name", VENDOR)
def test_binaries_agree_with_the_vendors_sums(empa, tmp_path, name):
    rows, last, voltage, current, capacity, cycles, steps = VENDOR[name]
    table, reading = records(unpacked(empa, name, tmp_path), "neware_nda")
    assert len(table) == rows
    assert table["test_time_second"][-1] == pytest.approx(last, abs=1e-6)
    # The export rounds to 0.1 mV and to whole µA.
    assert table["voltage_volt"].mean() * 1e3 == pytest.approx(voltage, abs=0.02)
    assert table["current_ampere"].sum() * 1e6 == pytest.approx(current, rel=1e-6, abs=0.02 * rows)
    assert np.abs(table["step_net_capacity_ah"]).max() * 3.6e6 == pytest.approx(capacity, rel=1e-6)
    assert table["cycle_count"].max() == cycles
    assert table["step_count"].max() == steps
    assert reading.technique == "cycling"


@pytest.mark.parametrize("name", VENDOR)
def test_every_record_of_a_binary_agrees_with_the_vendors_export(empa, tmp_path, name):
    vendor = pl.read_parquet(empa / f"{name}.parquet")
    table, _ = records(unpacked(empa, name, tmp_path), "neware_nda")
    for theirs, ours in {"Cycle Index": "cycle_count", "Step Index": "step_id", "Step Count": "step_count"}.items():
        assert np.array_equal(table[ours], vendor[theirs].to_numpy()), ours
    # The vendor rounds capacities to 0.1 mAs, those of large currents to 0.5 mAs.
    scaled = {
        "Total Time": ("test_time_second", 1, 1e-3),
        "Time": ("step_time_second", 1, 1e-3),
        "Voltage(mV)": ("voltage_volt", 1e-3, 6e-5),
        "Current(uA)": ("current_ampere", 1e-6, 6e-7),
        "Capacity(mAs)": ("step_net_capacity_ah", 1 / 3.6e6, 1.5e-7),
    }
    for theirs, (ours, factor, tolerance) in scaled.items():
        expected = np.abs(vendor[theirs].cast(pl.Float64).to_numpy() * factor)
        np.testing.assert_allclose(np.abs(table[ours]), expected, rtol=1e-5, atol=tolerance, err_msg=ours)


def test_a_binary_says_when_and_where_in_time(empa, tmp_path):
    table, reading = records(unpacked(empa, "TestFile", tmp_path), "neware_nda")
    assert reading.metadata["started_at"] == "2024-05-27T08:02:48.782000+00:00"
    assert table["unix_time_second"][0] == pytest.approx(1716796973.97)
    assert table.column("temperature_t1_celsius").unit == "degC"
    _, reading = records(unpacked(empa, "nda8", tmp_path), "neware_nda")
    assert reading.metadata["started_at"] == "2020-01-28T10:26:22"
    assert reading.metadata["operator"] == "Frederik Huld"


def test_another_real_binary(shared_data):
    table, _ = records(shared_data / "electrochemistry/be-smith+navani/test.nda", "neware_nda")
    assert len(table) == 439
    assert table["step_count"].max() == 6


@FUZZ
@given(data=st.data())
def test_damaged_binaries_never_raise_anything_else(empa, tmp_path, damaged, data):
    path = unpacked(empa, "nda_v23", tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:6] + damaged(data, whole[6:]))
    try:
        _, reading = read(Source.at(path))
    except UnreadableFile:
        return
    assert len(reading.table("records")) < 100_000


def test_a_real_text_export(uio):
    table, reading = records(uio)
    assert len(table) == 9065
    assert table["cycle_count"].max() == 4
    assert table["test_time_second"][-1] == 144 * 3600 + 2 * 60 + 18
    assert np.all(table["current_ampere"][table["step_type"] == "CC DChg"] < 0)
    assert reading.metadata["started_at"] == "2022-05-18T16:27:52"
    half = KERNEL.run((KernelInput({"records": table}),), {"convention": "anode|Li"}).tables[1]
    assert half["capacity_total"] == pytest.approx(half["counted_capacity_total"], rel=2e-4)
    # The device's own capacity at the end of the first charge.
    assert half["capacity_total"][1] == pytest.approx(4.24934, rel=1e-4)


@pytest.mark.parametrize(("headings", "encoding"), [(CHINESE, "gbk"), (CHINESE, "utf-8"), (HEADINGS, "utf-16")])
def test_exports_in_other_tongues_and_encodings(tmp_path, headings, encoding):
    rows = [row(n, kind="恒流放电" if headings is CHINESE else "CC DChg") for n in range(30)]
    path = tmp_path / "export"
    path.write_bytes(text_of(headings, rows).encode(encoding))
    table, _ = records(path)
    assert table["current_ampere"] == pytest.approx([-3e-4] * 30)
    assert table["test_time_second"].tolist() == [60.0 * n for n in range(30)]
    assert table["step_discharging_capacity_ah"][-1] == pytest.approx(0.3 * 29 / 60 / 1000)
    cut = tmp_path / "growing"
    cut.write_bytes(path.read_bytes()[:-73])
    assert 26 <= len(records(cut)[0]) <= 29


def test_amounts_of_current_get_their_sign_from_the_step(tmp_path):
    rows = [row(n, current=0.3, kind="恒流放电" if n > 9 else "恒流充电") for n in range(20)]
    path = tmp_path / "unsigned.csv"
    path.write_bytes(text_of(CHINESE, rows).encode("gbk"))
    assert records(path)[0]["current_ampere"].tolist() == pytest.approx([3e-4] * 10 + [-3e-4] * 10)


def test_exports_without_the_time_of_the_test_sum_their_steps(tmp_path):
    headings = (
        "Record Index", "Cycle", "Step", "Status", "Relative Time(h:min:s.ms)", "Absolute Time", "Cur(mA)",
        "Voltage(V)", "CapaCity(mAh)",
    )  # fmt: skip
    steps = [("Rest", 0, 0), ("CC_DChg", 305, -1.0), ("CC_Chg", 900, 1.0)]  # the last begins 5 minutes late
    rows = []
    for number, (kind, start, current) in enumerate(steps, start=1):
        for second in range(0, 301, 100):
            date = f"2025-01-15 {clock(8 * 3600 + start + second)}"
            rows.append([len(rows) + 1, 1, number, kind, f"{clock(second)}.500", date, current, 3.0, 0.0])
    path = tmp_path / "old.csv"
    path.write_text(text_of(headings, rows))
    table, reading = records(path)
    assert table["test_time_second"][:4].tolist() == [0.5, 100.5, 200.5, 300.5]
    assert table["test_time_second"][8] == pytest.approx(900.5), "the pause is in the dates alone"
    assert np.all(np.diff(table["test_time_second"]) > 0)
    assert reading.metadata["derived"] == ["step_count", "test_time_second"]
    assert any("summed from the times of the steps" in warning for warning in reading.warnings)


@pytest.mark.parametrize("rows", [0, 3])
def test_an_export_without_any_time_says_so_or_is_empty(tmp_path, rows):
    """Only the step has a clock here: no record yet is an empty table, records with blank clocks are refused."""
    headings = ("Record Index", "Cycle", "Step", "Status", "Relative Time(h:min:s.ms)", "Cur(mA)", "Voltage(V)",
                "CapaCity(mAh)")  # fmt: skip
    path = tmp_path / "old.csv"
    path.write_text(text_of(headings, [[n + 1, 1, 1, "Rest", "", 0.0, 3.0, 0.0] for n in range(rows)]))
    if not rows:
        assert len(READER.read(Source.at(path), {}).table("records")) == 0
        return
    with pytest.raises(UnreadableFile, match="required column missing: test_time_second"):
        READER.read(Source.at(path), {})


def test_workbooks_join_their_record_sheets_and_leave_the_rest(tmp_path, write_xlsx, styled):
    rows = [row(n) for n in range(90)]
    for cells in rows[:45]:
        cells[4] = styled((cells[0] - 1) / 1440, 1)  # a cell that is a clock
        cells[5] = styled((cells[0] - 1) / 1440, 2)  # and one that is a span
    headings = list(HEADINGS)
    sheets = {
        "unit": [["Current", "mA"]],
        "cycle": [["Cycle Index", "Chg. Cap.(mAh)", "DChg. Cap.(mAh)"], [1.0, 0.0, 1.0]],
        "step": [headings, row(3)],
        "record2": [headings, *rows[45:]],
        "record": [headings, *rows[:45]],
    }
    table, reading = records(write_xlsx(tmp_path / "BTSDA.xlsx", sheets))
    assert table["record_index"].tolist() == list(range(1, 91))
    assert table["test_time_second"] == pytest.approx(60.0 * np.arange(90), abs=2e-3)
    assert table["current_ampere"] == pytest.approx([-3e-4] * 90)
    assert reading.warnings[0] == "2 sheets are joined in the order of their records: record, record2"


def test_spans_of_more_than_a_day_keep_their_days(tmp_path, write_xlsx, styled):
    rows = [row(n) for n in range(6)]
    for cells in rows:
        cells[5] = styled(70.25 + cells[0] / 1440, 2)
    table, _ = records(write_xlsx(tmp_path / "long.xlsx", {"record": [list(HEADINGS), *rows]}))
    assert table["test_time_second"][0] == pytest.approx(70.25 * 86400 + 60, abs=2e-3)


def test_a_time_without_unit_or_clock_is_refused(tmp_path):
    rows = [row(n) for n in range(9)]
    for cells in rows:
        cells[5] = 60 * cells[0]
    path = tmp_path / "bare.csv"
    path.write_text(text_of(HEADINGS, rows))
    with pytest.raises(UnreadableFile, match=r"'Total Time' states no unit.*'Total Time\(s\)'"):
        read(Source.at(path))


def test_a_current_without_unit_is_refused(tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text(text_of([heading.replace("(mA)", "") for heading in HEADINGS], [row(n) for n in range(9)]))
    with pytest.raises(UnreadableFile, match=r"'Current' states no unit; it should read like 'Current\(A\)'"):
        read(Source.at(path))


@FUZZ
@given(data=st.data())
def test_damaged_exports_never_raise_anything_else(uio, tmp_path, damaged, data):
    whole = data.draw(st.sampled_from([uio.read_bytes()[:20_000], text_of(CHINESE, map(row, range(40))).encode("gbk")]))
    path = tmp_path / "damaged.csv"
    path.write_bytes(damaged(data, whole))
    try:
        _, reading = read(Source.at(path), reader="neware_export")
    except UnreadableFile:
        return
    assert len(reading.table("records")) < 1000
