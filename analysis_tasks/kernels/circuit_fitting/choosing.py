"""The choice of a circuit where nobody states one: the simplest within 6 of the best corrected Akaike criterion.

K. P. Burnham and D. R. Anderson, Model Selection and Multimodel Inference (2002).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.circuit_fitting.fitting import Limits, fit_circuit
from analysis_tasks.kernels.circuit_fitting.result import Fit
from analysis_tasks.kernels.circuit_starts import Features, features_of
from analysis_tasks.kernels.circuits import Circuit, CircuitError, parse
from analysis_tasks.kernels.impedance_spectra import Spectrum

MOST_ARCS = 4
# Of the best criterion. Less than 6 apart, the circuit with more parts has little more support.
_WITHIN = 6.0


@dataclass(frozen=True, eq=False)
class Choice:
    """One circuit of the ladder, fitted to every spectrum of a series.

    Attributes:
        circuit: The circuit.
        fits: One per spectrum.
    """

    circuit: Circuit
    fits: tuple[Fit, ...]

    @property
    def parameter_count(self) -> int:
        """Parameters of one fit."""
        return self.fits[0].parameter_count

    @property
    def criterion(self) -> float:
        """Sum of the criteria: the spectra are independent."""
        return sum(fit.criterion for fit in self.fits)


def choose_circuit(
    spectra: Sequence[Spectrum], *, weighting: str = "modulus", given: Limits | None = None
) -> tuple[Choice, list[Choice]]:
    """The one circuit that all spectra ask for, among a ladder of arcs with and without a tail.

    Arcs are added until that no longer helps; last, an inductance is tried in series.

    Returns:
        The choice, and all that were tried.

    Raises:
        CircuitError: The spectra have too few points for any of them.
    """
    features = [features_of(spectrum) for spectrum in spectra]
    fewest = min(2 * len(spectrum) for spectrum in spectra)
    blocking = all(spectrum.blocks for spectrum in spectra)
    tried: list[Choice] = []
    best = float("inf")
    for arcs in range(0 if blocking else 1, MOST_ARCS + 1):
        circuits = [parse(text) for text in _ladder(spectra, arcs, blocking=blocking)]
        choices = [
            Choice(circuit, _fit_all(circuit, spectra, features, weighting, given or {}))
            for circuit in circuits
            if len(circuit.names) + 3 < fewest
        ]
        tried += choices
        lowest = min((choice.criterion for choice in choices), default=float("inf"))
        if lowest > best - _WITHIN:
            break
        best = lowest
    chosen = _simplest(tried)
    if chosen is None:
        raise CircuitError(f"{fewest // 2} points are too few to choose a circuit; state one")
    if "L0" not in chosen.circuit.names and len(chosen.circuit.names) + 4 < fewest:
        circuit = parse(f"L0-{chosen.circuit}")
        tried.append(Choice(circuit, _fit_all(circuit, spectra, features, weighting, given or {})))
        chosen = _simplest([chosen, tried[-1]]) or chosen
    return chosen, tried


def _simplest(choices: Sequence[Choice]) -> Choice | None:
    """The circuit with the fewest parameters whose criterion is within 6 of the best."""
    usable = [choice for choice in choices if np.isfinite(choice.criterion)]
    best = min((choice.criterion for choice in usable), default=0.0)
    within = [choice for choice in usable if choice.criterion <= best + _WITHIN]
    return min(within, key=lambda choice: (choice.parameter_count, choice.criterion), default=None)


def _fit_all(
    circuit: Circuit, spectra: Sequence[Spectrum], features: Sequence[Features], weighting: str, given: Limits
) -> tuple[Fit, ...]:
    known = {name: pair for name, pair in given.items() if name in circuit.names}
    return tuple(
        fit_circuit(circuit, spectrum, weighting=weighting, given=known, features=one)
        for spectrum, one in zip(spectra, features, strict=True)
    )


def _ladder(spectra: Sequence[Spectrum], arcs: int, *, blocking: bool) -> Iterator[str]:
    inductive = any(spectrum.impedance[0].imag > 0 for spectrum in spectra)
    front = "L0-R0" if inductive else "R0"
    middle = "".join(f"-p(R{number},CPE{number})" for number in range(1, arcs + 1))
    for tail in ("-CPE0",) if blocking else ("", "-W0", "-CPE0"):
        yield f"{front}{middle}{tail}"
