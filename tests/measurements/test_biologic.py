"""BioLogic readers against EC-Lab's own text exports."""

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from measurements.readers.base import Reading, Source, UnreadableFile
from measurements.readers.biologic_columns import BY_ID, by_heading, raw_name
from measurements.readers.biologic_mpr import READER as MPR
from measurements.readers.biologic_mpt import READER as MPT

YADG = "electrochemistry/dgbowl+yadg-GPL3-tests-only"
NAVANI = "electrochemistry/be-smith+navani"
DRT = "electrochemistry/jdhuang-csm+hybrid-drt"
JDB = f"{NAVANI}/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"
CASE = "electrochemistry/vyrjana+pyimpspec-GPL3-tests-only/case-multiple-spectra.mpt"
IMPEDANCE_PY = "electrochemistry/ECSHackWeek+impedance.py"

TIME, VOLTAGE, CURRENT = "test_time_second", "voltage_volt", "current_ampere"
FREQUENCY, REAL, IMAGINARY = "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"
CHARGE = "raw__q_charge_discharge_mah"

# Computed from the text exports: rows, last time in s, mean Ewe in V, mean I in mA, last Q charge/discharge in mA.h.
KNOWN = {
    "ca.issue_149": (80, 629.9354, 3.435013, 0.01196845, 3.281913e-05),
    "ca": (721, 152074.2, 0.2983906, 3.088797e-05, 6.772252e-05),
    "cov.issue_185": (23, 69.9998, 1.043573, 0.2058794, 0.006576705),
    "cp.issue_61": (312, 1856.333, 1.912242, 1916.714, 158.2993),
    "cv.issue_149": (5930, 122.408, -0.002881796, -0.0006524343, None),
    "gcpl.issue_149": (132, 659.9858, 3.432045, 0.0003114611, -8.33241e-05),
    "gcpl.issue_226.I": (15, 118.8656, -0.0189929, -0.01326575, -0.001961609),
    "gcpl.pr_182.1": (2533, 302518.9, 0.9317915, 0.007442227, 1.978895),
    "geis.issue_149": (84, 676.644, 3.430699, 2.951965e-05, None),
    "lsv.issue_195": (999, 15.001, 0.5004978, 0.09890954, None),
    "mb.issue_149": (564, 799.3384, 3.450292, 0.06677785, None),
    "mb.issue_95": (33, 30.0002, 2.328996, 11.68131, -0.1805086),
    "ocv.issue_149": (43, 609.8326, None, None, None),
    "peis.issue_149": (84, 694.5446, 3.432357, 0.016722, None),
    "peis": (32, 464.2571, -3.591362, -109.4877, None),
    "vsp_ocv_wo": (121, 8725.171, 0.0271447, None, None),
}

# First and last frequency in Hz, mean Re(Z) and mean -Im(Z) in ohm over all rows.
KNOWN_IMPEDANCE = {
    "geis.issue_149": (199998, 99.9682, 34.4743, 14.4259),
    "mb.issue_149": (10002.2, 99.9682, 17.3342, 6.81941),
    "peis.issue_149": (199998, 99.9682, 35.9095, 13.6978),
    "peis": (199998, 1.00006, 12.0177, 1.58633),
}

TECHNIQUES = {
    "ca.issue_149": "ca",
    "ca": "ca",
    "cov.issue_185": "ca",
    "cp.issue_61": "cp",
    "cv.issue_149": "cv",
    "gcpl.issue_149": "cycling",
    "gcpl.issue_226.I": "cycling",
    "gcpl.pr_182.1": "cycling",
    "geis.issue_149": "eis",
    "lsv.issue_195": "lsv",
    "mb.issue_149": "mixed",
    "mb.issue_95": "cycling",
    "ocv.issue_149": "ocv",
    "peis.issue_149": "eis",
    "peis": "eis",
    "vsp_ocv_wo": "ocv",
}

PAIRS = [*((f"{YADG}/{name}.mpr", f"{YADG}/{name}.mpt") for name in KNOWN)] + [
    (f"{DRT}/{name}.mpr", f"{DRT}/{name}.txt") for name in ("CP_SSB", "PEIS_LPSCl_IonBlocking_-25C")
]

# EC-Lab writes these as -1 or 0 above 100 kHz in the text only; the binary file keeps what was measured.
MASKED = ("raw__thd_", "raw__nsd_", "raw__nsr_", "raw__abs_ewe_h", "raw__abs_i_h")


