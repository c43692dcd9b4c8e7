"""Elements of circuits: values as impedance.py 1.7.1 and pyimpspec 5.1.3 give them, and fits that find the truth."""

from pathlib import Path

import numpy as np
import pytest

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.circuit_elements import KINDS
from analysis_tasks.kernels.circuit_fitting import fit_circuit
from analysis_tasks.kernels.circuits import CircuitError, parse
from analysis_tasks.kernels.impedance_spectra import Spectrum
from analysis_tasks.kernels.parameters import freeze
from core.tables import table

THREE = np.array([1e4, 3.0, 1e-2])  # Hz
# Computed with the functions of impedance.py 1.7.1 (NumPy 1.26).
IMPEDANCE_PY = [
    ("K", [120.0, 0.003], [0.00337727774 - 0.636601855j, 119.617493 - 6.76420987j, 119.999996 - 0.0226194663j]),
    ("Zarc", [120.0, 0.003, 0.82], [0.47463535 - 1.55764976j, 115.993613 - 10.2915979j, 119.970374 - 0.101652505j]),
    ("Gs", [50.0, 0.2, 1.5], [0.315404114 - 0.315379015j, 19.8676598 - 15.024151j, 55.2342375 - 0.450952504j]),
    ("TLMQ", [80.0, 0.002, 0.85], [1.4349888 - 1.13125396j, 35.0021049 - 43.0605692j, 1253.25864 - 5109.17605j]),
    ("T", [30.0, 70.0, 0.4, 0.5], [0.119683446 - 0.119681922j, 2.34994558 - 7.82037632j, 247.066219 - 19.4946539j]),
    ("G", [50.0, 0.2], [0.315404114 - 0.315379015j, 20.066391 - 15.437571j, 49.9970395 - 0.314128263j]),
    ("Wo", [40.0, 5.0], [0.0504626504 - 0.0504626504j, 2.91345917 - 2.91347083j, 13.3249864 - 127.602945j]),
    ("Ws", [40.0, 5.0], [0.0504626504 - 0.0504626504j, 2.91346579 - 2.91345413j, 39.4820063 - 4.12292364j]),
]
# Computed with pyimpspec 5.1.3; of the lines, the length of the pore is 1.
PYIMPSPEC = [
    (
        "La",
        [2e-06, 0.9],
        [0.00651214885 + 0.0411160896j, 4.39676696e-06 + 2.77600941e-05j, 2.59253315e-08 + 1.63686101e-07j],
    ),
    ("Ga", [50.0, 0.2, 0.4], [0.927371502 - 0.673729736j, 25.1078649 - 14.529695j, 49.9977894 - 0.25130519j]),
    ("H", [1e-05, 0.01, 0.9, 0.6], [38.6721933 - 34.2177303j, 687.84239 - 5444.31202j, 1238.5611 - 1591745.93j]),
    ("Ha", [90.0, 0.01, 0.9, 0.6], [1.83818792 - 2.07748316j, 86.3218707 - 10.9060321j, 89.9888352 - 0.0700216466j]),
    ("Tlmbo", [80.0, 0.002, 0.85], [1.4349888 - 1.13125396j, 35.0021049 - 43.0605692j, 1253.25864 - 5109.17605j]),
    ("Tlmbs", [80.0, 0.002, 0.85], [1.4349888 - 1.13125396j, 53.5706858 - 25.6738925j, 79.9030245 - 0.393662239j]),
    (
        "Tlmbq",
        [80.0, 0.002, 0.85, 0.01, 0.7],
        [1.4349888 - 1.13125396j, 49.5702366 - 28.2988887j, 335.081019 - 557.191186j],
    ),
    (
        "Tlmno",
        [80.0, 30.0, 0.002, 0.85],
        [1.43551965 - 1.13009939j, 40.8838773 - 13.3348428j, 52.8320361 - 0.182964231j],
    ),
    (
        "Tlmns",
        [80.0, 30.0, 0.002, 0.85],
        [1.43551965 - 1.13009939j, 39.7479624 - 9.25926689j, 45.3654474 - 0.0944174332j],
    ),
    (
        "Tlmnq",
        [80.0, 30.0, 0.002, 0.85, 5.0, 0.01, 0.7],
        [1.43551965 - 1.13009939j, 39.855189 - 9.60925627j, 46.0090266 - 0.103776941j],
    ),
    ("Ls", [80.0, 1.0, 0.06, 0.85], [0.262088831 - 0.206326975j, 7.36732745 - 2.05544359j, 8.93821433 - 0.024778492j]),
]


