"""A fitted circuit: its parameters with uncertainties and intervals, its arcs, and Akaike's criterion.

E. Barsoukov, J. R. Macdonald (eds.), Impedance Spectroscopy (2005), ch. 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import stdtrit

from analysis_tasks.kernels.circuit_elements import Complexes, Floats
from analysis_tasks.kernels.circuit_starts import Arc, arcs_of
from analysis_tasks.kernels.circuits import Circuit, Flags

DETERMINED = 0.30  # largest relative standard uncertainty of a parameter that counts as determined
CONFIDENCE = 0.95
ACCURACY = 2e-4  # of the modulus
_VAGUE = 0.5  # standard deviation of a logarithm beyond which intervals are linear


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
        places = [arc.resistor.first, arc.capacitor.first + (1 if arc.whole else 0)]
        resistance, amount = (float(self.values[place]) for place in places)
        exponent = 1.0
        if arc.exponent is not None:
            places.append(arc.exponent)
            exponent = float(self.values[arc.exponent])
        if arc.whole:
            log_tau, slopes = math.log(amount), np.array([0.0, 1.0, 0.0])
        else:
            log_tau = math.log(resistance * amount) / exponent
            slopes = np.array([1.0 / exponent, 1.0 / exponent, -log_tau * (1.0 - exponent)])
        slopes = slopes[: len(places)]
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
