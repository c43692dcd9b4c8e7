"""Steps, resistances, polarisation and rates against records whose truth is known, and on real files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels.base import NotApplicable
from demo.simulate import CyclingSpec, simulate_cycling
from tests.analysis_tasks.cycling_records import read, record, run, values

R, C_RATE = 50.0, 1e-3  # ohm, A
REST = np.array([0.0, 0.5, 1.0, 2.0, 10.0, 100.0, 600.0])
HOUR = np.unique(np.append([0.5, 1.0, 2.0, 5.0], np.arange(0.0, 3601.0, 10.0)))


def ocv(z):
    return 3.6 + 0.5 * z


def cccv_cycle():
    """Constant current to the limit, 600 s of constant voltage, rest, discharge, rest; R makes every voltage step."""
    z, held = HOUR / 3600.0, np.arange(10.0, 611.0, 10.0)
    top = ocv(1.0) + R * C_RATE
    return [
        (REST, ocv(0.0), 0.0),
        (HOUR, ocv(z) + R * C_RATE, C_RATE),
        (held, top, C_RATE * np.exp(-held / 200.0)),
        (REST, ocv(1.0), 0.0),
        (HOUR, ocv(1.0 - z) - R * C_RATE, -C_RATE),
        (REST, ocv(0.0), 0.0),
    ]


def test_steps_are_told_apart_with_their_charge():
    steps = run("cycling.steps", record(*cccv_cycle())).tables[0]
    assert list(zip(steps["direction"], steps["mode"], strict=True)) == [
        ("rest", "rest"),
        ("charge", "CC"),
        ("charge", "CV"),
        ("rest", "rest"),
        ("discharge", "CC"),
        ("rest", "rest"),
    ]
    held = np.arange(10.0, 611.0, 10.0)
    since = np.append(0.0, held)  # the interval in which the current begins to fall is the new step's
    expected = [1.0, 1e3 * C_RATE * np.trapezoid(np.exp(-since / 200.0), since) / 3600.0]
    assert steps["capacity_total"][1:3] == pytest.approx(expected, rel=1e-9)
    assert steps["capacity_total"][[1, 2]].sum() == pytest.approx(
        run("cycling.capacity", record(*cccv_cycle())).tables[0]["charge_capacity_total"][0], rel=1e-12
    )
    assert steps["energy"][4] == pytest.approx(1.0 * (3.85 - R * C_RATE), rel=1e-6)
    assert steps["seconds"][1] == pytest.approx(3600.0)


@pytest.mark.parametrize("delay", [1.0, 0.5, 5.0])
def test_resistance_is_the_voltage_step_over_the_current_step(delay):
    output = run("cycling.steps", record(*cccv_cycle()), delay=delay, electrode_area=0.5)
    found = values(output)
    drift = 0.5 / 3600.0 * delay / C_RATE  # the open-circuit voltage moves on during the delay
    for branch, edge, expected in (
        ("charge", "start", R + drift),
        ("discharge", "start", R + drift),
        ("discharge", "end", R),
    ):
        index = (("branch", branch), ("cycle", 1), ("edge", edge))
        assert found["step_resistance", *index] == pytest.approx(expected, rel=1e-9), (branch, edge)
        assert found["step_resistance_areal", *index] == pytest.approx(expected / 2, rel=1e-9)
    assert found["ohmic_drop", ("branch", "discharge"), ("cycle", 1), ("edge", "end")] == pytest.approx(R * C_RATE)
    assert output.tables[1]["delay"].tolist() == [delay] * len(output.tables[1])


def test_the_delay_is_never_below_the_interval_of_the_records():
    output = run("cycling.steps", record(*cccv_cycle()), delay=0.01)
    assert output.tables[1]["delay"].min() == 0.5
    assert "after 0.5 s" in output.warnings[0]


def test_polarisation_is_twice_the_overvoltage_at_equal_states():
    no_hold = [step for place, step in enumerate(cccv_cycle()) if place != 2]
    found = values(run("cycling.steps", record(*no_hold)))
    for at in ("z = 0.5", "mean of 0.1 to 0.9"):
        assert found["polarisation", ("at", at), ("cycle", 1)] == pytest.approx(2 * R * C_RATE, abs=1e-6)


def test_polarisation_of_the_simulated_cell_grows_as_its_truth_says(tmp_path):
    spec = CyclingSpec(polarisation=0.14, polarisation_growth=0.7, noise=0.0, interval=120.0)
    path = tmp_path / "cell.bdf.csv"
    path.write_bytes(simulate_cycling(spec)[0])
    output = run("cycling.steps", read(path))
    found = values(output)
    assert found["polarisation", ("at", "z = 0.5"), ("cycle", 1)] == pytest.approx(0.14, abs=1e-5)
    assert found["polarisation", ("at", "z = 0.5"), ("cycle", 10)] == pytest.approx(0.14 * 1.7, abs=1e-5)
    current = spec.specific_current * spec.active_mass * 1e-6
    end = (("branch", "discharge"), ("cycle", 10), ("edge", "end"))
    assert found["step_resistance", *end] == pytest.approx(0.07 * 1.7 / current, rel=1e-4)


def test_capacity_per_rate_comes_in_blocks():
    steps = []
    for current, hours in ((1e-3, 1.0), (1e-3, 1.0), (2e-3, 0.4), (4e-3, 0.15), (1e-3, 0.95)):
        time = np.linspace(0.0, 3600.0 * hours, 200)
        steps += [(time, np.linspace(3.6, 4.2, 200), current), (time, np.linspace(4.1, 3.0, 200), -current)]
    output = run("cycling.steps", record(*steps), active_mass=10.0)
    rates = next(table for table in output.tables if table.name == "rates")
    assert rates["first_cycle"].tolist() == [1, 3, 4, 5]
    assert rates["discharge_capacity_total"] == pytest.approx([1.0, 0.8, 0.6, 0.95], rel=1e-9)
    assert rates["c_rate"] == pytest.approx([1.0, 2.0, 4.0, 1.0], rel=1e-9)
    found = values(output)
    assert found["discharge_capacity", ("block", 3), ("cycle", 4)] == pytest.approx(60.0)


def test_one_rate_has_no_blocks():
    output = run("cycling.steps", record(*cccv_cycle(), *cccv_cycle()))
    assert [table.name for table in output.tables] == ["steps", "current_steps", "polarisation"]
    assert not [value for value in output.values if "block" in value.index]


def test_a_load_profile_is_not_cut_into_steps():
    current = 1e-3 * np.random.default_rng(3).choice([-2.0, -1.0, 1.0, 2.0], 8000)
    with pytest.raises(NotApplicable, match="load profile"):
        run("cycling.steps", record((np.arange(8000.0), 3.7, current)))


def test_steps_of_a_real_file_follow_its_program(shared_data):
    """The cycler counted 216 steps and the last discharges; our cut through its numbers finds the same."""
    records = read(shared_data / "electrochemistry/EmpaEconversion+fastnda/test_2.ndax")
    steps = run("cycling.steps", records).tables[0]
    counted = len(np.unique(records["step_count"]))
    assert counted == 216
    assert len(steps) - np.count_nonzero(steps["mode"] == "CV") == counted
    discharges = steps["capacity_total"][steps["direction"] == "discharge"][:3]
    assert discharges == pytest.approx([0.1005857, 0.0609901, 0.0330897], rel=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-5e-3, 5e-3), st.integers(3, 40)), min_size=2, max_size=12), st.integers(0, 9))
def test_steps_cover_the_record_and_keep_the_charge(parts, seed):
    steps = [(np.arange(float(rows)), 3.7, current) for current, rows in parts]
    records = record((np.arange(50.0), np.linspace(3.0, 4.0, 50), 6e-3), *steps, noise=1e-3, seed=seed)
    table = run("cycling.steps", records).tables[0]
    assert table["first_row"][0] == 0
    assert table["last_row"][-1] == len(records) - 1
    assert (table["first_row"][1:] == table["last_row"][:-1] + 1).all()
