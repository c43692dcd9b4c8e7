"""Suggestions against tests whose fault is known, and silence where there is none."""

import numpy as np
import pytest

from demo.simulate import CyclingSpec, simulate_cycling
from tests.analysis_tasks.cycling_records import read, record, run, values

CURRENT = 1e-3


def shape(part):
    """Discharge voltage over the part of the capacity: no straight line, so that scaling and shifting differ."""
    return 4.2 - 0.5 * part - 0.25 * part**3


def fading(left, lower, *, limit=3.2, cycles=4, seconds=3600.0):
    """Cycles whose curve shrinks to `left` and sinks by `lower` V in equal steps; each ends at the limit."""
    steps, truth = [], []
    for place in np.linspace(0.0, 1.0, cycles):
        scale, sunk = 1.0 - place * (1.0 - left), place * lower
        part = np.linspace(0.0, 1.4, 4001)
        end = np.interp(-limit, -(shape(part) - sunk), part)
        time = np.linspace(0.0, seconds * scale * end, 500)
        part = time / (seconds * scale)
        truth.append(scale * end)
        steps += [(time, np.linspace(3.3, 4.3, 500), CURRENT), ([0.0, 60.0, 120.0], 4.2, 0.0)]
        steps += [(time, shape(part) - sunk, -CURRENT), ([0.0, 60.0, 120.0], 3.4, 0.0)]
    return record(*steps), truth


@pytest.mark.parametrize(
    ("left", "lower", "words"),
    [
        (0.7, 0.0, "suggests lost active material"),
        (1.0, 0.20, "suggests growing polarisation"),
        (0.8, 0.08, "suggests lost active material"),
    ],
)
def test_the_fade_is_split_as_it_was_made(left, lower, words):
    records, truth = fading(left, lower)
    output = run("insights.cycling", records)
    found = values(output)
    loss = 1.0 - truth[-1] / truth[0]
    assert found["fade_by_material",] == pytest.approx(100.0 * (1.0 - left), abs=0.3)
    assert found["fade_by_polarisation",] == pytest.approx(100.0 * (loss - (1.0 - left)), abs=0.3)
    assert found["polarisation_growth",] == pytest.approx(lower, abs=2e-3)
    assert words in output.warnings[0]


def test_the_simulated_cell_lost_material_and_its_overvoltage_grew(tmp_path):
    spec = CyclingSpec(first_capacity=136.0, last_capacity=80.0, cycles=20, polarisation=0.14, polarisation_growth=0.7)
    path = tmp_path / "cell.bdf.csv"
    path.write_bytes(simulate_cycling(spec)[0])
    found = values(run("insights.cycling", read(path)))
    assert found["fade_by_material",] == pytest.approx(100.0 * (1.0 - 80.0 / 136.0), abs=0.5)
    assert found["fade_by_polarisation",] == pytest.approx(0.0, abs=0.5)
    assert found["polarisation_growth",] == pytest.approx(0.5 * 0.14 * 0.7, abs=2e-3)


def shorted(cycle, *, dips=4):
    """Five cycles; in one of them the charge dips by 40 mV and goes on for half as long again."""
    steps = []
    for number in range(1, 6):
        longer = 1.5 if number == cycle else 1.0
        time = np.linspace(0.0, 3600.0 * longer, 400)
        rise = np.linspace(3.6, 4.2, 400)
        if number == cycle:
            for place in np.linspace(60, 340, dips).astype(int):
                rise[place : place + 5] -= 0.040
        steps += [(time, rise, CURRENT), ([0.0, 60.0, 120.0], 4.1, 0.0)]
        steps += [(np.linspace(0.0, 3600.0, 400), np.linspace(4.1, 3.2, 400), -CURRENT)]
        steps += [([0.0, 60.0, 120.0], 3.4, 0.0)]
    return record(*steps, noise=3e-4)


def test_a_soft_short_is_suggested_with_its_evidence():
    output = run("insights.cycling", shorted(4))
    assert values(output) == {("voltage_dips", ("cycle", 4)): 4.0}
    (words,) = output.warnings
    assert words.startswith("possibly a soft short from cycle 4 on: the voltage falls suddenly 4 times")
    assert "1.5 times the charge that the cycles before gave back" in words
    assert output.tables[0]["strength"].tolist() == [0, 0, 0, 2, 0]


def test_a_collapsing_polarisation_is_a_sign():
    steps = []
    for number in range(1, 7):
        drop, longer = (0.02, 1.3) if number == 5 else (0.15, 1.0)
        time = np.linspace(0.0, 3600.0, 200)
        steps += [(time * longer, 3.6 + 0.5 * time / 3600.0 + drop, CURRENT), ([0.0, 60.0, 120.0], 4.1, 0.0)]
        steps += [(time, 4.1 - 0.5 * time / 3600.0 - drop, -CURRENT), ([0.0, 60.0, 120.0], 3.6, 0.0)]
    (words,) = run("insights.cycling", record(*steps)).warnings
    assert "cycle 5" in words
    assert "polarisation is" in words


@pytest.mark.parametrize("noise", [1e-4, 1e-3])
def test_a_healthy_test_is_left_alone(noise):
    output = run("insights.cycling", record(*healthy(), noise=noise))
    assert output.warnings == ()
    assert output.values == ()


def healthy():
    time = np.linspace(0.0, 3600.0, 300)
    once = [(time, np.linspace(3.6, 4.2, 300), CURRENT), ([0.0, 60.0, 120.0], 4.1, 0.0)]
    once += [(time, np.linspace(4.1, 3.2, 300), -CURRENT), ([0.0, 60.0, 120.0], 3.4, 0.0)]
    return once * 5


@pytest.mark.parametrize(
    "name",
    [
        "be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr",
        "EmpaEconversion+fastnda/nw4-120-1-6-53.ndax",
    ],
)
def test_real_files_end_in_finite_numbers(shared_data, name):
    output = run("insights.cycling", read(shared_data / "electrochemistry" / name))
    assert np.isfinite([value.value for value in output.values]).all()
