"""The simulated test holds exactly the truth that it states, through the real reader and the real kernel."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, Output
from analysis_tasks.kernels.parameters import freeze
from demo.simulate import CyclingSpec, simulate_cycling
from measurements import readers
from measurements.readers.base import Reading, Source

KERNEL = KERNELS["cycling.capacity"]

# Charge is exact but for the times, which are written to 0.1 ms; voltages carry noise and the trapezoidal rule.
CAPACITY_TOLERANCE, VOLTAGE_TOLERANCE = 1e-6, 5e-4


def measured(content: bytes, folder: Path, **parameters) -> tuple[Reading, Output]:
    path = folder / "simulated.csv"
    path.write_bytes(content)
    reading = readers.read(Source.at(path))[1]
    return reading, KERNEL.run((KernelInput({"records": reading.table("records")}),), freeze(KERNEL, parameters))


def assert_truth(truth: dict[str, Any], output: Output) -> None:
    cycles = output.tables[0]
    for key in truth["cycles"][0]:
        expected = [cycle[key] for cycle in truth["cycles"]]
        tolerance = VOLTAGE_TOLERANCE if key.startswith("mean_") else CAPACITY_TOLERANCE * max(expected)
        assert cycles[key].tolist() == pytest.approx(expected, abs=tolerance, rel=0), key


def test_the_kernel_returns_the_truth(tmp_path):
    content, truth = simulate_cycling(CyclingSpec(cycles=20))
    reading, output = measured(content, tmp_path, active_mass=2.10, convention="cathode|Li")
    assert_truth(truth, output)
    assert output.warnings == ()
    assert reading.warnings == ()
    found = {(v.quantity, *v.index.values()): v.value for v in output.values}
    assert found["initial_discharge_capacity",] == pytest.approx(138.8, rel=CAPACITY_TOLERANCE)
    assert found["final_discharge_capacity",] == pytest.approx(120.0, rel=CAPACITY_TOLERANCE)
    assert found["capacity_retention",] == pytest.approx(100 * 120.0 / 138.8, rel=CAPACITY_TOLERANCE)
    assert found["coulombic_efficiency", 1] == pytest.approx(86.0, rel=CAPACITY_TOLERANCE)
    assert found["upper_cutoff_voltage",] == pytest.approx(4.3, abs=1e-3)
    assert found["lower_cutoff_voltage",] == pytest.approx(2.8, abs=1e-3)
    assert found["polarisation", 1] == pytest.approx(
        truth["cycles"][0]["mean_charge_voltage"] - truth["cycles"][0]["mean_discharge_voltage"], abs=VOLTAGE_TOLERANCE
    )


def test_a_simulated_file_says_so(tmp_path):
    content, truth = simulate_cycling(CyclingSpec(cycles=1))
    reading, _ = measured(content, tmp_path)
    assert content.startswith(b"# simulated: true\n")
    assert reading.metadata["simulated"] is True
    assert truth["simulated"] is True
    assert truth["spec"]["seed"] == 622


def test_the_same_seed_gives_the_same_bytes():
    spec = CyclingSpec(cycles=2)
    assert simulate_cycling(spec)[0] == simulate_cycling(spec)[0]
    assert simulate_cycling(spec)[0] != simulate_cycling(CyclingSpec(cycles=2, seed=1))[0]


def test_the_voltage_stays_in_the_window_and_rises_with_the_charge(tmp_path):
    content, _ = simulate_cycling(CyclingSpec(cycles=1, noise=0.0))
    records = measured(content, tmp_path)[0].table("records")
    charging = records["voltage_volt"][records["current_ampere"] > 0]
    assert (np.diff(charging) >= 0).all()
    assert (charging.max(), records["voltage_volt"].min()) == pytest.approx((4.3, 2.8))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"active_mass": 0.0}, "active_mass"),
        ({"cycles": 0}, "cycles"),
        ({"upper": 4.0}, "upper"),
        ({"lower": 3.5}, "lower"),
        ({"polarisation": 1.0}, "upper"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        CyclingSpec(**wrong)


SPECS = st.builds(
    lambda kept, spec: replace(spec, last_capacity=spec.first_capacity * kept),
    st.floats(0.3, 1.0),
    st.builds(
        CyclingSpec,
        active_mass=st.floats(1.1, 20.0),
        first_capacity=st.floats(20.0, 250.0),
        cycles=st.integers(1, 5),
        specific_current=st.floats(5.0, 300.0),
        polarisation=st.floats(0.01, 0.15),
        noise=st.just(0.0),
    ),
)


@settings(max_examples=15, deadline=None)
@given(SPECS)
def test_any_cell_gives_its_truth(tmp_path_factory, spec):
    """At 500 records per half cycle; far fewer do not follow the last bend of the curve."""
    interval = 3600.0 * spec.last_capacity / spec.specific_current / 500.0
    spec = replace(spec, interval=interval, rest=10.0 * interval)
    content, truth = simulate_cycling(spec)
    _, output = measured(content, tmp_path_factory.mktemp("any"), active_mass=spec.active_mass)
    for key in ("charge_capacity_total", "discharge_capacity_total", "coulombic_efficiency"):
        expected = [cycle[key] for cycle in truth["cycles"]]
        assert output.tables[0][key].tolist() == pytest.approx(expected, rel=1e-4), key
