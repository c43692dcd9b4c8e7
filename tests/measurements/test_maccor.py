"""Maccor exports: amounts of current get their sign from the state, clocks and minutes become seconds."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.cycling_capacity import KERNEL
from measurements.readers import read
from measurements.readers.base import Source, UnreadableFile

OLD = (
    "Rec#",
    "Cyc#",
    "Step",
    "Test (Sec)",
    "Step (Sec)",
    "Amp-hr",
    "Watt-hr",
    "Amps",
    "Volts",
    "State",
    "ES",
    "DPt Time",
)
NEW = (
    "Rec", "Cycle P", "Cycle C", "Step", "Test Time (sec)", "Step Time (sec)", "Capacity (mAh)", "Energy (mWh)",
    "Current (mA)", "Voltage (V)", "MD", "ES", "DPT Time",
)  # fmt: skip


def old_row(number, state, current, voltage=3.7):
    return [
        number,
        1,
        2,
        float(number),
        float(number),
        0.0,
        0.0,
        current,
        voltage,
        state,
        1,
        f"01/15/2025 11:49:{number:02d}",
    ]


def text_of(headings, rows, above="Today's Date 01/15/2025  Date of Test:\t01/15/2025\t"):
    return "\n".join([above, *("\t".join(map(str, row)) for row in (headings, *rows))]) + "\n"


@pytest.fixture
def real(shared_data):
    return shared_data / "electrochemistry/jepegit+cellpy/maccor_001.txt"


@pytest.fixture
def example(shared_data):
    return shared_data / "electrochemistry/be-smith+navani/maccor_example.txt"


def records(path):
    reader, reading = read(Source.at(path))
    assert reader.name == "maccor_export"
    return reading.table("records"), reading


def test_a_real_export_reads_whole(real):
    table, reading = records(real)
    assert len(table) == 6704
    assert table["test_time_second"][[1, 2]] == pytest.approx([5, 5.05000019073486], abs=1e-12)
    assert table["test_time_second"][-1] == pytest.approx(2 * 86400 + 2 * 3600 + 52 * 60 + 51.5699996948242)
    assert reading.metadata["started_at"] == "2020-12-11T12:22:12"
    assert reading.metadata["schedule"] == "M50_Validation.000"
    assert reading.technique == "cycling"


def test_discharge_is_negative_and_charge_positive(real):
    table, _ = records(real)
    current, state = table["current_ampere"], table["step_type"]
    assert current[2] == -0.50401
    assert np.all(current[state == "D"] < 0)
    assert np.all(current[state == "C"] > 0)
    assert np.all(current[state == "R"] == 0)


def test_the_integral_agrees_with_the_devices_counter(real):
    table, _ = records(real)
    half = KERNEL.run((KernelInput({"records": table}),), {"convention": "cathode|Li"}).tables[1]
    assert half["direction"].tolist()[:3] == ["discharge", "charge", "discharge"]
    # Its Amp-hr at the ends of the first discharge, of the charge in two steps, and of the second discharge.
    assert half["counted_capacity_total"][0] == pytest.approx(637.81, abs=0.01)
    assert half["capacity_total"] == pytest.approx(half["counted_capacity_total"], rel=3e-4)


def test_the_other_layout_reads_minutes(example):
    table, reading = records(example)
    assert len(table) == 37
    assert table["test_time_second"][-1] == 37 * 60
    assert table["current_ampere"][-1] == -0.00061
    assert table["step_count"].max() == 5
    assert reading.metadata["started_at"] == "2025-01-15T11:49:32"
    assert reading.metadata["test_name"].endswith("EX-1-1-a1-b2.001")


def test_the_newer_headings_read_their_units(tmp_path):
    rows = [
        [n, 1, 1, 3 if n < 5 else 4, n * 10.0, n, 1.0, 2.0, 0.5, 3.9, "C" if n < 5 else "D", 1, "2025-01-15 11:49:00"]
        for n in range(10)
    ]
    path = tmp_path / "new.txt"
    path.write_text(text_of(NEW, rows))
    table, _ = records(path)
    assert table["current_ampere"].tolist() == [5e-4] * 5 + [-5e-4] * 5
    assert table["step_cumulative_capacity_ah"][0] == pytest.approx(1e-3)
    assert table["step_count"].tolist() == [1] * 5 + [2] * 5


def test_signed_currents_stay_as_they_are(tmp_path):
    path = tmp_path / "signed.txt"
    path.write_text(
        text_of(OLD, [old_row(1, "C", 0.5), old_row(2, "D", -0.5), old_row(3, "D", 1e-6), old_row(4, "R", 0)])
    )
    assert records(path)[0]["current_ampere"].tolist() == [0.5, -0.5, 1e-6, 0]


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
def test_workbooks_read_as_texts_do(tmp_path, write_xls, write_xlsx, kind):
    rows = [[float(cell) if isinstance(cell, int) else cell for cell in old_row(n, "D", 1.25e-7)] for n in range(1, 30)]
    write = {"xls": write_xls, "xlsx": write_xlsx}[kind]
    path = write(tmp_path / "no suffix", {"Data": [["Date of Test:", "01/15/2025"], list(OLD), *rows]})
    table, reading = records(path)
    assert len(table) == 29
    assert table["current_ampere"] == pytest.approx([-1.25e-7] * 29, rel=1e-12)
    assert reading.metadata["started_at"] == "2025-01-15T11:49:01"


def test_a_date_that_may_be_either_is_not_guessed(tmp_path):
    path = tmp_path / "either.txt"
    rows = [[*old_row(n, "R", 0)[:-1], "03/04/2025 10:00:00"] for n in range(1, 5)]
    path.write_text(text_of(OLD, rows, above="Date of Test:\t03/04/2025\t"))
    metadata = records(path)[1].metadata
    assert "started_at" not in metadata
    assert metadata["date_of_test"] == "03/04/2025"


def test_other_encodings_and_decimal_commas(tmp_path):
    text = text_of(OLD, [old_row(n, "C", 0.25) for n in range(1, 9)])
    comma = text.replace("0.25", "0,25").replace("3.7", "3,7").replace(".0\t", ",0\t")
    for encoding in ("utf-8", "utf-16", "latin-1", "utf-8-sig"):
        path = tmp_path / encoding
        path.write_bytes(comma.replace("Today's", "Prüfung").encode(encoding))
        table, _ = records(path)
        assert table["current_ampere"].tolist() == [0.25] * 8, encoding
        assert table["voltage_volt"].tolist() == [3.7] * 8, encoding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_still_growing_loses_its_broken_line_only(tmp_path, encoding):
    whole = text_of(OLD, [old_row(n, "C", 0.25) for n in range(1, 9)]).encode(encoding)
    path = tmp_path / "growing.txt"
    path.write_bytes(whole[:-91])
    table, reading = records(path)
    assert 6 <= len(table) <= 7
    assert any("truncated" in warning for warning in reading.warnings)


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "less.txt"
    path.write_text(text_of(OLD[:8] + OLD[9:], [[*old_row(n, "C", 0.25)[:8], "C", 1, "x"] for n in range(1, 9)]))
    with pytest.raises(UnreadableFile, match=r"required column missing: voltage_volt.*Rec#"):
        read(Source.at(path))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_exports_never_raise_anything_else(real, example, tmp_path, damaged, data):
    whole = data.draw(st.sampled_from([example.read_bytes(), real.read_bytes()[:40_000]]))
    path = tmp_path / "damaged.txt"
    path.write_bytes(damaged(data, whole))
    try:
        _, reading = read(Source.at(path), reader="maccor_export")
    except UnreadableFile:
        return
    assert len(reading.table("records")) < 1000