@pytest.mark.parametrize(("symbol", "values", "expected"), [*IMPEDANCE_PY, *PYIMPSPEC])
def test_elements_have_the_impedance_that_other_programs_give(symbol, values, expected):
    assert parse(symbol).impedance(np.array(values), THREE) == pytest.approx(expected, rel=1e-8)


def test_every_element_of_both_programs_is_known():
    """What `impedance.models.circuits.elements` and `pyimpspec.get_elements()` list; `Tlm` alone nests circuits."""
    listed = "R C L W Wo Ws CPE La G Gs K Zarc TLMQ T Q Ga H Ha Ls Tlmbo Tlmbq Tlmbs Tlmno Tlmnq Tlmns"
    for symbol in listed.split():
        assert parse(f"R0-{symbol}7" if symbol != "Q" else "RQ7").elements[1].kind.symbol in KINDS
    assert str(parse("TLM1")) == "TLMQ1"
    with pytest.raises(CircuitError, match="expected an element"):
        parse("R0-Tlm1")


def test_lines_turn_into_one_another():
    """de Levie's pore is the open line with charge transfer; without transfer that is the blocking line."""
    values = np.array([80.0, 30.0, 0.06, 0.85])
    line = parse("Tlmno").impedance(np.array([80.0, 30.0, 0.06 / 30.0, 0.85]), THREE)
    assert parse("Ls").impedance(values, THREE) == pytest.approx(line, rel=1e-12)
    blocked = parse("Tlmno").impedance(np.array([80.0, 1e12, 2e-3, 0.85]), THREE)
    assert blocked == pytest.approx(parse("TLMQ").impedance(np.array([80.0, 2e-3, 0.85]), THREE), rel=1e-6)
    # An end of almost no resistance is a short one, one of almost infinite resistance an open one.
    for end, same in ((1e-9, "Tlmns"), (1e12, "Tlmno")):
        closed = parse("Tlmnq").impedance(np.array([80.0, 30.0, 2e-3, 0.85, end, 1e-15, 0.9]), THREE)
        assert closed == pytest.approx(parse(same).impedance(np.array([80.0, 30.0, 2e-3, 0.85]), THREE), rel=1e-5)


@pytest.mark.parametrize("symbol", sorted(KINDS))
def test_no_element_overflows_at_the_ends_of_what_is_measured(symbol):
    circuit = parse(symbol)
    for value in (1e-3, 1.0, 1e3):
        values = np.where(circuit.logarithmic, value, 0.7)
        assert np.isfinite(circuit.impedance(values, np.logspace(-4, 8, 25))).all()


SPECTRUM = np.logspace(5, -3, 81)
FITTED = [
    ("R0-K1-K2", [10.0, 50.0, 1e-4, 200.0, 0.3]),
    ("R0-Zarc1-Zarc2", [10.0, 50.0, 1e-4, 0.9, 200.0, 0.3, 0.8]),
    ("La1-R0-K1", [1e-5, 0.9, 5.0, 50.0, 1e-2]),
    ("R0-Gs1", [10.0, 50.0, 0.2, 1.5]),
    ("R0-Ga1", [10.0, 50.0, 0.2, 0.4]),
    ("R0-H1", [10.0, 1e-3, 0.1, 0.9, 0.6]),
    ("R0-Ha1", [10.0, 90.0, 0.1, 0.9, 0.6]),
    ("R0-TLMQ1", [10.0, 80.0, 2e-3, 0.85]),
    ("R0-Tlmbs1", [10.0, 80.0, 2e-3, 0.85]),
    ("R0-Tlmbq1", [10.0, 80.0, 2e-3, 0.85, 0.1, 0.6]),
    ("R0-Tlmno1", [10.0, 80.0, 30.0, 2e-3, 0.85]),
    ("R0-Tlmns1", [10.0, 80.0, 130.0, 2e-3, 0.85]),
    ("R0-Ls1", [10.0, 80.0, 30.0, 0.06, 0.85]),
    ("R0-T1", [5.0, 30.0, 70.0, 0.4, 0.5]),
]


