"""Kramers-Kronig: valid spectra pass with the known residuals, drifting ones fail, and noise is no alarm."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, NotApplicable, Output
from analysis_tasks.kernels.circuits import parse
from analysis_tasks.kernels.eis_kramers_kronig import kramers_kronig, runs_probability, valid_range
from analysis_tasks.kernels.impedance_spectra import Complexes
from analysis_tasks.kernels.parameters import freeze
from core.tables import table
from measurements import readers
from measurements.readers.base import Source

KERNEL = KERNELS["eis.kramers_kronig"]
FREQUENCY = np.logspace(6, -2, 71)
CLEAN = parse("R0-p(R1,CPE1)-p(R2,CPE2)-W0").impedance(
    np.array([20.0, 150.0, 2e-9, 0.92, 900.0, 8e-6, 0.80, 120.0]), FREQUENCY
)


def spread(size: int, seed: int) -> Complexes:
    generator = np.random.default_rng(seed)
    return generator.standard_normal(size) + 1j * generator.standard_normal(size)


def run(frequency, impedance, **parameters) -> Output:
    columns = {
        "frequency_hertz": frequency,
        "real_impedance_ohm": impedance.real.copy(),
        "imaginary_impedance_ohm": impedance.imag.copy(),
    }
    return KERNEL.run((KernelInput({"spectrum": table("spectrum", columns)}),), freeze(KERNEL, parameters))


def real(shared_data: Path, name: str) -> tuple[Any, Any]:
    reading = readers.read(Source.at(shared_data / "electrochemistry" / name))[1]
    spectrum = reading.table("spectrum")
    return spectrum["frequency_hertz"], spectrum["real_impedance_ohm"] + 1j * spectrum["imaginary_impedance_ohm"]


def test_a_clean_spectrum_leaves_less_than_a_third_of_a_percent():
    test = kramers_kronig(FREQUENCY, CLEAN)
    assert test.largest < 0.003
    assert test.passes(0.01)


@pytest.mark.parametrize(("count", "rms"), [(20, 0.284), (30, 0.181), (40, 0.128)])
def test_a_solid_state_cell_has_the_known_residuals(shared_data, count, rms):
    frequency, impedance = real(shared_data, "jdhuang-csm+hybrid-drt/PEIS_SSB.mpr")
    test = kramers_kronig(frequency, impedance, time_constants=count)
    assert 100 * test.rms == pytest.approx(rms, rel=0.05)


def test_blocking_electrodes_need_the_capacitor(shared_data):
    frequency, impedance = real(shared_data, "jdhuang-csm+hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr")
    assert 100 * kramers_kronig(frequency, impedance, time_constants=30).largest == pytest.approx(1.10, rel=0.02)
    assert kramers_kronig(frequency, impedance, capacitor="no", representation="impedance").rms > 0.01
    assert kramers_kronig(frequency, impedance).passes(0.01)


@pytest.mark.parametrize("seed", range(8))
def test_noise_of_half_a_percent_is_no_alarm(seed):
    noisy = CLEAN * (1.0 + 0.005 * spread(len(CLEAN), seed))
    test = kramers_kronig(FREQUENCY, noisy)
    assert test.passes(0.01)
    assert 0.004 < test.rms < 0.0085


@pytest.mark.parametrize("ideal", [True, False])
def test_ideal_arcs_and_a_pure_resistance_pass(ideal):
    circuit, values = ("R0-p(R1,C1)-p(R2,C2)", [140, 230, 1e-6, 576, 1e-4]) if ideal else ("R0", [50])
    impedance = parse(circuit).impedance(np.array(values, dtype=float), FREQUENCY)
    assert kramers_kronig(FREQUENCY, impedance).passes(0.01)


def test_a_spectrum_that_drifts_while_it_is_measured_fails_by_its_trend():
    drifting = CLEAN.copy()
    drifting[40:] *= 1.0 + np.linspace(0.0, 0.05, 31)
    output = run(FREQUENCY, drifting)
    assert not output.tables[0]["passes"][0]
    assert any("fails the Kramers-Kronig test: the residuals follow a trend" in text for text in output.warnings)


def test_a_spectrum_that_is_cut_in_two_states_which_part_is_valid():
    broken = CLEAN.copy()
    broken[55:] = broken[55:].real * 1.4 + 1j * broken[55:].imag * 0.5
    test = kramers_kronig(FREQUENCY, broken)
    assert not test.passes(0.01)
    lowest, highest = valid_range(FREQUENCY, test, 0.01) or (0.0, 0.0)
    assert highest == FREQUENCY[0]
    assert lowest >= FREQUENCY[55]


def test_the_kernel_names_residuals_with_units(shared_data):
    frequency, impedance = real(shared_data, "ECSHackWeek+impedance.py/exampleDataZPlot.z")
    output = run(frequency, impedance)
    (value,) = output.values
    assert (value.quantity, value.index) == ("kramers_kronig_residual", {})
    verdict, residuals = output.tables
    assert value.value == verdict["rms_residual"][0] < 1.0
    assert residuals.column("real_residual").unit == "%"
    assert len(residuals) == 21
    assert output.warnings == ()


def test_too_few_points_are_said():
    with pytest.raises(NotApplicable, match="has 4 points"):
        run(FREQUENCY, CLEAN, lowest_frequency=4e5)


def test_signs_that_alternate_are_likely_and_long_runs_are_not():
    assert runs_probability(np.resize([1.0, -1.0], 40)) > 0.99
    assert runs_probability(np.repeat([1.0, -1.0], 20)) < 1e-8
    assert runs_probability(np.ones(10)) < 0.01


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-5, 1e7), st.floats(1e-6, 1e6))
def test_the_test_does_not_depend_on_the_units(ohm, hertz):
    noisy = CLEAN * (1.0 + 0.002 * spread(len(CLEAN), 3))
    one = kramers_kronig(FREQUENCY, noisy)
    other = kramers_kronig(FREQUENCY * hertz, noisy * ohm)
    assert other.time_constants == one.time_constants
    assert other.rms == pytest.approx(one.rms, rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(1e-3, 1e7), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=5, max_size=40))
def test_any_points_give_a_finite_verdict(points):
    frequency, real_part, imaginary_part = np.array(points).T
    try:
        output = run(frequency, real_part + 1j * imaginary_part)
    except NotApplicable:
        return
    assert np.isfinite([value.value for value in output.values]).all()