def mpr(path: Path) -> Reading:
    return MPR.read(Source.at(path), {})


def mpt(path: Path) -> Reading:
    return MPT.read(Source.at(path), {})


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def vendor_text(path: Path) -> dict[str, np.ndarray]:
    """Columns of a text export by heading, read by the simplest means and independently of the reader."""
    lines = path.read_bytes().decode("latin-1").split("\n")
    count = int(lines[1].split(":")[1])
    headings = lines[count - 1].rstrip("\r\t").split("\t")
    rows = [line.rstrip("\r").split("\t") for line in lines[count:] if line.strip()]
    return {
        heading: np.array([float(row[place].replace(",", ".")) for row in rows])
        for place, heading in enumerate(headings)
        if heading
    }


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("suffix", ["mpr", "mpt"])
def test_known_numbers(shared_data: Path, name: str, suffix: str) -> None:
    path = shared_data / YADG / f"{name}.{suffix}"
    reading = (mpr if suffix == "mpr" else mpt)(path)
    records = reading.table("records")
    rows, last, voltage, milliampere, charge = KNOWN[name]
    assert len(records) == rows
    assert records[TIME][-1] == pytest.approx(last, rel=1e-6)
    if voltage is not None:
        assert records[VOLTAGE].mean() == pytest.approx(voltage, rel=1e-6)
    if milliampere is not None:
        assert records[CURRENT].mean() * 1e3 == pytest.approx(milliampere, rel=1e-5)
    if charge is not None:
        assert records[CHARGE][-1] == pytest.approx(charge, rel=1e-6)
    assert reading.technique == TECHNIQUES[name]


@pytest.mark.parametrize("name", KNOWN_IMPEDANCE)
@pytest.mark.parametrize("suffix", ["mpr", "mpt"])
def test_known_impedances(shared_data: Path, name: str, suffix: str) -> None:
    reading = (mpr if suffix == "mpr" else mpt)(shared_data / YADG / f"{name}.{suffix}")
    spectrum = reading.table("spectrum")
    first, last, real, minus_imaginary = KNOWN_IMPEDANCE[name]
    assert spectrum[FREQUENCY][0] == pytest.approx(first, rel=1e-5)
    assert spectrum[FREQUENCY][-1] == pytest.approx(last, rel=1e-5)
    records = reading.table("records")  # the text export writes 0 where no impedance was measured
    assert records[REAL].mean() == pytest.approx(real, rel=1e-5)
    assert records[IMAGINARY].mean() == pytest.approx(-minus_imaginary, rel=1e-5)


@pytest.mark.parametrize(("binary", "text"), PAIRS)
def test_every_column_equals_the_vendors_text(shared_data: Path, binary: str, text: str) -> None:
    records = mpr(shared_data / binary).table("records")
    compared = 0
    for heading, values in vendor_text(shared_data / text).items():
        column = by_heading(heading)
        if column.name not in records:
            continue
        kept = np.ones(len(records), bool)
        if column.name.startswith(MASKED):
            kept = records[FREQUENCY] <= 1e5
        looped = column.bdf == "net_capacity_ah" and "raw__q_qo" in records
        measured = records["raw__q_qo" if looped else column.name]
        np.testing.assert_allclose(measured[kept], (values * column.factor)[kept], rtol=1e-5, atol=0, err_msg=heading)
        compared += 1
    derived = {"spectrum_index", "raw__q_qo", "cycle_count", CURRENT, REAL, IMAGINARY}
    stored = sum(column.name not in derived for column in records)
    assert compared >= (4 if text.endswith(".txt") else stored)


@pytest.mark.parametrize(("binary", "text"), PAIRS)
def test_both_readers_agree(shared_data: Path, binary: str, text: str) -> None:
    left, right = mpr(shared_data / binary), mpt(shared_data / text)
    assert left.technique == right.technique
    for key in ("started_at", "instrument", "channel", "channel_serial", "ec_lab_version", "comments"):
        if "started_at" in right.metadata:
            assert left.metadata.get(key) == right.metadata.get(key), key
    for key in ("active_mass_mg", "electrode_area_cm2", "characteristic_mass_g", "battery_capacity_ah"):
        if "started_at" in right.metadata:
            assert left.metadata.get(key, 0.0) == pytest.approx(right.metadata.get(key, 0.0), rel=1e-6), key
    for column in right.table("records"):
        if column.name in left.table("records"):
            other = left.table("records").column(column.name)
            assert (other.unit, other.values.dtype) == (column.unit, column.values.dtype), column.name


