"""Real files, each damaged 200 times: read or refused in words, never a crash, a hang, or memory out of proportion.

The long run is `python -m benchmarks.mutations`, with 10,000 copies for each reader.
"""

import numpy as np
import pytest

from benchmarks.mutations import damaged, in_child, mutate, real_files
from measurements.readers import READERS
from measurements.readers.base import Match, Reader

COPIES = 200
SLOW = {"arbin_res": 20}  # each copy starts another program


def test_damaged_copies_are_read_or_refused(shared_data):
    files = real_files(shared_data / "electrochemistry")
    assert len(files) >= 15
    for name, paths in files.items():
        outcome = in_child(READERS[name], paths, SLOW.get(name, COPIES), seed=7)
        assert outcome.faults == [], name
        assert outcome.counts.total() == SLOW.get(name, COPIES), name


def test_faults_are_noticed(tmp_path):
    """A reader that raises, one that eats memory, one that dies."""
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(range(256)) * 4)

    def reader(read):
        return Reader("bad", "1", "bad", "Bad", (), ("cycling",), lambda _: Match(0.5, ""), read)

    def greedy(_, options):
        return np.ones(1 << 28)

    raised = mutate(reader(lambda *_: {}["gone"]), [path], 2)
    assert raised.faults == [f"file.bin, seed 1, number {n}: KeyError: 'gone'" for n in (0, 1)]
    assert "MemoryError" in in_child(reader(greedy), [path], 1, seed=1).faults[0]
    assert (
        in_child(reader(lambda *_: __import__("os").abort()), [path], 1, seed=1)
        .faults[0]
        .startswith("the process ended")
    )


@pytest.mark.parametrize("number", range(5))
def test_damages_can_be_made_again(number):
    whole = bytes(range(256)) * 20
    one, other = (damaged(whole, np.random.default_rng([1, number])) for _ in range(2))
    assert one == other != whole
