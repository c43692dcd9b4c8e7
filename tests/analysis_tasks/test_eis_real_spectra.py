"""Real spectra of many instruments: Kramers-Kronig residuals and circuits as impedance.py 1.7.1 finds them.

Its numbers were computed once, with its own tests and fits of the same points: `fit_linKK` with 15 elements, both parts
and a capacitor, and the best of six fits weighted by the modulus. They are independent of this project.
"""

from pathlib import Path

import numpy as np
import pytest

from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.circuit_fitting import choose_circuit, fit_circuit
from analysis_tasks.kernels.circuits import parse
from analysis_tasks.kernels.eis_kramers_kronig import kramers_kronig
from analysis_tasks.kernels.impedance_spectra import Spectrum, spectra_of
from measurements import readers
from measurements.readers.base import Source

SHORT, GPL = "ECSHackWeek+impedance.py", "vyrjana+pyimpspec-GPL3-tests-only"
# File; residual in % and mu of impedance.py with 15 elements; whether the spectrum is valid by the automatic test.
RESIDUALS = {
    f"{SHORT}/exampleDataAutolab.txt": (0.32607, 0.8254, True),
    f"{SHORT}/exampleDataBioLogic.mpt": (2.54864, 0.4267, False),
    f"{SHORT}/exampleDataCHInstruments.txt": (1.85587, 0.9994, False),
    f"{SHORT}/exampleDataGamry.DTA": (4.84468, 0.991, False),
    f"{SHORT}/exampleDataZPlot.z": (0.1338, 0.0474, True),
    f"{SHORT}/Circuit3_EIS_1.z": (0.21602, 0.722, True),
    "bcliang+gamry-parser/eispot_data.dta": (1.35269, -0.07, False),
    f"{GPL}/data.dta": (0.04188, 0.8884, True),
    "dgbowl+yadg-GPL3-tests-only/peis.mpr": (41.33341, 0.0501, False),
    "dgbowl+yadg-GPL3-tests-only/peis.issue_149.mpr": (0.06947, 0.9828, True),
    "dgbowl+yadg-GPL3-tests-only/geis.issue_149.mpr": (2.01378, 0.0586, False),
    "jdhuang-csm+hybrid-drt/PEIS_SSB.mpr": (0.38369, 1.0, True),
    "jdhuang-csm+hybrid-drt/PEIS_LPSCl_IonBlocking_-25C.mpr": (0.47635, 1.0, True),
}
# File, circuit, weighted sum of squares of impedance.py's best fit and its parameters where the spectrum settles them.
FITS = {
    f"{SHORT}/exampleDataAutolab.txt": (
        "L0-R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-W0",
        1.862641e-3,
        {"L0": 1.1807e-7, "R0": 0.013301, "R1": 0.002631, "R2": 0.003595, "R3": 0.011706, "CPE3_Q": 3.5177,
         "CPE3_n": 0.81342, "W0": 0.0028636},
    ),
    "dgbowl+yadg-GPL3-tests-only/peis.issue_149.mpr": (
        "L0-R0-p(R1,CPE1)-p(R2,CPE2)",
        1.036515e-3,
        {"L0": 5.0272e-7, "R0": 11.984, "R1": 1.0374, "R2": 89.821, "CPE2_Q": 5.5528e-5, "CPE2_n": 0.65318},
    ),
    f"{SHORT}/Circuit3_EIS_1.z": ("L0-R0-p(R1,CPE1)-p(R2,CPE2)", 8.275192e-5, {"R2": 4634.2, "CPE2_n": 0.998}),
}  # fmt: skip
# One spectrum of 100 + 500 + 200 ohm in the formats of several programs.
ONE_SPECTRUM = ("data.dta", "data.z", "data.dfr", "data.ids", "data-semicolon.csv", "data-comma-decimal-separator.csv")


@pytest.fixture(scope="module")
def spectra(shared_data: Path) -> dict[str, Spectrum]:
    """The first spectrum of every file, read once."""
    found = {}
    for name in {*RESIDUALS, *FITS, *(f"{GPL}/{name}" for name in ONE_SPECTRUM)}:
        reading = readers.read(Source.at(shared_data / "electrochemistry" / name))[1]
        found[name] = spectra_of([KernelInput({table.name: table for table in reading.tables})])[0][0]
    return found


@pytest.mark.parametrize("name", RESIDUALS)
def test_the_residuals_of_a_chain_are_those_of_another_program(spectra, name):
    rms, mu, _ = RESIDUALS[name]
    spectrum = spectra[name]
    test = kramers_kronig(
        spectrum.frequency, spectrum.impedance, time_constants=15, capacitor="yes", representation="impedance"
    )
    assert 100.0 * test.rms == pytest.approx(rms, rel=2e-4, abs=1e-5)
    assert test.mu == pytest.approx(mu, abs=2e-4)


def test_the_verdicts_on_real_spectra(spectra):
    """What a chain of 15 elements follows passes; what drifted, was aborted or barely sampled does not."""
    found = {name: kramers_kronig(spectra[name].frequency, spectra[name].impedance).passes(0.01) for name in RESIDUALS}
    assert found == {name: valid for name, (_, _, valid) in RESIDUALS.items()}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_without_a_guess_is_at_least_as_good_as_the_best_of_another_program(spectra, name):
    text, squares, parameters = FITS[name]
    fit = fit_circuit(parse(text), spectra[name])
    assert fit.squares <= 1.0002 * squares
    values = dict(zip(fit.circuit.names, fit.values, strict=True))
    assert {key: values[key] for key in parameters} == pytest.approx(parameters, rel=2e-3)


def test_one_spectrum_gives_one_answer_in_every_format(spectra):
    circuit = choose_circuit([spectra[f"{GPL}/{ONE_SPECTRUM[0]}"]])[0].circuit
    assert str(circuit) == "R0-p(R1,CPE1)-p(R2,CPE2)"
    # impedance.py finds 100, (200, 8e-7, 1) and (500, 4e-4, 0.5).
    expected = [100.0, 200.0, 8e-7, 1.0, 500.0, 4e-4, 0.5]
    for name in ONE_SPECTRUM:
        np.testing.assert_allclose(fit_circuit(circuit, spectra[f"{GPL}/{name}"]).values, expected, rtol=2e-3)
