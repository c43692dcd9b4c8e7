"""The benchmarks' own parts: their data are what they say, and nothing that is missing is passed over."""

import numpy as np
import pytest

from analysis_tasks.kernels import plan
from benchmarks import data, peers
from benchmarks.measure import Measured, measure
from benchmarks.peers import PeerMissing, peer_python
from benchmarks.run import _compare
from measurements import readers
from measurements.readers.base import Source


@pytest.mark.usefixtures("shared_data")
def test_the_large_mpr_is_the_real_one_several_times(tmp_path):
    assert data.large_mpr(tmp_path / "large.mpr", 3) == 3 * 46_102
    large = readers.read(Source.at(tmp_path / "large.mpr"))[1].table("records")["voltage_volt"]
    once = readers.read(Source.at(data.real_mpr()))[1].table("records")["voltage_volt"]
    assert np.array_equal(large, np.tile(once, 3))


def test_a_program_reports_its_time_memory_and_answer(tmp_path):
    data.write_csv(tmp_path / "cell.csv", data.cycling(4_000, 4))
    found = measure("ours_csv.py", tmp_path / "cell.csv", tmp_path / "cell.csv")
    assert found.answer == {"cycles": 4.0, "first": pytest.approx(0.99 * 499 / 3600, rel=0.01)}
    assert 0 < found.cpu < found.process_cpu
    assert found.peak > 20


def test_the_pipeline_runs_every_planned_kernel(tmp_path):
    data.write_csv(tmp_path / "cell.csv", data.cycling(8_000, 6))
    found = measure("ours_pipeline.py", tmp_path / "cell.csv")
    assert found.answer["cycles"] == 6.0
    assert set(found.answer["seconds"]) == {"read", *(kernel.name for kernel in plan("cycling", {"records"}))}
    assert found.cpu == pytest.approx(sum(found.answer["seconds"].values()))


def test_a_program_that_fails_stops_the_run(tmp_path):
    with pytest.raises(RuntimeError, match="empty"):
        (tmp_path / "empty.csv").touch()
        measure("ours_csv.py", tmp_path / "empty.csv", tmp_path / "empty.csv")


def test_a_peer_that_cannot_be_installed_is_a_failure(tmp_path, monkeypatch):
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "nobody.txt").write_text("./no-such-package\n")
    monkeypatch.setattr(peers, "HERE", tmp_path)
    monkeypatch.setattr(peers, "ENVIRONMENTS", tmp_path / "envs")
    with pytest.raises(PeerMissing, match="nobody"):
        peer_python("nobody")


def test_programs_that_disagree_stop_the_run():
    ours, theirs = (Measured(1.0, 1.0, 1.0, {"records": count}) for count in (100, 90))
    with pytest.raises(RuntimeError, match="records is 100 here and 90 there"):
        _compare("reading", ours, theirs)
