"""Fits of equivalent circuits with uncertainties, and the choice of a circuit where nobody states one.

E. Barsoukov, J. R. Macdonald (eds.), Impedance Spectroscopy (2005), ch. 3. The choice follows K. P. Burnham and
D. R. Anderson, Model Selection and Multimodel Inference (2002): the simplest circuit within 6 of the best corrected
Akaike criterion.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import stdtrit

from analysis_tasks.kernels.circuit_elements import Complexes, Floats, Grid
from analysis_tasks.kernels.circuit_least_squares import Target, minimise
from analysis_tasks.kernels.circuit_starts import Arc, Features, arcs_of, features_of, limits, starts
from analysis_tasks.kernels.circuits import Circuit, CircuitError, Flags, parse
from analysis_tasks.kernels.impedance_spectra import Spectrum

WEIGHTS = ("modulus", "proportional", "unit")
DETERMINED = 0.30  # largest relative standard uncertainty of a parameter that counts as determined
CONFIDENCE = 0.95
ACCURACY = 2e-4  # of the modulus
MOST_ARCS = 4
# Of the best criterion. Less than 6 apart, the circuit with more parts has little more support.
_WITHIN = 6.0
_MARGIN = 1e-9  # of a coordinate
_VAGUE = 0.5  # standard deviation of a logarithm beyond which intervals are linear
_SMALLEST_PART = 1e-3  # of the modulus, for proportional weights

Limits = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class ArcValues:
    """Resistance in ohm, time constant in s, effective capacitance in F and exponent of an arc, with uncertainties."""

    resistance: float
    resistance_uncertainty: float
    tau: float
    tau_uncertainty: float
    capacitance: float
    capacitance_uncertainty: float
    exponent: float
    exponent_uncertainty: float

    @property
    def determined(self) -> bool:
        """Whether the spectrum determines the resistance."""
        return self.resistance_uncertainty <= DETERMINED * self.resistance


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted circuit.

    Attributes:
        circuit: The circuit, its arcs sorted by time constant.
        coordinates: Of the optimum.
        covariance: Of the coordinates; rows of parameters that are not free are 0.
        free: Parameters with an uncertainty: not fixed, no exponent at a limit, nothing at its upper limit. What is at
            its lower limit is free, since it may be larger.
        fixed: Parameters that were fixed by a person.
        at_limit: Parameters that ended at a limit.
        fitted: Impedance at the measured frequencies.
        residual: (measured - fitted) / |measured|.
        squares: Weighted sum of squares.
        observations: Twice the number of points.
    """

    circuit: Circuit
    coordinates: Floats
    covariance: Floats
    free: Flags
    fixed: Flags
    at_limit: Flags
    fitted: Complexes
    residual: Complexes
    squares: float
    observations: int

    @cached_property
    def values(self) -> Floats:
        """The parameters."""
        return self.circuit.to_values(self.coordinates)

    @property
    def parameter_count(self) -> int:
        """Parameters that were fitted."""
        return int((~self.fixed).sum())

    @property
    def degrees_of_freedom(self) -> int:
        """Observations less parameters."""
        return self.observations - self.parameter_count

    @property
    def reduced_chi_squared(self) -> float:
        """Weighted sum of squares per degree of freedom."""
        return self.squares / max(self.degrees_of_freedom, 1)

    @property
    def criterion(self) -> float:
        """Akaike's criterion, corrected for few observations; smaller is better.

        Residuals below what instruments are accurate to count as none, so that rounded digits ask for no more arcs.
        """
        count, parameters = self.observations, self.parameter_count + 1
        left = count - parameters - 1
        if left <= 0:
            return float("inf")
        deviance = count * float(np.log(max(self.squares / count, ACCURACY**2)))
        return deviance + 2.0 * parameters + 2.0 * parameters * (parameters + 1) / left

    @cached_property
    def deviations(self) -> Floats:
        """Standard deviations of the coordinates; infinite at a limit, 0 for fixed parameters."""
        spread = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return np.where(self.fixed, 0.0, np.where(self.free, spread, np.inf))

    @cached_property
    def uncertainties(self) -> Floats:
        """Standard uncertainties of the parameters, in their units."""
        slope = np.where(self.circuit.logarithmic, self.values, self.values * (1.0 - self.values))
        with np.errstate(invalid="ignore"):
            spread: Floats = slope * self.deviations
        return spread

    @cached_property
    def ideal(self) -> Flags:
        """Exponents that ended at 1: the constant phase element is a capacitor."""
        flags: Flags = ~self.circuit.logarithmic & ~self.free & ~self.fixed & (self.coordinates > 0)
        return flags

    @cached_property
    def determined(self) -> Flags:
        """Which parameters the spectrum determines: standard uncertainty within 30 % of the value (or n = 1)."""
        flags: Flags = (self.uncertainties <= DETERMINED * self.values) | self.ideal
        return flags

    def interval(self, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
        """Confidence limits of the parameters.

        Symmetric in the coordinates, so not in the parameters; symmetric in the parameter, down to 0, where it is so
        uncertain that its logarithm has no meaning.
        """
        quantile = float(stdtrit(max(self.degrees_of_freedom, 1), 0.5 + 0.5 * confidence))
        spread = quantile * self.deviations
        with np.errstate(over="ignore"):
            lower = np.where(np.isfinite(spread), self.circuit.to_values(self.coordinates - spread), 0.0)
            upper = np.where(np.isfinite(spread), self.circuit.to_values(self.coordinates + spread), np.inf)
        straight = quantile * self.uncertainties
        vague = self.circuit.logarithmic & (self.deviations > _VAGUE)
        lower = np.where(vague, np.maximum(self.values - straight, 0.0), lower)
        upper = np.where(vague, self.values + straight, upper)
        return lower, np.where(self.circuit.logarithmic, upper, np.minimum(upper, 1.0))

    @cached_property
    def correlation(self) -> Floats:
        """Correlation of the coordinates; 0 where a parameter was not free."""
        spread = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        product = np.outer(spread, spread)
        matrix: Floats = np.divide(self.covariance, product, out=np.zeros_like(product), where=product > 0)
        return matrix

    @cached_property
    def arcs(self) -> tuple[Arc, ...]:
        """The arcs in the order of the text, which is that of their time constants."""
        return arcs_of(self.circuit)

    def arc(self, arc: Arc) -> ArcValues:
        """What an arc is, with uncertainties that hold the correlation of its parameters.

        tau = (R Q)^(1/n) and C = tau / R = (Q R^(1-n))^(1/n) (C. H. Hsu and F. Mansfeld, Corrosion 57 (2001) 747).
        """
        places = [arc.resistor.first, arc.capacitor.first]
        resistance, amount = (float(self.values[place]) for place in places)
        exponent = 1.0
        if arc.capacitor.kind.symbol == "CPE":
            places.append(arc.capacitor.first + 1)
            exponent = float(self.values[places[2]])
        log_tau = math.log(resistance * amount) / exponent
        slopes = np.array([1.0 / exponent, 1.0 / exponent, -log_tau * (1.0 - exponent)])[: len(places)]
        covariance = self.covariance[np.ix_(places, places)]
        held = any(not self.free[place] and not self.fixed[place] for place in places[:2])

        def spread(slope: Floats) -> float:
            return math.inf if held else math.sqrt(max(float(slope @ covariance @ slope), 0.0))

        first = np.eye(len(places))[0]
        tau = math.exp(log_tau)
        return ArcValues(
            resistance,
            resistance * spread(first),
            tau,
            tau * spread(slopes),
            tau / resistance,
            tau / resistance * spread(slopes - first),
            exponent,
            float(self.uncertainties[places[2]]) if len(places) == 3 else 0.0,
        )

    def sum_of(self, places: list[int]) -> tuple[float, float]:
        """Sum of positive parameters and its standard uncertainty, correlations included."""
        values = self.values[places]
        variance = float(values @ self.covariance[np.ix_(places, places)] @ values)
        unbounded = any(not self.free[place] and not self.fixed[place] for place in places)
        return float(values.sum()), float("inf") if unbounded else float(np.sqrt(max(variance, 0.0)))


def fit_circuit(
    circuit: Circuit,
    spectrum: Spectrum,
    *,
    weighting: str = "modulus",
    given: Limits | None = None,
    features: Features | None = None,
    start: Floats | None = None,
) -> Fit:
    """Fits a circuit to a spectrum from many starts found by itself.

    Args:
        circuit: The circuit.
        spectrum: The spectrum.
        weighting: `modulus` (1/|Z|), `proportional` (1/|Z'| and 1/|Z''|) or `unit`.
        given: Limits by parameter name; equal ones fix a parameter.
        features: Of the spectrum, where they are known already.
        start: Parameters to start from besides.

    Raises:
        CircuitError: A limit names no parameter, or there are more parameters than observations.
    """
    if len(circuit.names) >= 2 * len(spectrum):
        raise CircuitError(f"{circuit} has {len(circuit.names)} parameters, the spectrum only {len(spectrum)} points")
    lower, upper, fixed = _box(circuit, spectrum, given or {})
    begin = starts(circuit, spectrum, features or features_of(spectrum))
    if start is not None:
        begin = np.vstack([circuit.to_coordinates(start)[None, :], begin])
    real, imaginary = _weights(spectrum.impedance, weighting)
    target = Target(circuit, Grid.of(spectrum.omega), spectrum.impedance, real, imaginary, lower, upper)
    coordinates, _ = minimise(target, begin)
    found = _finish(target, coordinates, fixed)
    order = _order(found)
    return found if order is None else _finish(target, coordinates[order], fixed[order])


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


def _box(circuit: Circuit, spectrum: Spectrum, given: Limits) -> tuple[Floats, Floats, Flags]:
    lower, upper = limits(circuit, spectrum)
    fixed = np.zeros(len(circuit.names), dtype=bool)
    for name, (low, high) in given.items():
        if name not in circuit.names:
            raise CircuitError(f"{circuit} has no parameter {name}; it has {', '.join(circuit.names)}")
        place = circuit.names.index(name)
        top = np.inf if circuit.logarithmic[place] else 1.0
        if not 0 < low <= high < top:
            raise CircuitError(f"{name}: limits {low:g} to {high:g} must lie between 0 and {top:g} and be in order")
        pair = np.ones((2, len(circuit.names))) * 0.5
        pair[:, place] = low, high
        ends = circuit.to_coordinates(pair)[:, place]
        lower[place], upper[place], fixed[place] = ends[0], ends[1], low == high
    return lower, upper, fixed


def _weights(impedance: Complexes, weighting: str) -> tuple[Floats, Floats]:
    modulus = np.abs(impedance)
    if weighting == "modulus":
        return 1.0 / modulus, 1.0 / modulus
    if weighting == "proportional":
        floor = _SMALLEST_PART * modulus
        return 1.0 / np.maximum(np.abs(impedance.real), floor), 1.0 / np.maximum(np.abs(impedance.imag), floor)
    # One common factor keeps the sum of squares near 1 and changes nothing else.
    unit = np.full(len(impedance), 1.0 / modulus.mean())
    return unit, unit


def _finish(target: Target, coordinates: Floats, fixed: Flags) -> Fit:
    """Covariance s² (JᵀJ)⁻¹ of the parameters that are free at the optimum, and the residuals there."""
    residual, jacobian = (array[0] for array in target.linearise(coordinates[None, :]))
    low, high = coordinates <= target.lower + _MARGIN, coordinates >= target.upper - _MARGIN
    free = ~fixed & ~high & (~low | target.circuit.logarithmic)
    squares = float(residual @ residual.copy())
    left = max(len(residual) - int((~fixed).sum()), 1)
    covariance = np.zeros((len(coordinates), len(coordinates)))
    if free.any():
        part = jacobian[:, free]
        length = np.maximum(np.linalg.norm(part, axis=0), 1e-300)
        values, vectors = np.linalg.svd(part / length, full_matrices=False)[1:]
        inverse = (vectors.T / np.maximum(values, 1e-12 * values[0]) ** 2) @ vectors.copy()
        covariance[np.ix_(free, free)] = squares / left * inverse / np.outer(length, length)
    fitted = target.circuit.evaluate(target.circuit.to_values(coordinates[None, :]), target.grid)[0][0]
    return Fit(
        circuit=target.circuit,
        coordinates=coordinates,
        covariance=covariance,
        free=free,
        fixed=fixed,
        at_limit=~fixed & (low | high),
        fitted=fitted,
        residual=(target.impedance - fitted) / np.abs(target.impedance),
        squares=squares,
        observations=len(residual),
    )


def _order(fit: Fit) -> list[int] | None:
    """Positions of the coordinates that put equal arcs in the order of their time constants; None if they are."""
    arcs = [arc for arc in fit.arcs if not (fit.fixed[arc.resistor.first] or fit.fixed[arc.capacitor.first])]
    order = list(range(len(fit.coordinates)))
    for symbol in ("C", "CPE"):
        same = [arc for arc in arcs if arc.capacitor.kind.symbol == symbol and _plain(fit.circuit, arc)]
        by_time = sorted(same, key=lambda arc: fit.arc(arc).tau)
        for place, source in zip(same, by_time, strict=True):
            order[place.resistor.first] = source.resistor.first
            for offset in range(len(place.capacitor.kind.parameters)):
                order[place.capacitor.first + offset] = source.capacitor.first + offset
    return None if order == list(range(len(order))) else order


def _plain(circuit: Circuit, arc: Arc) -> bool:
    """Whether an arc is nothing but its two elements, in series with the rest, so that two may change places."""
    written = f"p({arc.resistor.name},{arc.capacitor.name})", f"p({arc.capacitor.name},{arc.resistor.name})"
    return any(part in _top_level(str(circuit)) for part in written)


def _top_level(text: str) -> list[str]:
    """Parts of a series at the highest level."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "-" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
