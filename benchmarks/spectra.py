"""Impedance beside other programs: circuit fits, the Kramers-Kronig test and relaxation times of seeded spectra.

The spectra are simulated from circuits, so that the truth is known; every program gets the same arrays and, where it
needs one, the same start.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import eis_coverage
from benchmarks.measure import measure
from benchmarks.peers import peer_python

Row = tuple[str, str, str, float, float | None, str, bool]

SPECTRA = 20
# Of a coordinate: starts are off by this standard deviation, a factor of 1.5 for a resistance.
START_SPREAD = 0.4
ARCS = "R0-p(R1,CPE1)-p(R2,CPE2)"
ARC_VALUES = np.array([20.0, 150.0, 2e-9, 0.92, 900.0, 8e-6, 0.80])
FITS = 1000
_ROUNDING = 1e-6


def figures(folder: Path) -> Iterator[Row]:
    """Figure, peer, unit, ours, the peer's, what must hold in words and whether it does."""
    tails, arcs = folder / "tails.npz", folder / "arcs.npz"
    _write_tails(tails)
    _write_arcs(arcs)
    yield from _fits(tails)
    yield from _kramers_kronig(tails)
    yield from _relaxation_times(arcs)
    yield from _intervals()


def _fits(path: Path) -> Iterator[Row]:
    theirs = measure("impedance_fit.py", path, python=peer_python("impedance"))
    for work, name, least in (
        ("same-start", "from the same start", 20.0),
        ("multi-start", "from 24 starts found by itself, beside one", 1.0),
    ):
        ours = measure("ours_spectra.py", work, path, repeat=3)
        pairs = zip(ours.answer["squares"], theirs.answer["squares"], strict=True)
        no_worse = all(mine <= other * (1.0 + _ROUNDING) for mine, other in pairs)
        limit = f"{'at least 20 times less' if least > 1 else 'no slower'}, no residual larger"
        holds = no_worse and theirs.cpu >= least * ours.cpu
        title = f"fit of two arcs and Warburg, {SPECTRA} spectra, {name}"
        yield title, "impedance.py", "CPU s", ours.cpu, theirs.cpu, limit, holds


def _kramers_kronig(path: Path) -> Iterator[Row]:
    """Beside its own settings and beside those that do the same as ours: both parts and a capacitor."""
    ours = measure("ours_spectra.py", "kramers-kronig", path, repeat=3)
    for work, name in (("alike", "with both parts and a capacitor there too"), ("default", "by its own settings")):
        theirs = measure("impedance_kramers_kronig.py", work, path, python=peer_python("impedance"))
        title = f"Kramers-Kronig test, {SPECTRA} spectra, {name}"
        holds = theirs.cpu >= 10 * ours.cpu
        yield title, "impedance.py", "CPU s", ours.cpu, theirs.cpu, "at least 10 times less", holds
        refused, false_alarms = (sum(rms > 0.01 for rms in one.answer["rms"]) for one in (ours, theirs))
        yield (
            f"valid spectra with residuals above 1 %, {name}", "impedance.py", "spectra", refused, false_alarms,
            "none", refused == 0,
        )  # fmt: skip


def _relaxation_times(path: Path) -> Iterator[Row]:
    ours = measure("ours_spectra.py", "relaxation-times", path, repeat=3)
    theirs = measure("pyimpspec_drt.py", path, python=peer_python("pyimpspec"))
    name = f"relaxation times, {SPECTRA} spectra"
    yield name, "pyimpspec tr-rbf", "CPU s", ours.cpu, theirs.cpu, "less", ours.cpu < theirs.cpu
    mine, other = (100.0 * _distance(one.answer["tau"], one.answer["gamma"]) for one in (ours, theirs))
    yield f"{name}: away from the true distribution", "pyimpspec tr-rbf", "%", mine, other, "less", mine < other


def _intervals() -> Iterator[Row]:
    found = measure("ours_coverage.py", FITS).answer
    least, most = min(found["parts"]), max(found["parts"])
    limit = "93 to 97 %"
    for word, part in (("least", least), ("most", most)):
        inside = eis_coverage.LEAST <= part <= eis_coverage.MOST
        yield f"95 % intervals that hold the truth, {FITS} fits, {word}", "", "%", 100.0 * part, None, limit, inside


def _write_tails(target: Path) -> None:
    """Spectra of two arcs and a diffusion tail with 0.5 % noise, and a start for each that is off the truth."""
    from analysis_tasks.kernels.circuits import parse

    circuit = parse(eis_coverage.CIRCUIT)
    measured, starts = [], []
    for seed in range(SPECTRA):
        generator = np.random.default_rng(seed)
        truth = eis_coverage.random_truth(generator)
        measured.append(_noisy(circuit.impedance(truth, eis_coverage.FREQUENCY), generator))
        off = START_SPREAD * generator.standard_normal(len(truth))
        starts.append(circuit.to_values(circuit.to_coordinates(truth) + off))
    np.savez(target, frequency=eis_coverage.FREQUENCY, impedance=measured, start=starts)


def _write_arcs(target: Path) -> None:
    """One circuit of two arcs with 0.5 % noise, many times."""
    from analysis_tasks.kernels.circuits import parse

    clean = parse(ARCS).impedance(ARC_VALUES, eis_coverage.FREQUENCY)
    measured = [_noisy(clean, np.random.default_rng(seed)) for seed in range(SPECTRA)]
    np.savez(target, frequency=eis_coverage.FREQUENCY, impedance=measured)


def _noisy(clean: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    real, imaginary = generator.standard_normal((2, len(clean)))
    noisy: np.ndarray = clean * (1.0 + eis_coverage.NOISE * (real + 1j * imaginary))
    return noisy


def _distance(tau: list[float], gammas: list[list[float]]) -> float:
    """Mean of the area between a distribution and the true one, as part of the true area."""
    fine = np.linspace(np.log(1e-10), np.log(1e4), 4000)
    true = _true_distribution(np.exp(fine))
    areas = [np.abs(np.interp(fine, np.log(tau), gamma, left=0.0, right=0.0) - true).sum() for gamma in gammas]
    return float(np.mean(areas) / true.sum())


def _true_distribution(tau: np.ndarray) -> np.ndarray:
    """gamma(ln tau) of arcs with a constant phase element (K. S. Cole, R. H. Cole, J. Chem. Phys. 9 (1941) 341)."""
    gamma = np.zeros_like(tau)
    for resistance, amount, exponent in (ARC_VALUES[1:4], ARC_VALUES[4:7]):
        away = exponent * np.log(tau / (resistance * amount) ** (1.0 / exponent))
        angle = (1.0 - exponent) * np.pi
        gamma += resistance / (2.0 * np.pi) * np.sin(angle) / (np.cosh(away) - np.cos(angle))
    return gamma
