"""Series of spectra: activation energy over temperature, what grew between two; simulated cells as truth."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels import KERNELS, plan
from analysis_tasks.kernels.base import KernelInput, NotApplicable, Output
from analysis_tasks.kernels.circuits import parse
from analysis_tasks.kernels.eis_arrhenius import BOLTZMANN, PLAIN, WITH_TEMPERATURE, arrhenius
from analysis_tasks.kernels.parameters import ParameterError, freeze
from core.tables import table
from demo.simulate_eis import ImpedanceSpec, simulate_impedance
from measurements import readers
from measurements.readers.base import Source

ARRHENIUS, COMPARISON, FIT = (KERNELS[f"eis.{name}"] for name in ("arrhenius", "before_after", "circuit_fit"))
FREQUENCY = np.logspace(7, 0, 57)
CELSIUS = np.array([25.0, 40.0, 60.0, 80.0])
# sigma = 3e-4 exp(-0.35/kB (1/T - 1/298.15)) S/cm.
SIGMA = 3e-4 * np.exp(-0.35 / BOLTZMANN * (1.0 / (CELSIUS + 273.15) - 1.0 / 298.15))
PELLET: dict[str, Any] = {"electrode_area": 0.785398, "thickness": 500.0, "cell_type": "blocking"}
CONSTANT = 0.05 / 0.785398


def dataset(circuit: str, values, seed: int, noise: float = 0.002, **metadata) -> KernelInput:
    impedance = parse(circuit).impedance(np.array(values, dtype=float), FREQUENCY)
    generator = np.random.default_rng(seed)
    spread = generator.standard_normal(57) + 1j * generator.standard_normal(57)
    measured = impedance * (1.0 + noise * spread)
    columns = {
        "frequency_hertz": FREQUENCY,
        "real_impedance_ohm": measured.real.copy(),
        "imaginary_impedance_ohm": measured.imag.copy(),
    }
    return KernelInput({"spectrum": table("spectrum", columns)}, metadata)


def temperature_series(**metadata) -> tuple[KernelInput, ...]:
    return tuple(
        dataset("R0-p(R1,CPE1)-CPE0", [0.01, CONSTANT / sigma, 1.6e-9, 0.95, 1e-5, 0.9], seed, **metadata)
        for seed, sigma in enumerate(SIGMA)
    )


def simulated(folder, cycle: int, **spec) -> tuple[KernelInput, dict[str, Any]]:
    content, truth = simulate_impedance(ImpedanceSpec(**spec), cycle)
    path = folder / f"cycle_{cycle}.csv"
    path.write_bytes(content)
    reading = readers.read(Source.at(path))[1]
    return KernelInput({one.name: one for one in reading.tables}, reading.metadata), truth


def changes(output: Output) -> dict[str, dict[str, Any]]:
    one = output.tables[0]
    return {part: {c.name: c.values[place] for c in one} for place, part in enumerate(one["part"].tolist())}


@pytest.mark.parametrize(("form", "energy"), [(PLAIN, 0.3500), (WITH_TEMPERATURE, 0.3779)])
def test_the_activation_energy_depends_on_its_form(form, energy):
    line = arrhenius(CELSIUS + 273.15, SIGMA, None, form)
    assert line.energy == pytest.approx(energy, abs=5e-5)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 1.5), st.floats(-30.0, 5.0), st.lists(st.floats(200.0, 600.0), min_size=3, max_size=9))
def test_a_straight_line_gives_its_slope_back(energy, prefactor, kelvin):
    temperature = np.array(kelvin)
    if np.ptp(temperature) < 5.0:
        return
    sigma = np.exp(prefactor - energy / BOLTZMANN / temperature)
    assert arrhenius(temperature, sigma, None, PLAIN).energy == pytest.approx(energy, rel=1e-6)


def test_spectra_over_temperature_give_both_energies_and_conductivities():
    output = ARRHENIUS.run(temperature_series(), freeze(ARRHENIUS, {"temperatures": "25; 40; 60; 80 °C", **PELLET}))
    energies = {v.index["form"]: v for v in output.values if v.quantity == "activation_energy"}
    assert energies[PLAIN].value == pytest.approx(0.3500, abs=0.002)
    assert energies[WITH_TEMPERATURE].value == pytest.approx(0.3779, abs=0.002)
    assert 0 < (energies[PLAIN].uncertainty or 0) < 0.002
    sigma = [value.value for value in output.values if value.quantity == "ionic_conductivity"]
    assert sigma == pytest.approx(SIGMA, rel=0.01)
    assert "from ln(sigma T)" in output.warnings[-1]


def test_temperatures_come_from_the_files_where_they_state_them():
    inputs = tuple(
        KernelInput(one.tables, {"temperature_celsius": f"{celsius:g}"})
        for one, celsius in zip(temperature_series(), CELSIUS, strict=True)
    )
    output = ARRHENIUS.run(inputs, freeze(ARRHENIUS, {"circuit": "R0-p(R1,CPE1)-CPE0"}))
    assert output.values[0].value == pytest.approx(0.3779, abs=0.002)
    assert "ionic_conductivity" not in {value.quantity for value in output.values}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", NotApplicable, "temperatures of the spectra are not known"),
        ("25; 40", ParameterError, "2 are stated for 4 spectra"),
        ("cold; 40; 60; 80", ParameterError, "should be numbers in °C"),
        ("-300; 40; 60; 80", ParameterError, "absolute zero"),
        ("25; 25; 25; 40", NotApplicable, "needs 3 temperatures"),
    ],
)
def test_temperatures_that_cannot_be_are_refused(text, error, said):
    with pytest.raises(error, match=said):
        ARRHENIUS.run(
            temperature_series(), freeze(ARRHENIUS, {"temperatures": text, "circuit": "R0-p(R1,CPE1)-CPE0", **PELLET})
        )


def test_kernels_of_a_series_run_by_themselves_on_a_series_only():
    one, two, three = ({kernel.name for kernel in plan("eis", {"spectrum"}, count)} for count in (1, 2, 3))
    assert one == {"eis.kramers_kronig", "eis.circuit_fit", "eis.drt"}
    assert two - one == {"eis.before_after"}
    assert three - two == {"eis.arrhenius"}


def test_what_grew_in_a_simulated_cell_is_found_with_its_factor(tmp_path):
    before, fresh = simulated(tmp_path, 0)
    after, aged = simulated(tmp_path, 50)
    output = COMPARISON.run((before, after), freeze(COMPARISON, {"electrode_area": 0.785398, "thickness": 500.0}))
    found = changes(output)
    for number, (one, other) in enumerate(zip(fresh["arcs"], aged["arcs"], strict=True), start=1):
        change, truth = found[f"arc {number}"], other["resistance"] / one["resistance"]
        assert change["suggestion"] == one["name"]
        assert change["ratio_lower"] <= truth <= change["ratio_upper"]
    assert [found[f"arc {n}"]["verdict"] for n in (1, 2)] == ["no significant change"] * 2
    assert found["arc 3"]["verdict"] == "grew"
    assert found["arc 3"]["ratio"] == pytest.approx(4.0, rel=0.01)
    assert found["total"]["ratio"] == pytest.approx(aged["total_resistance"] / fresh["total_resistance"], rel=0.01)
    assert any(text.startswith("arc 3 (suggested: interface) grew from 15") for text in output.warnings)
    assert not any("not stated" in text for text in output.warnings)
    nyquist = next(one for one in output.tables if one.name == "nyquist")
    assert nyquist.column("real").unit == "ohm*cm^2"


def test_unknown_conditions_are_said_and_not_refused():
    pair = [dataset("R0-p(R1,CPE1)", [10, value, 1e-6, 0.9], seed) for seed, value in enumerate((100, 150))]
    output = COMPARISON.run(tuple(pair), freeze(COMPARISON, {"circuit": "R0-p(R1,CPE1)"}))
    assert any("temperatures are not stated" in text for text in output.warnings)
    assert any("state of charge is not stated" in text for text in output.warnings)
    assert {value.index["part"] for value in output.values} == {"series", "arc 1", "total"}


def test_a_difference_in_temperature_is_said():
    pair = [
        dataset("R0-p(R1,CPE1)", [10, 100, 1e-6, 0.9], seed, temperature_celsius=celsius, state_of_charge="0 %")
        for seed, celsius in enumerate((25.0, 30.0))
    ]
    output = COMPARISON.run(tuple(pair), freeze(COMPARISON, {"circuit": "R0-p(R1,CPE1)"}))
    assert any("temperatures differ (25 °C and 30 °C)" in text for text in output.warnings)


def test_one_spectrum_cannot_be_compared():
    with pytest.raises(NotApplicable, match="two spectra"):
        COMPARISON.run((dataset("R0", [10], 1),), freeze(COMPARISON, {}))


def test_equal_spectra_seldom_seem_to_differ():
    """95 % intervals: of 60 ratios of equal resistances some 3 may exclude 1; 9 or more have a probability of 0.004."""
    wrong = 0
    for seed in range(30):
        pair = tuple(dataset("R0-p(R1,CPE1)", [10, 100, 1e-6, 0.9], 2 * seed + k) for k in (0, 1))
        found = changes(COMPARISON.run(pair, freeze(COMPARISON, {"circuit": "R0-p(R1,CPE1)"})))
        wrong += sum(found[part]["verdict"] != "no significant change" for part in ("series", "arc 1"))
    assert wrong < 9


def test_a_simulated_file_says_so_and_the_fit_returns_its_truth(tmp_path):
    one, truth = simulated(tmp_path, 0)
    assert one.metadata["simulated"] is True
    assert truth["simulated"] is True
    output = FIT.run((one,), freeze(FIT, {"electrode_area": 0.785398, "thickness": 500.0, "cell_type": "symmetric"}))
    arcs = next(table for table in output.tables if table.name == "arcs")
    assert arcs["suggestion"].tolist() == ["bulk", "grain boundary", "interface"]
    for place, arc in enumerate(truth["arcs"]):
        spread = arcs["resistance_uncertainty"][place]
        assert arcs["resistance"][place] == pytest.approx(arc["resistance"], abs=3.5 * spread)
        assert arcs["tau"][place] == pytest.approx(arc["tau"], abs=4.0 * arcs["tau_uncertainty"][place])


def test_the_same_seed_gives_the_same_bytes_and_cells_that_cannot_be_are_refused():
    assert simulate_impedance(ImpedanceSpec())[0] == simulate_impedance(ImpedanceSpec())[0]
    assert simulate_impedance(ImpedanceSpec(), 1)[0] != simulate_impedance(ImpedanceSpec())[0]
    with pytest.raises(ValueError, match="thickness: 0 is not above 0"):
        ImpedanceSpec(thickness=0)
    with pytest.raises(ValueError, match="highest"):
        ImpedanceSpec(highest=1e-3)
