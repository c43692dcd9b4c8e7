"""Distribution of relaxation times: peak areas are the resistances they were made from, with and without noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, NotApplicable, Output
from analysis_tasks.kernels.circuits import parse
from analysis_tasks.kernels.parameters import ParameterError, freeze
from core.tables import table
from measurements import readers
from measurements.readers.base import Source

KERNEL = KERNELS["eis.drt"]
FREQUENCY = np.logspace(6, -2, 71)
CIRCUIT = parse("R0-p(R1,CPE1)-p(R2,CPE2)")
CLEAN = CIRCUIT.impedance(np.array([20.0, 150.0, 2e-9, 0.92, 900.0, 8e-6, 0.80]), FREQUENCY)


def run(frequency, impedance, **parameters) -> Output:
    columns = {
        "frequency_hertz": frequency,
        "real_impedance_ohm": impedance.real.copy(),
        "imaginary_impedance_ohm": impedance.imag.copy(),
    }
    return KERNEL.run((KernelInput({"spectrum": table("spectrum", columns)}),), freeze(KERNEL, parameters))


def peaks(output: Output) -> list[tuple[float, float]]:
    (found,) = [one for one in output.tables if one.name == "peaks"]
    return list(zip(found["relaxation_time"].tolist(), found["resistance"].tolist(), strict=True))


def assert_the_truth(found: list[tuple[float, float]]) -> None:
    (fast, bulk), (slow, interface) = found
    assert bulk == pytest.approx(150.0, rel=0.10)
    assert interface == pytest.approx(900.0, rel=0.03)
    assert np.log10(fast / 8.1e-8) == pytest.approx(0.0, abs=0.1)
    assert np.log10(slow / 2.1e-3) == pytest.approx(0.0, abs=0.05)


def test_areas_of_a_clean_spectrum_are_its_resistances():
    assert_the_truth(peaks(run(FREQUENCY, CLEAN)))


@pytest.mark.parametrize("seed", range(12))
def test_areas_hold_with_noise_of_half_a_percent(seed):
    generator = np.random.default_rng(seed)
    spread = generator.standard_normal(71) + 1j * generator.standard_normal(71)
    assert_the_truth(peaks(run(FREQUENCY, CLEAN * (1.0 + 0.005 * spread)))[:2])


@pytest.mark.parametrize("regularisation", ["gcv", "real-imaginary"])
def test_ideal_arcs_keep_their_areas(regularisation):
    frequency = np.logspace(5, -2, 71)
    impedance = parse("R{140}(R{230}C{1e-6})(R{576}C{1e-4})")
    values = np.array([impedance.stated[name] for name in impedance.names])
    output = run(frequency, impedance.impedance(values, frequency), regularisation=regularisation)
    (fast, first), (slow, second) = peaks(output)
    assert (first, second) == pytest.approx((230.0, 576.0), rel=0.10)
    assert (fast, slow) == pytest.approx((2.3e-4, 5.76e-2), rel=0.05)
    assert output.values[0].quantity == "series_resistance"
    assert output.values[0].value == pytest.approx(140.0, rel=0.02)


def test_blocking_electrodes_get_a_capacitor():
    impedance = parse("R0-p(R1,C1)-C2").impedance(np.array([50.0, 200.0, 1e-7, 1e-5]), FREQUENCY)
    output = run(FREQUENCY, impedance)
    (choice,) = [one for one in output.tables if one.name == "regularisation"]
    assert choice["series_capacitance"][0] == pytest.approx(1e-5, rel=0.02)
    assert [resistance for _, resistance in peaks(output)] == pytest.approx([200.0], rel=0.05)


def test_tables_carry_units_and_results_their_peak():
    output = run(FREQUENCY, CLEAN)
    drt, found, choice = output.tables
    assert (drt.name, drt.column("gamma").unit, drt.column("relaxation_time").unit) == ("drt", "ohm", "s")
    assert found["stable"].all()
    assert choice["rms_residual"][0] < 0.1
    step = np.log(drt["relaxation_time"][1] / drt["relaxation_time"][0])
    assert drt["gamma"].sum() * step == pytest.approx(sum(resistance for _, resistance in peaks(output)), rel=0.01)
    assert {value.index.get("peak") for value in output.values if value.quantity == "arc_resistance"} == {1, 2}


def test_a_factor_that_is_stated_is_used_and_must_be_above_zero():
    (choice,) = [one for one in run(FREQUENCY, CLEAN, factor=0.01).tables if one.name == "regularisation"]
    assert choice["factor"][0] == 0.01
    with pytest.raises(ParameterError, match="factor: -1 is not above 0"):
        run(FREQUENCY, CLEAN, factor=-1.0)


def test_a_real_solid_state_cell_keeps_its_sum(shared_data):
    path = shared_data / "electrochemistry/jdhuang-csm+hybrid-drt/PEIS_SSB.mpr"
    spectrum = readers.read(Source.at(path))[1].table("spectrum")
    impedance = spectrum["real_impedance_ohm"] + 1j * spectrum["imaginary_impedance_ohm"]
    output = run(spectrum["frequency_hertz"], impedance)
    (choice,) = [one for one in output.tables if one.name == "regularisation"]
    assert choice["rms_residual"][0] < 0.3
    assert len(peaks(output)) >= 4


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-5, 1e7), st.floats(1e-4, 1e4))
def test_the_distribution_scales_with_ohm_and_hertz(ohm, hertz):
    scaled = peaks(run(FREQUENCY * hertz, CLEAN * ohm))
    for (tau, resistance), (other_tau, other) in zip(peaks(run(FREQUENCY, CLEAN)), scaled, strict=True):
        assert other == pytest.approx(resistance * ohm, rel=1e-3)
        assert other_tau == pytest.approx(tau / hertz, rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(1e-3, 1e7), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=5, max_size=40))
def test_any_points_give_a_distribution_that_is_never_negative(points):
    frequency, real, imaginary = np.array(points).T
    try:
        output = run(frequency, real + 1j * imaginary)
    except NotApplicable:
        return
    assert (output.tables[0]["gamma"] >= 0).all()
    assert np.isfinite([value.value for value in output.values]).all()
