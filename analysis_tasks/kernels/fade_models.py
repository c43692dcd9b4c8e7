"""Laws of capacity fade and their weighted least-squares fits, compared by the corrected Akaike criterion.

Capacities are fractions of the reference, abscissae are cycles since it. A charge is measured to a part of itself,
so that each point weighs as the inverse square of its capacity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.special import stdtrit

from analysis_tasks.kernels.half_cycles import Floats

FEWEST = 5
# Below this relative residual, differences between laws are rounding and not data.
_FLOOR = 1e-8
_EQUALLY_GOOD = 2.0
_LEAST_BESIDE_KNEE = 3
_STEP = 1e-6


@dataclass(frozen=True)
class Law:
    """A way in which capacity fades.

    Attributes:
        name: Its name.
        formula: With y the fraction of the reference and x the cycles since it.
        value: y at x for its parameters.
        slope: dy/dparameters, shape (points, parameters).
        count: Number of parameters.
    """

    name: str
    formula: str
    value: Callable[[Floats, Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    count: int


def _linear_law(name: str, formula: str, *columns: Callable[[Floats], Floats]) -> Law:
    def slope(x: Floats, _: Floats) -> Floats:
        return np.column_stack([np.ones_like(x), *(-column(x) for column in columns)])

    return Law(name, formula, lambda x, p: slope(x, p) @ p, slope, 1 + len(columns))


def _identity(x: Floats) -> Floats:
    return x


def _exponential_slope(x: Floats, p: Floats) -> Floats:
    decay = np.exp(-p[1] * x)
    return np.column_stack([decay, -p[0] * x * decay])


def _knee_slope(x: Floats, p: Floats) -> Floats:
    beyond = np.maximum(x - p[3], 0.0)
    return np.column_stack([np.ones_like(x), -x, -beyond, np.where(x > p[3], p[2], 0.0)])


LINEAR = _linear_law("linear", "a - b x", _identity)
SQUARE_ROOT = _linear_law("sqrt", "a - b sqrt(x)", np.sqrt)
LINEAR_AND_SQUARE_ROOT = _linear_law("linear+sqrt", "a - b x - c sqrt(x)", _identity, np.sqrt)
EXPONENTIAL = Law(
    "exponential", "a exp(-b x)", lambda x, p: np.asarray(p[0] * np.exp(-p[1] * x)), _exponential_slope, 2
)
KNEE = Law(
    "knee",
    "a - b x - c max(x - d, 0)",
    lambda x, p: np.asarray(p[0] - p[1] * x - p[2] * np.maximum(x - p[3], 0.0)),
    _knee_slope,
    4,
)
LAWS = (LINEAR, SQUARE_ROOT, LINEAR_AND_SQUARE_ROOT, EXPONENTIAL, KNEE)


@dataclass(frozen=True, eq=False)
class FadeFit:
    """A law with its parameters.

    Attributes:
        law: The law.
        parameters: In the order of its formula.
        covariance: Of the parameters.
        criterion: Corrected Akaike criterion; the difference of two counts.
        rms: Root mean square relative residual.
        freedom: Points less parameters.
    """

    law: Law
    parameters: Floats
    covariance: Floats
    criterion: float
    rms: float
    freedom: int

    def at(self, x: float) -> float:
        """Fraction of the reference after x cycles."""
        return float(self.law.value(np.array([x]), self.parameters)[0])

    def mean_rate(self, until: float) -> tuple[float, float]:
        """Loss per cycle from 0 to `until` over the reference, and its standard uncertainty."""
        ends = np.array([0.0, until])
        values, slopes = self.law.value(ends, self.parameters), self.law.slope(ends, self.parameters)
        change = (slopes[0] - slopes[1]) / until
        return float(values[0] - values[1]) / until, float(np.sqrt(max(change @ self.covariance @ change, 0.0)))

    def half_width(self, uncertainty: float) -> float:
        """Half of the 95 % interval that goes with a standard uncertainty."""
        return float(stdtrit(self.freedom, 0.975)) * uncertainty

    def reaches(self, level: float, until: float) -> tuple[float, float] | None:
        """Cycles to a fraction of the reference with standard uncertainty; None where it lies beyond `until`."""
        above = self.at(0.0) - level
        if above <= 0 or self.at(until) > level:
            return None
        x = float(brentq(lambda x: self.at(x) - level, 0.0, until, xtol=1e-9))
        step = max(x, 1.0) * _STEP
        per_cycle = abs(self.at(x + step) - self.at(x)) / step
        slope = self.law.slope(np.array([x]), self.parameters)[0]
        spread = float(np.sqrt(max(slope @ self.covariance @ slope, 0.0)))
        return x, spread / per_cycle if per_cycle > 0 else 0.0


def fit_fade(x: Floats, y: Floats) -> list[FadeFit]:
    """All laws that the points can decide on, the chosen one first.

    Chosen is the law with the fewest parameters among those whose criterion is within 2 of the least.

    Args:
        x: Cycles since the reference, ascending, at least `FEWEST`.
        y: Fraction of the reference, above 0.
    """
    fits = [_fit(law, x, y) for law in LAWS if len(x) > law.count + 2]
    best = min(fit.criterion for fit in fits)
    good = [fit for fit in fits if fit.criterion <= best + _EQUALLY_GOOD]
    chosen = min(good, key=lambda fit: (fit.law.count, fit.criterion))
    return [chosen, *sorted((fit for fit in fits if fit is not chosen), key=lambda fit: fit.criterion)]


def _fit(law: Law, x: Floats, y: Floats) -> FadeFit:
    if law is EXPONENTIAL:
        parameters = _exponential(x, y)
    elif law is KNEE:
        parameters = _knee(x, y)
    else:
        parameters = _solve(law.slope(x, np.zeros(law.count)), y)
    residual = (law.value(x, parameters) - y) / y
    square, points, free = float(residual @ residual), len(x), len(x) - law.count
    jacobian: Floats = law.slope(x, parameters) / y[:, None]
    variance = max(square, points * _FLOOR**2) / free
    covariance = np.asarray(np.linalg.pinv(jacobian.T @ jacobian.copy()) * variance, dtype=np.float64)
    p = law.count + 1  # the spread of the points is one more
    criterion = points * np.log(max(square / points, _FLOOR**2)) + 2 * p + 2 * p * (p + 1) / max(points - p - 1, 1)
    return FadeFit(law, parameters, covariance, float(criterion), float(np.sqrt(square / points)), free)


def _solve(columns: Floats, y: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(columns / y[:, None], np.ones_like(y), rcond=None)[0], dtype=np.float64)


def _exponential(x: Floats, y: Floats) -> Floats:
    slope, start = np.polyfit(x, np.log(y), 1)
    found = least_squares(
        lambda p: (EXPONENTIAL.value(x, p) - y) / y,
        np.array([np.exp(start), -slope]),
        jac=lambda p: EXPONENTIAL.slope(x, p) / y[:, None],
        x_scale=np.array([1.0, 1.0 / max(x[-1], 1.0)]),
    )
    parameters: Floats = found.x
    return parameters


def _knee(x: Floats, y: Floats) -> Floats:
    """Two lines that meet: for each place of the knee a linear fit, then the best place refined."""

    def at(place: float) -> tuple[float, Floats]:
        columns = np.column_stack([np.ones_like(x), -x, -np.maximum(x - place, 0.0)])
        solution = _solve(columns, y)
        return float(np.sum(((columns @ solution - y) / y) ** 2)), solution

    places = x[_LEAST_BESIDE_KNEE - 1 : -_LEAST_BESIDE_KNEE + 1]
    if len(places) == 0:
        places = x[1:-1]
    coarse = min(places.tolist(), key=lambda place: at(place)[0])
    low, high = max(x[0], coarse - np.ptp(x) / len(x)), min(x[-1], coarse + np.ptp(x) / len(x))
    place = min([coarse, *np.linspace(low, high, 41)[1:-1].tolist()], key=lambda place: at(place)[0])
    return np.append(at(place)[1], place)
