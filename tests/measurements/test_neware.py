"""Neware archives against the vendor's own exports and the device's own counters."""

import io
import shutil
import zipfile
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measurements.readers import READERS, detect, read
from measurements.readers.base import Source, UnreadableFile

FOLDER = "electrochemistry/EmpaEconversion+fastnda"

# rows, last total time / s, mean voltage / mV, sum of currents / µA, max |capacity| / mAs, max cycle, max step:
# the vendor's export of the same file.
VENDOR = {
    "21_10_7_85.ndax": (141, 140, 0, 0, 0, 1, 1),
    "Unit27_Example_Corrupt.ndax": (301, 300, 2982.884, 0, 0, 1, 1),
    "nw4-120-1-6-53.ndax": (18700, 173045.9, 4703.3994, 518665, 5905.9629, 150, 480),
    "test_2.ndax": (108563, 93207.6, 2986.461, -315384, 845.8999, 54, 216),
}

# The device's own capacities of the first three discharges / mAh.
FIRST_DISCHARGES = {
    "BTS85-36-6-5-110-20240424.ndax": (1.026004, 1.031168, 1.036065),
    "nw4-120-1-6-53.ndax": (0.323620, 0.232165, 0.171967),
    "test_2.ndax": (0.1005857, 0.0609901, 0.0330897),
}


@pytest.fixture
def folder(shared_data):
    return shared_data / FOLDER


def records(path):
    reader, reading = read(Source.at(path))
    assert reader.name == "neware_ndax"
    return reading.table("records"), reading


@pytest.mark.parametrize("name", VENDOR)
def test_sums_agree_with_the_vendors_export(folder, name):
    rows, last, voltage, current, capacity, cycles, steps = VENDOR[name]
    table, _ = records(folder / name)
    assert len(table) == rows
    assert table["test_time_second"][-1] == pytest.approx(last, abs=1e-6)
    # The export rounds to 0.1 mV and to whole µA.
    assert table["voltage_volt"].mean() * 1e3 == pytest.approx(voltage, abs=0.02)
    assert table["current_ampere"].sum() * 1e6 == pytest.approx(current, abs=0.02 * rows)
    assert np.abs(table["step_net_capacity_ah"]).max() * 3.6e6 == pytest.approx(capacity, rel=1e-6)
    assert table["cycle_count"].max() == cycles
    assert table["step_count"].max() == steps


@pytest.mark.parametrize("name", ["21_10_7_85", "nw4-120-1-6-53"])
def test_every_record_agrees_with_the_vendors_export(folder, name):
    vendor = pl.read_parquet(folder / f"{name}.parquet")
    table, _ = records(folder / f"{name}.ndax")
    exact = {"Cycle Index": "cycle_count", "Step Index": "step_id", "Step Count": "step_count"}
    for theirs, ours in exact.items():
        assert np.array_equal(table[ours], vendor[theirs].to_numpy()), ours
    scaled = {
        "Total Time": ("test_time_second", 1, 1e-3),
        "Time": ("step_time_second", 1, 1e-3),
        "Voltage(mV)": ("voltage_volt", 1e-3, 6e-5),
        "Current(uA)": ("current_ampere", 1e-6, 6e-7),
        "Capacity(mAs)": ("step_net_capacity_ah", 1 / 3.6e6, 1e-9),
    }
    for theirs, (ours, factor, tolerance) in scaled.items():
        expected = vendor[theirs].cast(pl.Float64).to_numpy() * factor
        expected = np.abs(expected) if "Capacity" in theirs else expected
        found = np.abs(table[ours]) if "Capacity" in theirs else table[ours]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=tolerance, err_msg=ours)
    kinds = vendor["Step Type"].cast(pl.String).str.replace_all(" ", "_")
    assert table["step_type"].tolist() == kinds.to_list()