def test_settings_equal_the_vendors_header(shared_data: Path) -> None:
    metadata = mpr(shared_data / YADG / "gcpl.issue_226.I.mpr").metadata
    assert metadata == {
        "technique_number": 4,
        "technique_text": "Galvanostatic Cycling with Potential Limitation",
        "comments": "Test comment",
        "electrode_material": "Test material",
        "initial_state": "Test state",
        "electrolyte": "Test electrolyte",
        "active_mass_mg": 1.39,
        "electrode_area_cm2": 1.131,
        "characteristic_mass_g": 0.00139,
        "battery_capacity_ah": 0.00012,
        "started_at": "2025-08-04T09:35:26.748",
        "channel": 2,
        "channel_serial": 21643,
        "instrument": "VMP3 (SN 0858)",
        "ec_lab_version": "11.61",
        "software": "EC-Lab 11.61",
        "original_file": "gpcl_ecell_ewe-ece_I_control_I_metadata_C02.mpr",
    }
    json.dumps(metadata)


@pytest.mark.parametrize("file", [f"{DRT}/PEIS_LPSCl_IonBlocking_-25C.mpr", f"{DRT}/PEIS_LPSCl_IonBlocking_-25C.txt"])
def test_masses_and_areas_nobody_entered_are_left_out(shared_data: Path, file: str) -> None:
    metadata = (mpr if file.endswith(".mpr") else mpt)(shared_data / file).metadata
    assert not {"active_mass_mg", "electrode_area_cm2", "characteristic_mass_g"} & set(metadata)


