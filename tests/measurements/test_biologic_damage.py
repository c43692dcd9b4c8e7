"""BioLogic readers against files that are damaged, cut, newer than the readers, or something else."""

import json
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measurements.readers.base import Reading, Source, UnreadableFile
from measurements.readers.biologic_mpr import READER as MPR
from measurements.readers.biologic_mpt import READER as MPT

YADG = "electrochemistry/dgbowl+yadg-GPL3-tests-only"


def mpr(path: Path) -> Reading:
    return MPR.read(Source.at(path), {})


def mpt(path: Path) -> Reading:
    return MPT.read(Source.at(path), {})


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


RECORDS_BEGIN, RECORD_BYTES = 7263, 77  # ca.mpr, counted by hand: 6800 + 57 + 406, and 55 923 = 406 + 721 x 77


@pytest.mark.parametrize(
    ("content", "reader", "sentence"),
    [
        (b"", MPR, "file is empty"),
        (b"", MPT, "file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), MPR, "this is a PNG image.*a .mpr begins with"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), MPT, "begins with"),
        (b"BIO-LOGIC MOD", MPR, "cut after 13 bytes"),
        (b"EC-Lab ASCII FILE\nNb header lines : 3\n\nmode\ttime/s\n", MPR, "this is an EC-Lab text export"),
        (b"EC-Lab ASCII FILE\n\nmode\ttime/s\n", MPT, "Nb header lines"),
        (b"EC-Lab ASCII FILE\nNb header lines : 80\n\nmode\n", MPT, "cut within its header"),
        (b"EC-Lab ASCII FILE\nNb header lines : 3\nmode\ttime/s\n", MPT, None),
        (
            b"EC-Lab ASCII FILE\nNb header lines : 4\n\na\tb\nmode\ttime/s\n1\t2\n",
            MPT,
            "line 4 holds no EC-Lab headings",
        ),
        (
            b"time/s\tEwe/V\tI/mA\n05/17/2024 14:09:11.9\t3.1\t0\n",
            MPT,
            "time/s holds '05/17/2024 14:09:11.9'; .* elapsed time",
        ),
        (b"time/s\tEwe/V\tI/mA\n" + b"1\t" * 5000, MPT, "4998 cells more than there are headings"),
        (b"time/s\tEwe/V\tI/mA\n1\t2\t3\t4\n", MPT, "one cell more than there are headings"),
        (b"time/s\tEwe/V\tI/parsec\n1\t3.1\t0\n", MPT, "unit 'parsec'"),
        (b"time/s\tEwe/V\tI/mA\na\tb\tc\n", MPT, "no cell below the headings is a number"),
        (b"time/s\t" * 200 + b"\n" + b"1\n" * 500, MPT, "columns on average"),
    ],
)
def test_refusals_say_what_is_wrong(tmp_path: Path, content: bytes, reader, sentence: str | None) -> None:
    path = written(tmp_path, f"cell 7{reader.extensions[0]}", content)
    if sentence is None:
        assert "the file holds no records" in reader.read(Source.at(path), {}).warnings
        return
    with pytest.raises(UnreadableFile, match=sentence) as caught:
        reader.read(Source.at(path), {})
    assert str(caught.value).startswith("cell 7") or "parsec" in sentence


def test_truncated_binary_keeps_complete_records(shared_data: Path, tmp_path: Path) -> None:
    whole = shared_data / YADG / "ca.mpr"
    reference = mpr(whole).table("records")
    content = whole.read_bytes()
    for rows, extra in ((1, 0), (1, 76), (400, 3), (720, 76)):
        cut = written(tmp_path, "cut.mpr", content[: RECORDS_BEGIN + rows * RECORD_BYTES + extra])
        reading = mpr(cut)
        records = reading.table("records")
        assert f"truncated: {rows} of 721 records are complete and were read" in reading.warnings
        for column in records:
            name = "net_capacity_ah" if column.name == "raw__q_qo" else column.name
            np.testing.assert_array_equal(column.values, reference[name][:rows], err_msg=name)
    for size in (60, 5000, 6800, 6900, RECORDS_BEGIN, RECORDS_BEGIN + 76):
        with pytest.raises(UnreadableFile, match=r"cut\.mpr: .*(cut|ends before)"):
            mpr(written(tmp_path, "cut.mpr", content[:size]))


def test_truncated_text_keeps_complete_rows(shared_data: Path, tmp_path: Path) -> None:
    content = (shared_data / YADG / "gcpl.issue_149.mpt").read_bytes()
    rows = len(mpt(shared_data / YADG / "gcpl.issue_149.mpt").table("records"))
    for missing in (1, 3, 100):  # one digit of the last exponent, the exponent, some columns
        reading = mpt(written(tmp_path, "cut.mpt", content[:-missing]))
        assert len(reading.table("records")) == rows - 1
        assert any(warning.startswith("truncated: the last line ends within column") for warning in reading.warnings)


# Column ids of gcpl.pr_182.1.mpr begin at this byte: 7043 + 57 header + 4 points + 1 number of columns.
IDS_BEGIN, IDS = 7105, [1, 2, 3, 21, 31, 65, 131, 4, 7, 5, 6, 39, 9, 70, 467, 468, 13, 123, 124, 125, 126]


def with_unknown_ids(shared_data: Path, folder: Path, replaced: dict[int, int]) -> Path:
    content = bytearray((shared_data / YADG / "gcpl.pr_182.1.mpr").read_bytes())
    assert list(struct.unpack_from("<21H", content, IDS_BEGIN)) == IDS
    struct.pack_into("<21H", content, IDS_BEGIN, *(replaced.get(id_, id_) for id_ in IDS))
    return written(folder, "newer.mpr", bytes(content))


def test_one_unknown_column_is_kept_raw_and_the_rest_stays_aligned(shared_data: Path, tmp_path: Path) -> None:
    reference = mpr(shared_data / YADG / "gcpl.pr_182.1.mpr").table("records")
    reading = mpr(with_unknown_ids(shared_data, tmp_path, {70: 60_000}))
    records = reading.table("records")
    assert "partly read: unknown column ids 60000, kept as raw bytes" in reading.warnings
    raw = records["raw__60000"].astype("<u4").view("<f4").astype(float)
    np.testing.assert_array_equal(raw, reference["power_watt"])
    for column in reference:
        if column.name != "power_watt":
            np.testing.assert_array_equal(records[column.name], column.values)


def test_unknown_columns_of_uncertain_size_are_left_out(shared_data: Path, tmp_path: Path) -> None:
    reference = mpr(shared_data / YADG / "gcpl.pr_182.1.mpr").table("records")
    reading = mpr(with_unknown_ids(shared_data, tmp_path, {9: 60_000, 467: 60_001}))
    records = reading.table("records")
    warning = next(warning for warning in reading.warnings if "partly read" in warning)
    assert "60000, P/W, 60001 are left out" in warning
    left_out = {"raw__ece_v", "power_watt", "raw__q_charge_discharge_mah"}
    assert {column.name for column in reference} - {column.name for column in records} == left_out
    for column in records:
        np.testing.assert_array_equal(column.values, reference[column.name])


def test_contradictory_sizes_are_refused(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"a record has 89 bytes, but its columns .* need 93"):
        mpr(with_unknown_ids(shared_data, tmp_path, {9: 11}))
    with pytest.raises(UnreadableFile, match="lists a column twice"):
        mpr(with_unknown_ids(shared_data, tmp_path, {9: 6}))


MUTANTS = (
    "ca.mpr",
    "gcpl.issue_226.I.mpr",
    "geis.issue_149.mpr",
    "vsp_ocv_wo.mpr",
    "cov.issue_185.mpt",
    "geis.issue_149.mpt",
    "vsp_ocv_wo.mpt",
)


def mutate(content: bytes, kind: str, places: list[float], value: int) -> bytes:
    """`content` cut, with bytes flipped, with a piece moved, or with a piece set to zero."""
    begin, end = sorted(int(place * len(content)) for place in places[:2])
    if kind == "truncate":
        return content[:begin]
    changed = bytearray(content)
    if kind == "flip":
        for place in places:
            changed[min(int(place * len(content)), len(content) - 1)] ^= value
    elif kind == "splice":
        changed[end:end] = content[begin:end][:4096]
    else:
        changed[begin : min(end, begin + 64 * value)] = bytes(min(end - begin, 64 * value))
    return bytes(changed)


# Flips and zeros gather in the headers, where they do harm.
PLACES = st.lists(
    st.one_of(st.floats(0, 1, exclude_max=True), st.floats(0, 0.15), st.floats(0.35, 0.45)), min_size=2, max_size=5
)
MUTATIONS = st.tuples(st.sampled_from(["truncate", "flip", "splice", "zero"]), PLACES, st.integers(1, 255))


@settings(
    max_examples=300,
    deadline=5000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=st.sampled_from(MUTANTS), mutation=MUTATIONS)
def test_hostile_files_are_read_or_refused(shared_data: Path, tmp_path: Path, name, mutation) -> None:
    content = mutate((shared_data / YADG / name).read_bytes(), *mutation)
    path = written(tmp_path, name, content)
    reader = MPR if name.endswith(".mpr") else MPT
    tracemalloc.start()
    try:
        reading = reader.read(Source.at(path), {})
    except UnreadableFile:
        reading = None
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak <= 20 * len(content) + 2**20
    if reading is None:
        return
    assert all(len(table) <= len(content) for table in reading.tables)
    json.dumps(dict(reading.metadata), allow_nan=False)


@settings(max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(53, 70_579))
def test_any_cut_gives_whole_records_or_a_refusal(shared_data: Path, tmp_path: Path, size: int) -> None:
    path = written(tmp_path, "cut.mpr", (shared_data / YADG / "ca.mpr").read_bytes()[:size])
    expected = min(721, max(0, size - RECORDS_BEGIN) // RECORD_BYTES)
    if not expected:
        with pytest.raises(UnreadableFile):
            mpr(path)
        return
    assert len(mpr(path).table("records")) == expected