@pytest.mark.parametrize("name", FIRST_DISCHARGES)
def test_first_discharges_agree_with_the_device_and_with_the_integral(folder, name):
    table, reading = records(folder / name)
    assert reading.technique == "cycling"
    current, hours = table["current_ampere"], table["test_time_second"] / 3600
    steps = [s for s in np.unique(table["step_count"]) if table["step_type"][table["step_count"] == s][0] == "CC_DChg"]
    for step, expected in zip(steps, FIRST_DISCHARGES[name], strict=False):
        of_step = table["step_count"] == step
        assert np.all(current[of_step] <= 0), "discharge is negative"
        assert table["step_net_capacity_ah"][of_step].min() * 1e3 == pytest.approx(-expected, rel=2e-6)
        assert np.trapezoid(current[of_step], hours[of_step]) * 1e3 == pytest.approx(-expected, rel=1e-3)


def test_columns_have_units_and_types(folder):
    table, _ = records(folder / "nw4-120-1-6-53.ndax")
    units = {column.name: column.unit for column in table}
    assert units.items() >= {
        "test_time_second": "s", "voltage_volt": "V", "current_ampere": "A", "step_net_capacity_ah": "Ah",
        "step_net_energy_wh": "Wh", "unix_time_second": "s", "cycle_count": "",
    }.items()  # fmt: skip
    assert table["voltage_volt"].dtype == np.float64
    assert table["cycle_count"].dtype == np.int32
    assert table.column("voltage_volt").label == "Voltage / V"


def test_the_big_file_is_whole(folder):
    table, reading = records(folder / "BTS85-36-6-5-110-20240424.ndax")
    assert len(table) == 699_677
    assert any("unix_time_second goes back" in warning for warning in reading.warnings)
    assert np.all(np.diff(table["test_time_second"]) >= 0)


def test_a_saved_cycle_mode_keeps_the_devices_own_numbers_beside_it(folder):
    table, _ = records(folder / "test_2.ndax")
    assert table["raw__cycle_index"].max() == 44
    assert table["cycle_count"].max() == 54


def test_an_empty_test_reads_as_no_rows(folder):
    table, reading = records(folder / "empty.ndax")
    assert len(table) == 0
    assert "the test holds no records yet" in reading.warnings


def test_rest_alone_is_an_open_circuit(folder):
    assert records(folder / "21_10_7_85.ndax")[1].technique == "ocv"


def test_the_library_leaves_the_process_as_it_was(folder):
    """It puts other functions into `zlib` when it is imported; they stand there while it reads, and only then."""
    before = zlib.decompress, zlib.decompressobj
    records(folder / "21_10_7_85.ndax")
    assert (zlib.decompress, zlib.decompressobj) == before
    assert all(function.__module__ == "zlib" for function in before)


def test_a_damaged_archive_says_so(folder):
    _, reading = records(folder / "Unit27_Example_Corrupt.ndax")
    assert any("damaged: TestInfo.xml" in warning for warning in reading.warnings)
    assert any("data_AUX_9_3_1.ndc" in warning for warning in reading.warnings)


def test_sound_archives_are_not_called_damaged(folder):
    for name in ("21_10_7_85.ndax", "nw4-120-1-6-53.ndax", "test_2.ndax"):
        assert not any("damaged" in warning for warning in records(folder / name)[1].warnings)


def test_metadata_says_what_and_when(folder):
    metadata = records(folder / "nw4-120-1-6-53.ndax")[1].metadata
    assert metadata["started_at"] == "2025-04-07T12:44:13"
    assert metadata["ended_at"] == "2025-04-09T12:52:27"
    assert metadata["channel"] == "6"
    assert metadata["barcode"] == "250403_kigr_gen9_06"


