"""One circuit fitted to one spectrum, from many starts that are found by themselves, within limits and weighted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis_tasks.kernels.circuit_elements import Complexes, Floats, Grid
from analysis_tasks.kernels.circuit_fitting.result import Fit
from analysis_tasks.kernels.circuit_least_squares import Target, minimise
from analysis_tasks.kernels.circuit_starts import WHOLE_ARCS, Arc, Features, features_of, limits, starts
from analysis_tasks.kernels.circuits import Circuit, CircuitError, Flags
from analysis_tasks.kernels.impedance_spectra import Spectrum

WEIGHTS = ("modulus", "proportional", "unit")
_MARGIN = 1e-9  # of a coordinate
_SMALLEST_PART = 1e-3  # of the modulus, for proportional weights

Limits = Mapping[str, tuple[float, float]]


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
    for symbol in ("C", "CPE", *WHOLE_ARCS):
        same = [arc for arc in arcs if arc.capacitor.kind.symbol == symbol and _plain(fit.circuit, arc)]
        by_time = sorted(same, key=lambda arc: fit.arc(arc).tau)
        for place, source in zip(same, by_time, strict=True):
            order[place.resistor.first] = source.resistor.first
            for offset in range(len(place.capacitor.kind.parameters)):
                order[place.capacitor.first + offset] = source.capacitor.first + offset
    return None if order == list(range(len(order))) else order


def _plain(circuit: Circuit, arc: Arc) -> bool:
    """Whether an arc is nothing but its two elements, in series with the rest, so that two may change places."""
    if arc.whole:
        return arc.resistor in circuit.in_series
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
