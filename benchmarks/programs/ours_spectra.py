"""The impedance kernels on spectra in memory: the work named first; prints CPU seconds and what it found."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from analysis_tasks.kernels.circuit_elements import Grid
from analysis_tasks.kernels.circuit_fitting import fit_circuit
from analysis_tasks.kernels.circuit_least_squares import Target, minimise
from analysis_tasks.kernels.circuit_starts import limits
from analysis_tasks.kernels.circuits import parse
from analysis_tasks.kernels.eis_kramers_kronig import kramers_kronig
from analysis_tasks.kernels.impedance_spectra import Spectrum
from analysis_tasks.kernels.relaxation_times import generalised_cross_validation, pose, solve

CIRCUIT = parse("R0-p(R1,CPE1)-p(R2,CPE2)-W0")


def same_start(frequency: np.ndarray, impedance: np.ndarray, start: np.ndarray) -> dict[str, Any]:
    spectrum = Spectrum(1, 1, frequency, impedance)
    lower, upper = limits(CIRCUIT, spectrum)
    weight = 1.0 / spectrum.modulus
    target = Target(CIRCUIT, Grid.of(spectrum.omega), impedance, weight, weight, lower, upper)
    _, half = minimise(target, CIRCUIT.to_coordinates(start)[None, :])
    return {"squares": 2.0 * half}


def multi_start(frequency: np.ndarray, impedance: np.ndarray, _: np.ndarray) -> dict[str, Any]:
    return {"squares": fit_circuit(CIRCUIT, Spectrum(1, 1, frequency, impedance)).squares}


def kramers_kronig_test(frequency: np.ndarray, impedance: np.ndarray, _: np.ndarray) -> dict[str, Any]:
    return {"rms": kramers_kronig(frequency, impedance).rms}


def relaxation_times(frequency: np.ndarray, impedance: np.ndarray, _: np.ndarray) -> dict[str, Any]:
    problem = pose(frequency, impedance, capacitor=False)
    found = solve(problem, generalised_cross_validation(problem), impedance)
    return {"tau": found.tau.tolist(), "gamma": found.gamma.tolist()}


WORKS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, Any]]] = {
    "same-start": same_start,
    "multi-start": multi_start,
    "kramers-kronig": kramers_kronig_test,
    "relaxation-times": relaxation_times,
}


def main(name: str, path: str) -> None:
    arrays, work = np.load(path), WORKS[name]
    frequency, spectra = arrays["frequency"], arrays["impedance"]
    starts = arrays["start"] if "start" in arrays else np.zeros((len(spectra), 0))
    work(frequency, spectra[0], starts[0])
    began = time.process_time()
    found = [work(frequency, impedance, start) for impedance, start in zip(spectra, starts, strict=True)]
    cpu = time.process_time() - began
    answer = {key: [one[key] for one in found] for key in found[0]}
    if "tau" in answer:
        answer["tau"] = answer["tau"][0]
    print(json.dumps({"cpu": cpu, "answer": answer}))


main(sys.argv[1], sys.argv[2])