def test_auxiliary_temperatures_get_their_own_columns(folder, tmp_path):
    repaired = tmp_path / "repaired.ndax"
    with zipfile.ZipFile(folder / "Unit27_Example_Corrupt.ndax") as old, zipfile.ZipFile(repaired, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "TestInfo.xml":
                channels = b'<AuxInfo1 AuxID="1" ChlType="103"/><AuxInfo2 AuxID="2" ChlType="102"/></TestInfo>'
                data = data.replace("💀".encode(), b"").replace(b"</TestInfo>", channels)
            new.writestr(name, data)
    table, reading = records(repaired)
    assert not any("damaged" in warning for warning in reading.warnings)
    assert table.column("temperature_t1_celsius").unit == "degC"
    assert 0 < table["temperature_t1_celsius"].mean() < 60
    assert any(column.name.startswith("raw__aux2") for column in table)


def test_name_and_place_do_not_matter_and_nothing_is_left_behind(folder, tmp_path, capfd):
    stored = tmp_path / "3f2a"
    shutil.copy(folder / "nw4-120-1-6-53.ndax", stored)
    reader, reading = read(Source(stored, "holiday.png"))
    assert reader.name == "neware_ndax"
    assert len(reading.table("records")) == 18700
    assert [path.name for path in tmp_path.iterdir()] == ["3f2a"]
    assert capfd.readouterr() == ("", "")


def archive(path: Path, members: dict[str, bytes]) -> Source:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return Source.at(path)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"data.ndc": b"", "../../etc/passwd": b"x"}, "leads out of it"),
        ({"data.ndc": b"", "/abs": b"x"}, "leads out of it"),
        ({"data.ndc": b"", "C:\\x": b"x"}, "leads out of it"),
        ({"data.ndc": bytes(80 * 1024 * 1024)}, "times its size"),
        ({"data.ndc": b"", "Step.xml": b"<a>" + bytes(17 * 1024 * 1024)}, "such texts are small"),
        ({"data.ndc": b"", **{f"m{n}": b"" for n in range(2000)}}, "2001 members"),
        ({"data.ndc": b"\x01\x00\xfe\x00" * 2048}, "version 254"),
    ],
)
def test_bombs_and_tricks_are_refused(tmp_path, members, said):
    with pytest.raises(UnreadableFile, match=said) as refused:
        read(archive(tmp_path / "trick.ndax", members))
    assert "trick.ndax" in str(refused.value)
    assert "neware_ndax" in str(refused.value)


def test_a_declared_size_beyond_the_limit_is_refused_before_unpacking(tmp_path):
    source = archive(tmp_path / "huge.ndax", {"data.ndc": b"x" * 100})
    data = bytearray(source.path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    source.path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="the limit is"):
        read(source)


def test_an_encrypted_member_is_refused(tmp_path):
    source = archive(tmp_path / "secret.ndax", {"data.ndc": b"x"})
    data = bytearray(source.path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    source.path.write_bytes(data)
    with pytest.raises(UnreadableFile, match="without a password"):
        read(source)


def test_a_cut_archive_is_recognised_and_refused(folder, tmp_path):
    cut = tmp_path / "cut.ndax"
    cut.write_bytes((folder / "test_2.ndax").read_bytes()[:-500])
    assert detect(Source.at(cut)).chosen is READERS["neware_ndax"]
    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        read(Source.at(cut))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_never_raise_anything_else(folder, tmp_path, data):
    """Damage inside the members, where checksums do not protect: the archive is packed anew around it."""
    name = data.draw(st.sampled_from(["21_10_7_85.ndax", "empty.ndax", "Unit27_Example_Corrupt.ndax"]))
    whole = (folder / name).read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            content = bytearray(old.read(member))
            if data.draw(st.booleans()):
                start = data.draw(st.integers(0, len(content)))
                junk = data.draw(st.binary(max_size=64))
                content[start : start + data.draw(st.sampled_from([0, len(junk), 4096]))] = junk
            new.writestr(member, bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))]))
    path = tmp_path / "mutated.ndax"
    path.write_bytes(packed.getvalue())
    try:
        _, reading = read(Source.at(path))
    except UnreadableFile:
        return
    assert "records" in {table.name for table in reading.tables}