def test_galvanostatic_file_without_current_column(shared_data: Path) -> None:
    reading = mpr(shared_data / JDB)
    records = reading.table("records")
    assert len(records) == 46_102
    assert reading.technique == "cycling"
    assert any("derived as dq/dt" in warning for warning in reading.warnings)
    current, voltage = records[CURRENT] * 1e3, records[VOLTAGE]
    # A direction lasts until the other begins; the rest at the start is the first group, then two directions to one.
    direction = np.sign(current)[np.maximum.accumulate(np.where(current != 0, np.arange(len(current)), 0))]
    half = np.concatenate([[0], np.cumsum(direction[1:] != direction[:-1])])
    groups = [(half + 1) // 2 == number for number in range(8)]
    assert np.mean([np.abs(current[group]).mean() for group in groups]) == pytest.approx(0.07768606, rel=1e-6)
    assert np.mean([voltage[group].max() for group in groups]) == pytest.approx(3.638082, rel=1e-6)
    assert np.mean([voltage[group].min() for group in groups]) == pytest.approx(2.0633922, rel=1e-6)
    step = np.diff(records[TIME], prepend=0.0)
    charges = [(current[half == number] * step[half == number]).sum() / 3600 for number in range(1, 14)]
    assert charges[0] < 0  # the file begins with a short discharge
    assert -np.mean([charge for charge in charges if charge < 0]) == pytest.approx(0.7778788, rel=1e-6)
    assert np.mean([charge for charge in charges if charge > 0]) == pytest.approx(0.9535533, rel=1e-6)
    assert records["cycle_count"].tolist() == (records["half_cycle"] // 2).tolist()


@pytest.mark.parametrize("name", ["gcpl.pr_182.1.mpr", "gcpl.pr_182.1.mpt"])
def test_half_cycles_are_counters_as_all_others_are(shared_data: Path, name: str) -> None:
    """int32 in both files of one measurement, though the vendor writes 32 bits without a sign."""
    reader = MPR if name.endswith(".mpr") else MPT
    table = reader.read(Source.at(shared_data / YADG / name), {}).table("records")
    assert table["half_cycle"].dtype == np.int32
    assert (table["half_cycle"].min(), table["half_cycle"].max()) == (0, 8)


def test_derived_current_equals_the_vendors(shared_data: Path) -> None:
    records = mpr(shared_data / YADG / "gcpl.pr_182.1.mpr").table("records")
    vendor = vendor_text(shared_data / YADG / "gcpl.pr_182.1.mpt")["<I>/mA"]
    np.testing.assert_allclose(records[CURRENT] * 1e3, vendor, rtol=1e-5, atol=0)


def test_open_circuit_only(shared_data: Path) -> None:
    reading = mpr(shared_data / NAVANI / "00_test_01_OCV_C01.mpr")
    assert reading.technique == "ocv"
    assert reading.table("records")[CURRENT].tolist() == [0.0, 0.0]
    assert reading.metadata["started_at"] == "2023-12-07T14:22:24.183"


def test_charge_goes_on_through_loops(shared_data: Path) -> None:
    """EC-Lab's Q-Qo starts again in each of the four loops; the sum of its increments dq does not.

    They differ by what flowed before the first record of each loop, at most 1e-8 mA.h of the 8e-5 that go in and out.
    """
    binary = mpr(shared_data / YADG / "gcpl.issue_149.mpr").table("records")
    text = mpt(shared_data / YADG / "gcpl.issue_149.mpt").table("records")
    increments = vendor_text(shared_data / YADG / "gcpl.issue_149.mpt")["dq/mA.h"]
    for records in (binary, text):
        np.testing.assert_allclose(records["net_capacity_ah"] * 1e3, np.cumsum(increments), rtol=0, atol=1e-8)
        assert abs(records["raw__q_qo"][-1] - records["net_capacity_ah"][-1]) * 1e3 > 8e-8


def test_solid_state_spectra(shared_data: Path) -> None:
    spectrum = mpr(shared_data / DRT / "PEIS_SSB.mpr").table("spectrum")
    assert len(spectrum) == 89
    assert spectrum[FREQUENCY][0] == pytest.approx(7.0e6, rel=1e-3)
    assert spectrum[FREQUENCY][-1] == pytest.approx(9.997e-3, rel=1e-3)
    assert set(spectrum["spectrum_index"]) == {1}
    blocking = mpr(shared_data / DRT / "PEIS_LPSCl_IonBlocking_-25C.mpr").table("spectrum")
    assert len(blocking) == 79
    assert blocking[FREQUENCY].min() == pytest.approx(0.10002180933952332, rel=1e-7)
    assert np.all(blocking[IMAGINARY][-20:] < 0)  # ion-blocking: capacitive at low frequency


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        (f"{YADG}/geis.issue_149.mpr", [21] * 4),
        (f"{YADG}/mb.issue_149.mpr", [13] * 16),
        (f"{YADG}/mb.issue_149.mpt", [13] * 16),
        (CASE, [29] * 3),
        (f"{IMPEDANCE_PY}/exampleDataBioLogic.mpt", [43]),
    ],
)
def test_spectra_are_never_glued(shared_data: Path, file: str, counts: list[int]) -> None:
    reading = (mpr if file.endswith(".mpr") else mpt)(shared_data / file)
    records, spectrum = reading.table("records"), reading.table("spectrum")
    assert np.bincount(spectrum["spectrum_index"])[1:].tolist() == counts
    assert np.array_equal(records["spectrum_index"] > 0, records[FREQUENCY] > 0)
    for number in range(1, len(counts) + 1):
        assert np.all(np.diff(spectrum[FREQUENCY][spectrum["spectrum_index"] == number]) < 0)


def test_missing_frequency_is_named(shared_data: Path) -> None:
    with pytest.raises(UnreadableFile, match="column freq/Hz is missing"):
        mpt(shared_data / IMPEDANCE_PY / "exampleDataBioLogic_MissingFreq.mpt")


def test_every_file_is_recognised_and_read_or_refused_for_its_reason(shared_data: Path) -> None:
    files = sorted((shared_data / "electrochemistry").rglob("*.mp[rt]"))
    assert len(files) >= 40
    refused = []
    for path in files:
        reader, other = (MPR, MPT) if path.suffix == ".mpr" else (MPT, MPR)
        assert reader.score(Source.at(path)).score == 1.0
        assert other.score(Source.at(path)).score == 0.0
        try:
            reading = reader.read(Source.at(path), {})
        except UnreadableFile:
            refused.append(path.name)
            continue
        assert reading.technique in reader.techniques
        assert not [warning for warning in reading.warnings if "partly" in warning or "truncated" in warning]
        json.dumps(dict(reading.metadata))
    assert refused == ["exampleDataBioLogic_MissingFreq.mpt"]


