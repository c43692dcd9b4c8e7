"""Real files, each damaged 200 times: read or refused in words, never a crash, a hang, or memory out of proportion.

The long run is `python -m benchmarks.mutations`, with 10,000 copies for each reader.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.mutations import damaged, mutate
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