def noisy(circuit: str, values: list[float], noise: float = 0.001) -> Spectrum:
    clean = parse(circuit).impedance(np.array(values), SPECTRUM)
    spread = np.random.default_rng(5).standard_normal((2, len(SPECTRUM)))
    return Spectrum(1, 1, SPECTRUM, clean * (1.0 + noise * (spread[0] + 1j * spread[1])))


@pytest.mark.parametrize(("circuit", "truth"), FITTED)
def test_fits_without_a_guess_find_the_truth_within_their_intervals(circuit, truth):
    fit = fit_circuit(parse(circuit), noisy(circuit, truth))
    lower, upper = fit.interval(0.9999)
    assert fit.reduced_chi_squared == pytest.approx(1e-6, rel=0.5)
    assert ((lower <= truth) & (truth <= upper)).all(), dict(zip(fit.circuit.names, fit.values, strict=True))
    assert fit.determined.all()


def test_a_line_with_two_ends_fits_as_well_as_the_truth():
    """Seven parameters of one line cannot all be told apart: the curve must be right, and what is open is said."""
    circuit, truth = "R0-Tlmnq1", [10.0, 80.0, 200.0, 2e-3, 0.85, 30.0, 0.5, 0.9]
    fit = fit_circuit(parse(circuit), noisy(circuit, truth))
    assert fit.reduced_chi_squared == pytest.approx(1e-6, rel=0.5)


def test_an_arc_written_as_one_element_is_the_arc_of_two():
    """`Zarc1` and `p(R1,CPE1)` of one spectrum: equal resistance, time constant and capacitance, equal uncertainty."""
    spectrum = noisy("R0-Zarc1", [10.0, 200.0, 2e-3, 0.85])
    columns = {
        "frequency_hertz": spectrum.frequency,
        "real_impedance_ohm": spectrum.impedance.real,
        "imaginary_impedance_ohm": spectrum.impedance.imag,
    }
    kernel = KERNELS["eis.circuit_fit"]

    def arc(circuit: str) -> dict[str, tuple[float, float]]:
        given = (KernelInput({"spectrum": table("spectrum", columns)}),)
        output = kernel.run(given, freeze(kernel, {"circuit": circuit}))
        return {v.quantity: (v.value, v.uncertainty or 0.0) for v in output.values if "arc" in v.index or not v.index}

    one, two = arc("R0-Zarc1"), arc("R0-p(R1,CPE1)")
    assert one["relaxation_time"][0] == pytest.approx(2e-3, rel=0.01)
    for quantity in ("arc_resistance", "relaxation_time", "effective_capacitance", "cpe_exponent", "total_resistance"):
        assert one[quantity] == pytest.approx(two[quantity], rel=1e-4), quantity


def test_whole_arcs_come_in_the_order_of_their_time_constants():
    circuit = parse("R0-Zarc1-Zarc2")
    fit = fit_circuit(circuit, noisy("R0-Zarc1-Zarc2", [10.0, 200.0, 0.3, 0.8, 50.0, 1e-4, 0.9]))
    assert fit.values[[2, 5]] == pytest.approx([1e-4, 0.3], rel=0.02)


def test_values_of_elements_that_mean_the_same_everywhere_are_read():
    assert parse("R{10}Zarc{R=50,tau=1e-4,n=0.9}").stated == {
        "R0": 10,
        "Zarc0_R": 50,
        "Zarc0_tau": 1e-4,
        "Zarc0_n": 0.9,
    }
    with pytest.raises(CircuitError, match="programs define those of Tlmbs differently"):
        parse("Tlmbs{80}")


def test_the_reference_page_has_every_element_with_its_parameters():
    page = (Path(__file__).resolve().parents[2] / "docs/reference/impedance.md").read_text(encoding="utf-8")
    rows = page.partition("| element | impedance |")[2].partition("\n\n")[0].splitlines()[2:]
    for kind in KINDS.values():
        (row,) = [line for line in rows if f"`{kind.symbol}`" in line.split("|")[1]]
        if len(kind.parameters) > 1:
            assert all(f"`{name}`" in row.split("|")[3] for name in kind.parameters), kind.symbol