def test_text_variants_read_alike(shared_data: Path, tmp_path: Path) -> None:
    content = (shared_data / YADG / "ca.mpt").read_bytes()
    reference = mpt(shared_data / YADG / "ca.mpt").table("records")
    text = content.decode("latin-1")
    lines = text.split("\n")
    headings = int(lines[1].split(":")[1])
    headless = "\n".join(lines[headings - 1 :])
    comma = "\n".join(lines[:headings] + [line.replace(".", ",") for line in lines[headings:]])
    variants = {
        "utf8": text.encode(),
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "comma": comma.encode("latin-1"),
        "line ends": text.replace("\r\n", "\n").encode("latin-1"),
        "last line end": content + b"\r\n",
        "headless": headless.encode("latin-1"),
    }
    for name, variant in variants.items():
        path = written(tmp_path, "cell.mpt", variant)
        assert MPT.score(Source.at(path)).score >= 0.9, name
        reading = mpt(path)
        for column in reading.table("records"):
            known = "net_capacity_ah" if column.name == "raw__q_qo" else column.name
            np.testing.assert_array_equal(column.values, reference[known], err_msg=f"{name} {column.name}")


def test_text_in_other_units_and_unreadable_cells(tmp_path: Path) -> None:
    rows = b"time/h\tEwe/mV\tI/\xb5A\tNs\tmy note/kg\n0\t3000\t5\t1\t\n0.5\t3100\tXXX\t1\t7\n"
    reading = mpt(written(tmp_path, "units.mpt", rows))
    records = reading.table("records")
    assert records[TIME].tolist() == [0.0, 1800.0]
    assert records[VOLTAGE].tolist() == pytest.approx([3.0, 3.1])
    assert records[CURRENT][0] == pytest.approx(5e-6)
    assert math.isnan(records[CURRENT][1])
    assert records["step_id"].dtype == np.int32
    assert records.column("raw__my_note_kg").unit == "kg"
    assert any("no numbers are read as missing: I/µA (1)" in warning for warning in reading.warnings)


def test_table_has_each_column_once() -> None:
    assert len(BY_ID) == 76
    flags = [column.bits for column in BY_ID.values() if column.bits]
    covered = [bit for first, count in flags for bit in range(first, first + count)]
    assert len(covered) == len(set(covered))
    assert raw_name("|Ewe|/V") != raw_name("Ewe/V") != raw_name("<Ewe>/V")
    assert raw_name("dQ/mA.h") != raw_name("dq/mA.h")


@settings(max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_known_columns_in_any_order_come_back(tmp_path: Path, data) -> None:
    """A file written byte by byte from chosen ids gives the values that were put in."""
    ids = data.draw(st.lists(st.sampled_from(sorted(BY_ID)), min_size=1, max_size=12, unique=True))
    assume(any(not BY_ID[id_].bits for id_ in ids))
    flags = [id_ for id_ in ids if BY_ID[id_].bits]
    ids = flags + [id_ for id_ in ids if id_ not in flags]
    assume(not {36, 37, 38} & set(ids) or 32 in ids)
    names = [BY_ID[id_].name for id_ in ids]
    assume(len(set(names)) == len(names))
    numbers = st.integers(0, 200)
    rows = data.draw(st.lists(st.tuples(*(numbers for _ in ids)), min_size=1, max_size=20))
    body = b""
    for row in rows:
        cells = dict(zip(ids, row, strict=True))
        if flags:
            bits = {id_: BY_ID[id_].bits or (0, 0) for id_ in flags}
            body += bytes([sum((cells[id_] % (1 << bits[id_][1])) << bits[id_][0] for id_ in flags)])
        body += b"".join(np.array([cells[id_]], BY_ID[id_].dtype).tobytes() for id_ in ids if id_ not in flags)
    head = struct.pack("<IH", len(rows), len(ids)) + struct.pack(f"<{len(ids)}H", *ids)
    module = head.ljust(1007, b"\0") + body
    header = b"MODULE" + b"VMP data".ljust(10) + b"VMP data".ljust(25)
    header += struct.pack("<IIII", 0xFFFFFFFF, len(module), 0, 11) + b"01/01/26"
    path = written(tmp_path, "made.mpr", b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4) + header + module)
    records = mpr(path).table("records")
    for place, id_ in enumerate(ids):
        column = BY_ID[id_]
        values = np.array([row[place] for row in rows], float)
        if column.bits:
            values %= 1 << column.bits[1]
        name = column.name
        if name == "cycle_count" and np.any(np.diff(values) < 0):
            name = "raw__cycle_number"
        np.testing.assert_allclose(records[name], values * column.factor, rtol=1e-6, err_msg=name)
