"""Real files, each damaged 200 times: read or refused in words, never a crash, a hang, or memory out of proportion.

The long run is `python -m benchmarks.mutations`, with 10,000 copies for each reader.
"""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.damages import ROWS, damaged, damaged_values, damages_of, opening
from benchmarks.mutations import mutate
from measurements.readers.base import Match, Reader

ROOT = Path(__file__).resolve().parents[2]


def test_damaged_copies_are_read_or_refused(shared_data):
    """In a process of its own, so that a crash ends nothing else."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.mutations", "--each", "200", "--seed", "7", "--folder",
         str(shared_data / "electrochemistry")],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "POLARS_MAX_THREADS": "1"},
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr[-2000:]
    lines = told.stdout.splitlines()
    assert len(lines) >= 15
    assert all("   0 faults" in line for line in lines)


def test_faults_are_noticed_with_what_makes_them_happen_again(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(range(256)) * 4)

    def broken(_source, _options):
        raise KeyError("gone")

    reader = Reader("bad", "1", "bad", "Bad", (), ("cycling",), lambda _: Match(0.5, ""), broken)
    assert mutate(reader, [path], 2).faults == [f"file.bin, seed 1, number {n}: KeyError: 'gone'" for n in (0, 1)]


@pytest.mark.parametrize("number", range(5))
def test_damages_can_be_made_again(number):
    whole = bytes(range(256)) * 20
    one, other = (damaged(whole, np.random.default_rng([1, number])) for _ in range(2))
    assert one == other != whole


def test_values_of_a_marked_up_text_are_damaged_and_its_markup_is_not():
    whole = "\ufeff" + json.dumps({"unit": "ohm", "values": [{"v": 1.5 * n} for n in range(20)]})
    copies = [
        damaged_values(whole.encode("utf-16-le"), np.random.default_rng([1, n])).decode("utf-16-le") for n in range(40)
    ]
    assert len(set(copies)) > 30
    assert sum(copy.count("{") == whole.count("{") for copy in copies) >= 36  # a flipped z is one more


def test_an_archive_is_damaged_in_its_bytes_its_members_and_their_values(tmp_path):
    path = tmp_path / "book.zip"
    sheet = "".join(f'<row r="{n}"><c r="A{n}"><v>{n * 0.5}</v></c></row>' for n in range(1, 500))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><workbook name="cell"/>')
        archive.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{sheet}</sheetData>")
    whole = path.read_bytes()
    kinds = damages_of(whole)
    assert list(kinds) == ["bytes", "members", "values"]
    for kind in ("members", "values"):
        copies = [kinds[kind](whole, np.random.default_rng([2, n])) for n in range(5)]
        for copy in copies:
            with zipfile.ZipFile(io.BytesIO(copy)) as archive:
                assert archive.testzip() is None
    with zipfile.ZipFile(io.BytesIO(opening(whole) or b"")) as archive:
        assert archive.read("xl/worksheets/sheet1.xml").count(b"<row ") == ROWS


def test_the_opening_of_a_text_ends_with_a_whole_line():
    text = b"".join(b"%d,3.5,0.001\n" % n for n in range(20_000))
    lines = (opening(text) or b"").splitlines()
    assert 4000 < len(lines) < 6000
    assert lines == text.splitlines()[: len(lines)]
    assert opening(bytes(range(256)) * 4000) is None
