"""Circuits: both notations, derivatives, and fits that find the truth from the spectrum alone, honest about doubt."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, NotApplicable, Output
from analysis_tasks.kernels.circuit_elements import KINDS, Grid
from analysis_tasks.kernels.circuit_fitting import choose_circuit, fit_circuit
from analysis_tasks.kernels.circuits import Circuit, CircuitError, parse
from analysis_tasks.kernels.impedance_spectra import Spectrum
from analysis_tasks.kernels.parameters import ParameterError, freeze
from core.tables import Table, table
from measurements import readers
from measurements.readers.base import Source

KERNEL = KERNELS["eis.circuit_fit"]
FREQUENCY = np.logspace(6, -2, 71)
TWO_ARCS = "R0-p(R1,CPE1)-p(R2,CPE2)-W0"
TRUTH = np.array([20.0, 150.0, 2e-9, 0.92, 900.0, 8e-6, 0.80, 120.0])


def noisy(circuit: str, values, frequency=FREQUENCY, noise=0.005, seed=1) -> Spectrum:
    clean = parse(circuit).impedance(np.asarray(values, dtype=float), frequency)
    generator = np.random.default_rng(seed)
    spread = generator.standard_normal(len(frequency)) + 1j * generator.standard_normal(len(frequency))
    return Spectrum(1, 1, frequency, clean * (1.0 + noise * spread))


def dataset(spectrum: Spectrum, **metadata) -> KernelInput:
    columns: dict[str, Any] = {
        "spectrum_index": np.ones(len(spectrum), dtype=np.int32),
        "frequency_hertz": spectrum.frequency,
        "real_impedance_ohm": spectrum.impedance.real.copy(),
        "imaginary_impedance_ohm": spectrum.impedance.imag.copy(),
    }
    return KernelInput({"spectrum": table("spectrum", columns)}, metadata)


def run(*spectra: Spectrum, **parameters) -> Output:
    return KERNEL.run(tuple(map(dataset, spectra)), freeze(KERNEL, parameters))


def found(output: Output, quantity: str, **index) -> float:
    (value,) = [v.value for v in output.values if v.quantity == quantity and dict(v.index) == index]
    return value


def rows(output: Output, name: str) -> Table:
    (one,) = [t for t in output.tables if t.name == name]
    return one


def test_uncertainties_from_the_jacobian_are_those_of_a_bootstrap():
    """200 spectra drawn anew from the fit with its own residuals scatter as the covariance says, each parameter."""
    truth = [20.0, 150.0, 2e-6, 0.9, 900.0, 8e-5, 0.85, 120.0]
    circuit, spectrum = parse(TWO_ARCS), noisy(TWO_ARCS, truth, seed=3)
    fit = fit_circuit(circuit, spectrum)
    generator = np.random.default_rng(11)
    freedom = np.sqrt(fit.observations / fit.degrees_of_freedom)
    drawn = np.concatenate([fit.residual.real, fit.residual.imag]) * freedom
    again = []
    for _ in range(200):
        real, imaginary = generator.choice(drawn, (2, len(spectrum)))
        measured = fit.fitted * (1.0 + real + 1j * imaginary)

        def residual(coordinates, measured=measured):
            rest = (circuit.impedance(circuit.to_values(coordinates), FREQUENCY) - measured) / np.abs(measured)
            return np.concatenate([rest.real, rest.imag])

        again.append(least_squares(residual, fit.coordinates, method="lm").x)
    spread = np.std(again, axis=0, ddof=1)
    # The standard deviation of 200 draws is itself uncertain by 5 %; four of those, and a little for the curvature.
    np.testing.assert_allclose(spread, fit.deviations, rtol=0.25)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("R(RQ)W", "R0-p(R1,CPE0)-W0"),
        ("R{140}(R{230}C{1e-6})(R{576}C{1e-4})", "R0-p(R1,C0)-p(R2,C1)"),
        ("R(C[R(RQ)W])", "R0-p(C0,R1-p(R2,CPE0)-W0)"),
        (" R0 - p( R1 , C1 ) - p(R2-Wo1,C2) ", "R0-p(R1,C1)-p(R2-Wo1,C2)"),
        ("L_0-R_0-CPE_1", "L0-R0-CPE1"),
        ("R", "R0"),
    ],
)
def test_both_notations_are_read(text, written):
    assert str(parse(text)) == written


def test_values_in_braces_are_kept_as_a_start():
    assert parse("R{140}(R{R=230:grain}Q{1e-6,n=0.9})").stated == {"R0": 140, "R1": 230, "CPE0_Q": 1e-6, "CPE0_n": 0.9}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty circuit"),
        ("R0-p(R1", "expected ',' or '\\)' at character 8, found the end"),
        ("R0--R1", "expected an element .* at character 4, found '-R1'"),
        ("R0-X1", "expected an element"),
        ("R0-R0", "R0 stands there twice"),
        ("R(R", "expected an element or '\\)'"),
        ("R0-p(R1)", "a second part beside the first"),
        ("RW{1}", "values are read for .* only; programs define those of W differently"),
        ("(" * 40 + "R", "nested deeper"),
        ("R" * 30, "30 elements are too many"),
    ],
)
def test_a_text_that_is_no_circuit_is_refused_with_the_place(text, said):
    with pytest.raises(CircuitError, match=said):
        parse(text)


symbols = st.sampled_from(sorted(KINDS))
trees = st.recursive(
    symbols,
    lambda inside: st.one_of(
        st.lists(inside, min_size=2, max_size=3).map(lambda parts: ["-", *parts]),
        st.lists(inside, min_size=2, max_size=3).map(lambda parts: ["p", *parts]),
    ),
    max_leaves=8,
)


def notation(tree, counter) -> str:
    if isinstance(tree, str):
        return f"{tree}{next(counter)}"
    kind, *parts = tree
    inside = [notation(part, counter) for part in parts]
    return "-".join(inside) if kind == "-" else f"p({','.join(inside)})"


@settings(max_examples=80, deadline=None)
@given(trees)
def test_what_is_written_reads_back_and_has_right_derivatives(tree):
    circuit = parse(notation(tree, iter(range(100))))
    again = parse(str(circuit))
    assert str(again) == str(circuit)
    assert again.names == circuit.names
    grid = Grid.of(np.logspace(-2, 4, 7))
    coordinates = np.random.default_rng(len(circuit.names)).normal(0.0, 0.5, (2, len(circuit.names)))
    z, slopes = circuit.evaluate(circuit.to_values(coordinates), grid)
    for place in range(len(circuit.names)):
        step = np.zeros(len(circuit.names))
        step[place] = 1e-6
        ends = [circuit.evaluate(circuit.to_values(coordinates + sign * step), grid)[0] for sign in (1, -1)]
        assert slopes[:, :, place] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-7 * np.abs(z).max())


@settings(max_examples=150, deadline=None)
@given(st.text("R01CQLWosG(){}[],.-p=e6 ", max_size=40))
def test_any_text_is_a_circuit_or_refused(text):
    try:
        assert parse(str(parse(text))).names
    except CircuitError:
        return


@pytest.mark.parametrize("text", ["W1", "Wo1", "Ws1", "G1"])
def test_diffusion_elements_have_their_limits(text):
    """At low frequency: W and Wo grow without bound, Ws and G end as a resistance; at high frequency 45 degrees."""
    circuit = parse(text)
    values = np.array([100.0, 1.0][: len(circuit.names)])
    low, high = circuit.impedance(values, np.array([1e-7, 1e4]))
    if text in ("Ws1", "G1"):
        assert low == pytest.approx(100.0, rel=1e-5)
    else:
        assert abs(low) > 1e5
    assert np.angle(high, deg=True) == pytest.approx(-45.0, abs=0.1)


def objective(circuit: Circuit, spectrum: Spectrum):
    def residual(coordinates):
        relative = circuit.impedance(circuit.to_values(coordinates), spectrum.frequency) / spectrum.impedance - 1.0
        return np.concatenate([relative.real, relative.imag])

    return residual


def test_the_hard_case_is_solved_without_a_guess_and_its_unknown_is_said():
    """Bulk arc above the window: R0 = 20 is not determined (some ± 6), all the rest is."""
    spectrum = noisy(TWO_ARCS, TRUTH)
    circuit = parse(TWO_ARCS)
    fit = fit_circuit(circuit, spectrum)
    # Independent optimum: SciPy from the truth.
    best = least_squares(
        objective(circuit, spectrum), circuit.to_coordinates(TRUTH), xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    direction = np.abs(fit.residual) ** 2
    assert fit.squares == pytest.approx(direction.sum(), rel=1e-12)
    assert fit.squares <= 1.001 * 2.0 * best.cost
    assert dict(zip(circuit.names, fit.determined, strict=True)) == {name: name != "R0" for name in circuit.names}
    values = dict(zip(circuit.names, zip(fit.values, fit.uncertainties, strict=True), strict=True))
    assert values["R2"] == pytest.approx((898.6, 1.27), rel=0.01)
    assert values["CPE2_n"] == pytest.approx((0.800, 0.00133), rel=0.01)
    assert values["R0"][1] == pytest.approx(6.0, rel=0.1)
    lower, upper = fit.interval()
    assert ((lower <= TRUTH) & (upper >= TRUTH)).all()


def test_the_kernel_says_what_is_not_determined_and_does_not_give_it():
    output = run(noisy(TWO_ARCS, TRUTH), circuit=TWO_ARCS)
    assert "series_resistance" not in {value.quantity for value in output.values}
    assert any("not determined by the spectrum" in text and "R0" in text for text in output.warnings)
    assert found(output, "arc_resistance", arc=2) == pytest.approx(900, rel=0.01)
    assert found(output, "relaxation_time", arc=2) == pytest.approx((900 * 8e-6) ** (1 / 0.8), rel=0.02)
    assert found(output, "total_resistance") == pytest.approx(1070, rel=0.005)
    parameters = rows(output, "parameters")
    assert parameters["parameter"].tolist() == list(parse(TWO_ARCS).names)
    assert parameters["determined"].tolist() == [False] + [True] * 7


def test_the_ladder_finds_the_circuit():
    chosen, tried = choose_circuit([noisy(TWO_ARCS, TRUTH)])
    assert str(chosen.circuit) == TWO_ARCS
    assert len(tried) > 6


@pytest.mark.parametrize(
    ("circuit", "values"),
    [
        ("R0-p(R1,CPE1)", [10, 100, 1e-6, 0.85]),
        ("R0-p(R1,CPE1)-CPE0", [50, 300, 1e-9, 0.9, 1e-5, 0.9]),
        ("L0-R0-p(R1,CPE1)", [1e-6, 5, 80, 1e-5, 0.9]),
    ],
)
def test_the_ladder_does_not_add_what_is_not_there(circuit, values):
    names = {str(choose_circuit([noisy(circuit, values, seed=seed)])[0].circuit) for seed in range(3)}
    assert names == {circuit}


def test_arcs_come_in_the_order_of_their_time_constants():
    spectrum = noisy("R0-p(R1,CPE1)-p(R2,CPE2)", [20, 900, 8e-6, 0.8, 150, 2e-9, 0.92])
    fit = fit_circuit(parse("R0-p(R1,CPE1)-p(R2,CPE2)"), spectrum)
    assert fit.values[[1, 4]] == pytest.approx([150, 900], rel=0.15)


def test_a_nested_circuit_is_fitted():
    circuit, truth = "R0-p(R1-p(R2,C2),C1)", [10.0, 50.0, 200.0, 1e-4, 1e-7]
    fit = fit_circuit(parse(circuit), noisy(circuit, truth, noise=0.002))
    assert fit.values == pytest.approx(truth, rel=0.02)


def test_finite_diffusion_is_fitted_without_a_guess():
    circuit, truth = "R0-p(R1,C1)-Wo1", [5.0, 40.0, 1e-5, 30.0, 20.0]
    fit = fit_circuit(parse(circuit), noisy(circuit, truth, noise=0.002, frequency=np.logspace(5, -3, 65)))
    assert fit.values == pytest.approx(truth, rel=0.03)


@pytest.mark.parametrize("factor", [1e-6, 1e-2, 1e5])
def test_the_fit_scales_with_the_unit_of_impedance(factor):
    spectrum = noisy(TWO_ARCS, TRUTH)
    scaled = Spectrum(1, 1, spectrum.frequency, spectrum.impedance * factor)
    one, other = fit_circuit(parse(TWO_ARCS), spectrum), fit_circuit(parse(TWO_ARCS), scaled)
    assert other.squares == pytest.approx(one.squares, rel=1e-6)
    assert other.values[4] == pytest.approx(factor * one.values[4], rel=1e-4)
    assert other.values[6] == pytest.approx(one.values[6], rel=1e-4)


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(71)))
def test_the_order_of_the_points_does_not_matter(order):
    spectrum = noisy("R0-p(R1,CPE1)", [10, 100, 1e-6, 0.85])
    columns = dataset(spectrum).tables["spectrum"]
    shuffled = table("spectrum", {column.name: column.values[list(order)] for column in columns})
    output = KERNEL.run((KernelInput({"spectrum": shuffled}),), freeze(KERNEL, {"circuit": "R0-p(R1,CPE1)"}))
    assert found(output, "arc_resistance", arc=1) == found(
        run(spectrum, circuit="R0-p(R1,CPE1)"), "arc_resistance", arc=1
    )


def test_intervals_hold_the_truth():
    """95 % intervals of 60 seeded fits; benchmarks/eis_coverage.py does 1,000."""
    circuit, truth = parse("R0-p(R1,CPE1)-p(R2,CPE2)-W0"), TRUTH
    held = np.zeros(len(truth))
    for seed in range(60):
        lower, upper = fit_circuit(circuit, noisy(TWO_ARCS, truth, seed=seed)).interval()
        held += (lower <= truth) & (truth <= upper)
    # 57 are expected; fewer than 51 have a probability below 0.005 each.
    assert (held >= 51).all(), held


@pytest.mark.parametrize("weighting", ["proportional", "unit"])
def test_other_weights_find_the_truth_where_the_noise_is_of_their_kind(weighting):
    truth = [10, 100, 1e-6, 0.85]
    clean = parse("R0-p(R1,CPE1)").impedance(np.array(truth), FREQUENCY)
    spread = 0.002 * np.random.default_rng(2).standard_normal((2, len(FREQUENCY)))
    if weighting == "proportional":
        measured = clean.real * (1.0 + spread[0]) + 1j * clean.imag * (1.0 + spread[1])
    else:
        measured = clean + 20.0 * (spread[0] + 1j * spread[1])
    fit = fit_circuit(parse("R0-p(R1,CPE1)"), Spectrum(1, 1, FREQUENCY, measured), weighting=weighting)
    lower, upper = fit.interval(0.999)
    assert ((lower <= truth) & (truth <= upper)).all()
    assert fit.values == pytest.approx(truth, rel=0.03)


def test_limits_hold_and_a_single_number_fixes():
    output = run(noisy(TWO_ARCS, TRUTH), circuit=TWO_ARCS, limits="R0=20; CPE2_n=0.7..0.75")
    parameters = rows(output, "parameters")
    values = dict(zip(parameters["parameter"].tolist(), parameters["value"].tolist(), strict=True))
    assert values["R0"] == pytest.approx(20.0, rel=1e-9)
    assert 0.7 <= values["CPE2_n"] <= 0.75 + 1e-9
    assert parameters["state"].tolist()[0] == "fixed"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"circuit": "R0-p("}, "circuit: circuit 'R0-p\\('"),
        ({"circuit": "R0-R1", "limits": "R7=1..2"}, "no parameter R7; it has R0, R1"),
        ({"circuit": "R0-R1", "limits": "R1 around 5"}, "should read like R1=10..200"),
        ({"circuit": "R0-R1", "limits": "R1=5..2"}, "must lie between 0 and inf and be in order"),
        ({"electrode_area": -1.0}, "electrode_area: -1 is not above 0"),
        ({"interface_up_to": 1e-9}, "interface_from must be below interface_up_to"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters, said):
    with pytest.raises(ParameterError, match=said):
        run(noisy("R0-p(R1,CPE1)", [10, 100, 1e-6, 0.85]), **parameters)


def test_a_pellet_gets_conductivity_and_its_bulk_is_no_grain_boundary():
    """0.5 mm of 0.785 cm² with permittivity 50: 6.95e-11 F bulk, which bare bands would call a grain boundary."""
    spectrum = noisy("R0-p(R1,CPE1)-CPE0", [0.5, 100.0, 6.95e-11, 0.999, 1e-5, 0.9], np.logspace(8, 0, 81), noise=1e-4)
    pellet = {"electrode_area": 0.785398, "thickness": 500.0, "cell_type": "blocking", "circuit": "R0-p(R1,CPE1)-CPE0"}
    output = run(spectrum, **pellet)
    assert rows(output, "arcs")["suggestion"].tolist() == ["bulk"]
    assert found(output, "bulk_resistance") == pytest.approx(100.0, rel=2e-3)
    assert found(output, "bulk_resistance_areal") == pytest.approx(78.5398, rel=2e-3)
    # L = 0.05 cm, A = 0.785398 cm², R = 100 ohm.
    assert found(output, "ionic_conductivity") == pytest.approx(6.3662e-4, rel=2e-3)
    bare = run(spectrum, circuit="R0-p(R1,CPE1)-CPE0")
    assert rows(bare, "arcs")["suggestion"].tolist() == ["bulk or grain boundary"]


def test_a_full_cell_and_a_vendors_default_area_get_no_conductivity():
    spectrum = noisy("R0-p(R1,CPE1)", [10, 100, 1e-6, 0.85])
    full = run(spectrum, circuit="R0-p(R1,CPE1)", electrode_area=1.0, thickness=500.0, cell_type="full")
    assert "ionic_conductivity" not in {value.quantity for value in full.values}
    assert any("in a cell of kind full the electrodes add" in text for text in full.warnings)
    default = run(spectrum, circuit="R0-p(R1,CPE1)", electrode_area=0.001, thickness=500.0, cell_type="blocking")
    assert not any(value.quantity.endswith("_areal") for value in default.values)
    assert any("0.001 cm² is what EC-Lab writes" in text for text in default.warnings)


def test_two_equal_interfaces_share_the_area_specific_resistance():
    spectrum = noisy("R0-p(R1,C1)", [50, 200, 1e-6])
    output = run(spectrum, circuit="R0-p(R1,C1)", electrode_area=0.5, cell_type="symmetric")
    assert found(output, "interfacial_resistance_areal") == pytest.approx(200 * 0.5 / 2, rel=0.01)


def test_several_spectra_keep_their_numbers():
    spectra = [noisy("R0-p(R1,CPE1)", [10, resistance, 1e-6, 0.85]) for resistance in (100, 300)]
    output = run(*spectra, circuit="R0-p(R1,CPE1)")
    assert found(output, "arc_resistance", spectrum=2, arc=1) == pytest.approx(300, rel=0.02)
    assert set(rows(output, "fit")["spectrum"].tolist()) == {1, 2}


def test_a_local_optimum_of_a_real_spectrum_is_not_taken(shared_data):
    """exampleData.csv, Im < 0: a local fit has 8.68e-3, 3.32, 5.39e-3 ...; the global optimum is lower."""
    data = np.loadtxt(shared_data / "electrochemistry/ECSHackWeek+impedance.py/exampleData.csv", delimiter=",")
    data = data[data[:, 2] < 0]
    order = np.argsort(-data[:, 0])
    spectrum = Spectrum(1, 1, data[order, 0], data[order, 1] + 1j * data[order, 2])
    circuit = parse("R0-p(R1,C1)-p(R2-Wo1,C2)")
    local = np.array([1.65e-2, 8.68e-3, 3.32, 5.39e-3, 6.31e-2, 2.33e2, 2.20e-1])
    fit = fit_circuit(circuit, spectrum, weighting="unit")
    squares = np.abs(circuit.impedance(local, spectrum.frequency) - spectrum.impedance) ** 2
    ours = np.abs(fit.fitted - spectrum.impedance) ** 2
    assert ours.sum() < 0.95 * squares.sum()
    best = np.array([1.65e-2, 5.34e-3, 0.22, 9.15e-3, 1.31e-1, 1.10e3, 2.78])
    least = np.abs(circuit.impedance(best, spectrum.frequency) - spectrum.impedance) ** 2
    assert ours.sum() <= 1.001 * least.sum()


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("jdhuang-csm+hybrid-drt/PEIS_SSB.mpr", 0.01),
        ("jdhuang-csm+hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr", 0.02),
        ("ECSHackWeek+impedance.py/exampleDataZPlot.z", 0.02),
        ("vyrjana+pyimpspec-GPL3-tests-only/data.dta", 0.005),
    ],
)
def test_real_spectra_are_followed_by_the_circuit_that_is_chosen(shared_data, name, limit):
    reading = readers.read(Source.at(shared_data / "electrochemistry" / name))[1]
    output = KERNEL.run((KernelInput({t.name: t for t in reading.tables}),), freeze(KERNEL, {}))
    curve = rows(output, "fit")
    rms = np.sqrt(np.mean(curve["real_residual"] ** 2 + curve["imaginary_residual"] ** 2)) / 100.0
    assert rms < limit


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(1e-3, 1e7), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=5, max_size=20))
def test_any_points_give_finite_numbers_or_a_sentence(points):
    frequency, real, imaginary = np.array(points).T
    columns = {"frequency_hertz": frequency, "real_impedance_ohm": real, "imaginary_impedance_ohm": imaginary}
    one = KernelInput({"spectrum": table("spectrum", columns)})
    try:
        output = KERNEL.run((one,), freeze(KERNEL, {"circuit": "R0-p(R1,CPE1)"}))
    except NotApplicable:
        return
    assert np.isfinite([value.value for value in output.values]).all()
    assert np.isfinite([value.uncertainty or 0.0 for value in output.values]).all()
