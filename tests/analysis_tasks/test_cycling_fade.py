"""The fade kernel against laws that are known exactly, with noise, and where nothing may be said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels.fade_models import fit_fade
from demo.simulate import CyclingSpec, simulate_cycling
from tests.analysis_tasks.cycling_records import fading, read, run, values

CYCLES = np.arange(40.0)
LAWS = {
    "linear": 1.0 - 0.004 * CYCLES,
    "sqrt": 1.0 - 0.03 * np.sqrt(CYCLES),
    "linear+sqrt": 1.0 - 0.002 * CYCLES - 0.02 * np.sqrt(CYCLES),
    "exponential": np.exp(-0.02 * CYCLES),
    "knee": 1.0 - 0.001 * CYCLES - 0.012 * np.maximum(CYCLES - 25.0, 0.0),
}


@pytest.mark.parametrize("law", LAWS)
def test_the_law_that_made_the_data_is_chosen_and_its_rate_is_exact(law):
    output = run("cycling.fade", fading(LAWS[law]))
    laws = output.tables[1]
    assert laws["law"][laws["chosen"]].tolist() == [law]
    expected = 100.0 * (LAWS[law][0] - LAWS[law][-1]) / CYCLES[-1]
    assert values(output)["fade_rate",] == pytest.approx(expected, rel=1e-5)


def test_cycles_to_90_and_80_are_cycle_numbers():
    found = values(run("cycling.fade", fading(1.0 - 0.004 * CYCLES)))
    assert found["cycles_to_90",] == pytest.approx(1 + 25.0, rel=1e-6)
    assert found["cycles_to_80",] == pytest.approx(1 + 50.0, rel=1e-6), "50 of 39 x 1.5 = 58.5 cycles: given"


def test_nothing_is_predicted_beyond_one_and_a_half_times_the_data():
    found = values(run("cycling.fade", fading(1.0 - 0.003 * CYCLES)))
    assert ("cycles_to_90",) in found
    assert ("cycles_to_80",) not in found, "66.7 cycles lie beyond 58.5"


def test_a_knee_is_found_and_said():
    output = run("cycling.fade", fading(LAWS["knee"]))
    assert values(output)["knee_cycle",] == pytest.approx(26.0, abs=0.1)
    assert "after a knee" in output.warnings[0]


def test_the_simulated_cell_fades_as_its_truth_says(tmp_path):
    spec = CyclingSpec(first_capacity=136.0, last_capacity=80.0, cycles=50, interval=600.0)
    path = tmp_path / "cell.bdf.csv"
    path.write_bytes(simulate_cycling(spec)[0])
    found = values(run("cycling.fade", read(path)))
    assert found["fade_rate",] == pytest.approx(100.0 * (1.0 - 80.0 / 136.0) / 49.0, rel=1e-4)
    assert found["cycles_to_80",] == pytest.approx(1.0 + 49.0 * np.log(0.8) / np.log(80.0 / 136.0), rel=1e-3)


@pytest.mark.parametrize("count", [1, 4])
def test_few_cycles_have_no_fade(count):
    output = run("cycling.fade", fading(np.linspace(1.0, 0.9, count)))
    assert output.values == output.tables == ()


def test_the_fit_begins_at_the_reference_cycle():
    fractions = np.append([1.3, 1.2], 1.0 - 0.005 * np.arange(20.0))
    found = values(run("cycling.fade", fading(fractions), reference_cycle=3))
    assert found["fade_rate",] == pytest.approx(0.5, rel=1e-6)


def test_the_interval_holds_the_rate_as_often_as_it_says():
    truth, hits = 1.0 - 0.004 * CYCLES, 0
    for seed in range(300):
        noisy = truth * (1.0 + np.random.default_rng(seed).normal(0.0, 0.003, len(truth)))
        linear = next(fit for fit in fit_fade(CYCLES, noisy) if fit.law.name == "linear")
        rate, spread = linear.mean_rate(CYCLES[-1])
        hits += abs(rate - 0.004) <= linear.half_width(spread)
    assert 0.92 <= hits / 300 <= 0.98


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.2, 1.2), min_size=5, max_size=30),
    st.floats(0.5, 2.0),
)
def test_only_ratios_count(fractions, scale):
    x, y = np.arange(float(len(fractions))), np.array(fractions)
    one, other = fit_fade(x, y)[0], fit_fade(x, y * scale)[0]
    assert np.isfinite(one.mean_rate(x[-1])).all()
    if one.law.name == other.law.name == "linear":
        assert other.mean_rate(x[-1])[0] == pytest.approx(scale * one.mean_rate(x[-1])[0], rel=1e-6, abs=1e-12)
