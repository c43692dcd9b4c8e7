"""PEC on a real file; Landt, Ivium, BaSyTec and Digatron on texts and workbooks in their published layouts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.cycling_capacity import KERNEL
from measurements.readers import READERS, detect, read
from measurements.readers.base import Source, UnreadableFile

FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LANDT = (
    "Index", "TestTime", "StepTime", "Voltage/V", "Current/mA", "Capacity/mAh", "SCapacity/mAh/g", "Energy/mWh",
    "SEnergy/Wh/kg", "SysTime", "State",
)  # fmt: skip
LANDT_CHINESE = (
    "记录序号", "测试时间", "步骤时间", "电压/V", "电流/mA", "容量/mAh", "比容量/mAh/g", "系统时间", "状态",
)  # fmt: skip
BASYTEC_ABOVE = (
    "~Resultfile from BaSyTec Battery Test System\n~Name of Test: KM 50mAh\n~Battery: E5\n"
    "~Start of Test: 05.05.2025 14:36:06\n~\n"
)
DIGATRON = (
    "Battery,LG_HG2\n\n"
    "Time Stamp,Step,Status,Prog Time,Step Time,Cycle,Cycle Level,Procedure,Voltage,Current,AhAccu,WhAccu,Temp1\n"
    ",,,,,,,,[V],[A],[Ah],[Wh],[°C]\n"
)


@pytest.fixture
def pec(shared_data):
    return shared_data / "electrochemistry/jepegit+cellpy/pec.csv"


def records(path, reader):
    found, reading = read(Source.at(path))
    assert found.name == reader
    return reading.table("records"), reading


def landt_rows(count=20):
    rows = []
    for n in range(count):
        state, current = (("R", 0.0), ("C_CC", 0.5), ("D_CC", 0.5))[3 * n // count]
        time = f"{n // 24}-{n % 24:02d}:00:10"
        rows.append([n + 1, time, time, 3.6, current, 0.1 * n, 10.0 * n, 0.2, 20.0, f"2025-01-15 10:{n:02d}:00", state])
    return rows


def text_of(headings, rows, delimiter="\t"):
    return "\n".join(delimiter.join(map(str, cells)) for cells in (headings, *rows)) + "\n"


def test_a_real_pec_export(pec):
    table, reading = records(pec, "pec_csv")
    assert len(table) == 16_255
    assert table["voltage_volt"][0] == pytest.approx(3.272632, abs=1e-12)
    assert table["current_ampere"][5] == pytest.approx(-1.6339, abs=1e-12)
    assert reading.metadata["started_at"] == "2019-02-22T16:21:35"
    assert table["ambient_temperature_celsius"][0] == 25.83
    assert table["step_count"].max() == 8


def test_the_integral_of_a_pec_export_agrees_with_the_devices_counter(pec):
    table, _ = records(pec, "pec_csv")
    cycles, half = KERNEL.run((KernelInput({"records": table}),), {"convention": "cathode|Li"}).tables
    # The device's counters at the end of the first full charge and discharge.
    assert cycles["charge_capacity_total"][1] == pytest.approx(44_424.915, rel=1e-5)
    assert cycles["discharge_capacity_total"][1] == pytest.approx(44_351.991, rel=1e-5)
    assert half["energy"][1] == pytest.approx(148_356.771, rel=1e-5)


def test_two_cells_in_one_pec_export_are_refused(pec, tmp_path):
    lines = pec.read_text().split("\n")[:60]
    lines[-1] = lines[-1].replace("187,1,", "187,2,", 1)
    path = tmp_path / "two.csv"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UnreadableFile, match="one cell per file"):
        read(Source.at(path))


@FUZZ
@given(data=st.data())
def test_damaged_pec_exports_never_raise_anything_else(pec, tmp_path, damaged, data):
    path = tmp_path / "damaged.csv"
    path.write_bytes(damaged(data, pec.read_bytes()[:12_000]))
    try:
        _, reading = read(Source.at(path), reader="pec_csv")
    except UnreadableFile:
        return
    assert len(reading.table("records")) < 1000


@pytest.mark.parametrize("kind", ["xls", "xlsx", "csv", "txt", "gbk"])
def test_landt_exports_of_every_kind(tmp_path, write_xls, write_xlsx, kind):
    rows = [[float(cell) if isinstance(cell, int) else cell for cell in cells] for cells in landt_rows()]
    path = tmp_path / "export"
    if kind in {"xls", "xlsx"}:
        write = {"xls": write_xls, "xlsx": write_xlsx}[kind]
        write(path, {"Cycle": [["Cycle", "Capacity/mAh"], [1.0, 2.0]], "Record": [list(LANDT), *rows]})
    elif kind == "gbk":
        chosen = [[*cells[:7], *cells[9:]] for cells in rows]
        path.write_bytes(text_of(LANDT_CHINESE, chosen, ",").encode("gbk"))
    else:
        path.write_text(text_of(LANDT, rows, {"csv": ",", "txt": "\t"}[kind]))
    table, reading = records(path, "landt_export")
    assert len(table) == 20
    assert table["test_time_second"][-1] == 19 * 3600 + 10
    assert table["current_ampere"].tolist() == [0.0] * 7 + [5e-4] * 7 + [-5e-4] * 6
    assert table["step_cumulative_capacity_ah"][-1] == pytest.approx(1.9e-3)
    assert reading.metadata["started_at"] == "2025-01-15T10:00:00"


def test_landt_seconds_and_status_words(tmp_path):
    headings = (
        "Record", "Cycle-Index", "Step-Index", "TestTime/Sec.", "StepTime/Sec.", "Voltage/V", "Current/uA",
        "Capacity/uAh", "StepStatus",
    )  # fmt: skip
    rows = [[n + 1, 1, 1 + n // 5, 60 * n, 60 * (n % 5), 3.6, 250.0, 1.0, "CCD" if n < 5 else "CCC"] for n in range(10)]
    path = tmp_path / "export.csv"
    path.write_text(text_of(headings, rows, ","))
    table, _ = records(path, "landt_export")
    assert table["current_ampere"].tolist() == pytest.approx([-2.5e-4] * 5 + [2.5e-4] * 5)
    assert table["test_time_second"].tolist() == [60.0 * n for n in range(10)]
    assert table["step_count"].tolist() == [1] * 5 + [2] * 5
    assert table["cycle_count"].tolist() == [1] * 10


def test_landt_headings_of_steps_among_the_records_are_left_out(tmp_path):
    rows = landt_rows()
    rows[10:10] = [["Index", "Mode", "Period", "Capacity/mAh"], [2, "D_CC", "0-01:00:00", 1.5], list(LANDT)]
    path = tmp_path / "layered.txt"
    path.write_text(text_of(LANDT, rows))
    table, reading = records(path, "landt_export")
    assert table["record_index"].tolist() == list(range(1, 21))
    assert any("left out" in warning for warning in reading.warnings)


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("blanks", [False, True])
def test_basytec_results(tmp_path, comma, blanks):
    headings = (
        "~Time[h]", "DataSet", "DateTime", "t-Step[h]", "Line", "Command", "U[V]", "I[A]", "Ah[Ah]", "T1[°C]",
        "Cyc-Count",
    )  # fmt: skip

    def number(value):
        return str(value).replace(".", ",") if comma else str(value)

    rows = []
    for n in range(8):
        command, current = ("Charge", 0.005) if n < 4 else ("Discharge", -0.005)
        before = [number(0.5 * n), n + 1, f"05.05.2025 14:36:{n:02d}", number(0.5 * (n % 4)), 2 + n // 4, command]
        rows.append([*before, number(3.5), number(current), number(0.1), number(25.5), 1])
    path = tmp_path / "result.txt"
    path.write_bytes((BASYTEC_ABOVE + text_of(headings, rows, " " if blanks else "\t")).encode("latin-1"))
    table, reading = records(path, "basytec_text")
    assert table["test_time_second"].tolist() == [1800.0 * n for n in range(8)]
    assert table["current_ampere"].tolist() == [0.005] * 4 + [-0.005] * 4
    assert table["temperature_t1_celsius"][0] == 25.5
    assert table["step_id"].tolist() == [2] * 4 + [3] * 4
    assert reading.metadata["started_at"] == "2025-05-05T14:36:06"
    assert reading.metadata["test_name"] == "KM 50mAh"


def test_basytec_currents_per_mass_are_refused(tmp_path):
    path = tmp_path / "result.txt"
    headings = ("~Time[h]", "DataSet", "U[V]", "I[A/kg]", "t-Step[h]")
    path.write_text(BASYTEC_ABOVE + text_of(headings, [[0.1 * n, n, 3.5, 10, 0.1] for n in range(9)]))
    with pytest.raises(UnreadableFile, match=r"'I\[A/kg\]' has the unit 'A/kg'"):
        read(Source.at(path))


def test_digatron_exports_take_their_units_from_the_line_below(tmp_path):
    lines = []
    for n in range(10):
        status, current = ("CHA", 1.5) if n < 5 else ("DCH", -1.5)
        clocks = f"00:00:{n:02d}.500,00:00:0{n % 5}.000"
        step = f"{23 + n // 5},{status},{clocks},1,0,P1"
        lines.append(f"10/27/2018 1:37:{n:02d} PM,{step},{4.18 - 0.01 * n},{current},0.1,0.2,24.5")
    path = tmp_path / "export.csv"
    path.write_bytes((DIGATRON + "\n".join(lines) + "\n").encode("latin-1"))
    table, reading = records(path, "digatron_csv")
    assert table["test_time_second"].tolist() == [n + 0.5 for n in range(10)]
    assert table["current_ampere"].tolist() == [1.5] * 5 + [-1.5] * 5
    assert table["temperature_t1_celsius"].tolist() == [24.5] * 10
    assert table["step_id"].tolist() == [23] * 5 + [24] * 5
    assert reading.metadata["started_at"] == "2018-10-27T13:37:00"
    path.write_bytes(path.read_bytes().replace(b"[A]", b"[mA]"))
    assert records(path, "digatron_csv")[0]["current_ampere"][0] == pytest.approx(1.5e-3)


@pytest.mark.parametrize("delimiter", ["\t", "  "])
def test_ivium_exports_join_their_scans(tmp_path, delimiter):
    headings = ("time /s", "E /V", "I /A")
    scan = [[f"{0.5 * n:.5E}", f"{3 + 0.01 * n:.5E}", f"{1.25e-6 * (1 if n < 5 else -1):.5E}"] for n in range(10)]
    later = [[f"{5 + 0.5 * n:.5E}", "3.0", "0.0"] for n in range(4)]
    path = tmp_path / "scan.txt"
    path.write_text("Method: CyclicVoltammetry\n" + text_of(headings, [*scan, headings, *later], delimiter))
    table, reading = records(path, "ivium_text")
    assert len(table) == 14
    assert table["current_ampere"][[0, 9, 13]].tolist() == [1.25e-6, -1.25e-6, 0.0]
    assert any("hold no record" in warning for warning in reading.warnings)


def samples():
    basytec = text_of(("~Time[h]", "DataSet", "U[V]", "I[A]"), [[n, n, 3.5, 1] for n in range(9)])
    digatron = "10/27/2018 1:37:00 PM,23,CHA,00:00:00.5,00:00:00.0,1,0,P1,4.1,1.5,0.1,0.2,24\n" * 9
    ivium = text_of(("time /s", "E /V", "I /A"), [[n, 3.0, 1e-6] for n in range(9)], "  ")
    return {
        "landt_export": text_of(LANDT, landt_rows()).encode("utf-16"),
        "basytec_text": (BASYTEC_ABOVE + basytec).encode(),
        "digatron_csv": (DIGATRON + digatron).encode("latin-1"),
        "ivium_text": ivium.encode(),
    }


@pytest.mark.parametrize("reader", samples())
def test_samples_are_recognised_by_content_alone(tmp_path, reader):
    path = tmp_path / "3f2a"
    path.write_bytes(samples()[reader])
    report = detect(Source(path, "holiday.png"))
    assert report.chosen is READERS[reader]
    assert [c.reader.name for c in report.candidates if c.score >= report.candidates[0].score] == [reader]


@FUZZ
@given(data=st.data())
def test_damaged_exports_never_raise_anything_else(tmp_path, damaged, data):
    reader, whole = data.draw(st.sampled_from(sorted(samples().items())))
    path = tmp_path / "damaged"
    path.write_bytes(damaged(data, whole) or b"?")
    assert not any(candidate.failed for candidate in detect(Source.at(path)).candidates)
    try:
        _, reading = read(Source.at(path), reader=reader)
    except UnreadableFile:
        return
    assert len(reading.table("records")) < 1000


@settings(FUZZ, max_examples=25)
@given(data=st.data())
def test_damaged_old_workbooks_never_raise_anything_else(tmp_path, write_xls, damaged, data):
    rows = [[float(cell) if isinstance(cell, int) else cell for cell in cells] for cells in landt_rows(6)]
    path = write_xls(tmp_path / "whole.xls", {"Record": [list(LANDT), *rows]})
    path.write_bytes(damaged(data, path.read_bytes()))
    try:
        _, reading = read(Source.at(path), reader="landt_export")
    except UnreadableFile:
        return
    assert len(reading.table("records")) < 100_000


def test_no_reader_of_cyclers_claims_what_is_anothers(shared_data):
    folder = shared_data / "electrochemistry"
    cyclers = {
        "pec_csv", "landt_export", "ivium_text", "basytec_text", "digatron_csv", "maccor_export", "neware_export",
        "arbin_export", "neware_nda", "arbin_res",
    }  # fmt: skip
    theirs = ("jepegit+cellpy", "be-smith+navani")
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.parent.name not in theirs):
        chosen = detect(Source.at(path)).chosen
        assert chosen is None or chosen.name not in cyclers, f"{path.name} is taken by {chosen}"
    for name in ("custom_data_001.csv", "custom_good_small.csv", "custom_missing_column.csv"):
        assert detect(Source.at(folder / "jepegit+cellpy" / name)).chosen is READERS["mapped_csv"]
