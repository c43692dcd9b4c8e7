"""Distribution of relaxation times by Tikhonov regularisation with non-negative amplitudes.

Z = R + i w L + 1/(i w C) + integral gamma(ln tau) / (1 + i w tau) d ln tau (T. H. Wan et al., Electrochim. Acta 184
(2015) 483; M. Saccoccio et al., Electrochim. Acta 147 (2014) 470). gamma >= 0; its second difference is penalised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import nnls

from analysis_tasks.kernels.impedance_spectra import Complexes, Floats

# Relaxations further outside of the frequency window act as a plain resistance (or capacitance) in it.
EXTENSION = 0.75  # decades
PER_DECADE = 10
# Factors of the penalty, which is in units of the mean modulus. The smallest fits noise of some 0.01 %.
GRID = np.logspace(-7, 5, 97)
_RIDGE = 1e-13  # of the mean eigenvalue: keeps the generalised eigenproblem definite
# A peak smaller than this part of its larger neighbour, and closer than this, is a shoulder: regularised
# distributions of one broad arc ring at its feet.
SHOULDER_PART, SHOULDER_DECADES = 0.10, 2.0
_LEAST_HEIGHT = 0.005  # of the highest peak
_LEAST_PART = 0.01  # of the whole polarisation


@dataclass(frozen=True, eq=False)
class Problem:
    """The linear problem of one spectrum, weighted by the modulus.

    Attributes:
        tau: Grid of relaxation times in s, from short to long.
        step: Width of the grid in ln tau.
        matrix: Shape (2n, k + m): k lumped elements, then the distribution.
        target: Shape (2n,): real parts, then imaginary parts.
        lumped: Names of the lumped elements: resistance, inductance and perhaps capacitance.
        scales: What a coefficient of a lumped element is multiplied by to be in ohm, H, 1/F.
        penalty: Shape (p, m): second differences in units of the geometric mean of the modulus, the distribution
            being 0 beyond both ends.
    """

    tau: Floats
    step: float
    matrix: Floats
    target: Floats
    lumped: tuple[str, ...]
    scales: Floats
    penalty: Floats

    @property
    def full_penalty(self) -> Floats:
        """The penalty with columns of zeros for the lumped elements, which it leaves free."""
        return np.hstack([np.zeros((len(self.penalty), len(self.lumped))), self.penalty])


@dataclass(frozen=True, eq=False)
class Distribution:
    """A distribution of relaxation times.

    Attributes:
        tau: In s, from short to long.
        gamma: In ohm per unit of ln tau.
        step: Width of the grid in ln tau.
        resistance: In series, in ohm.
        inductance: In series, in H.
        elastance: 1/C of the capacitor in series, in 1/F; 0 without one.
        regularisation: The factor of the penalty.
        fitted: The impedance of the distribution at the measured frequencies.
    """

    tau: Floats
    gamma: Floats
    step: float
    resistance: float
    inductance: float
    elastance: float
    regularisation: float
    fitted: Complexes


@dataclass(frozen=True)
class Peak:
    """One peak of a distribution.

    Attributes:
        tau: At its top, in s.
        resistance: Its area, between the minima beside it, in ohm; shoulders included.
        height: gamma at its top in ohm.
        shoulders: How many lesser peaks beside it were counted to it.
        edge: It is cut off by the end of the grid.
    """

    tau: float
    resistance: float
    height: float
    shoulders: int
    edge: bool


def pose(frequency: Floats, impedance: Complexes, *, capacitor: bool, per_decade: int = PER_DECADE) -> Problem:
    """The linear problem of a spectrum.

    Args:
        frequency: In Hz, shape (n,).
        impedance: Complex in ohm, shape (n,).
        capacitor: Whether no direct current passes: a capacitor in series is added.
        per_decade: Relaxation times per decade.
    """
    omega = 2.0 * np.pi * frequency
    low, high = -np.log10(omega.max()) - EXTENSION, -np.log10(omega.min()) + EXTENSION
    tau = np.logspace(low, high, round((high - low) * per_decade) + 1)
    step = float(np.log(tau[1] / tau[0]))
    columns = [np.ones(len(omega), dtype=np.complex128), 1j * omega / omega.max()]
    if capacitor:
        columns.append(omega.min() / (1j * omega))
    basis = np.column_stack([*columns, step / (1.0 + 1j * np.outer(omega, tau))]) / np.abs(impedance)[:, None]
    direction = impedance / np.abs(impedance)
    size = len(tau)
    unit = float(np.exp(np.mean(np.log(np.abs(impedance)))))
    penalty = np.diff(np.eye(size + 4), 2, axis=0)[:, 2:-2] / step**1.5 / unit
    scales = [1.0, 1.0 / omega.max(), omega.min()][: len(columns)]
    return Problem(
        tau=tau,
        step=step,
        matrix=np.concatenate([basis.real, basis.imag]),
        target=np.concatenate([direction.real, direction.imag]),
        lumped=("resistance", "inductance", "capacitor")[: len(columns)],
        scales=np.array(scales),
        penalty=penalty,
    )


def solve(problem: Problem, regularisation: float, impedance: Complexes) -> Distribution:
    """The non-negative distribution for one factor of the penalty."""
    stacked = np.vstack([problem.matrix, np.sqrt(regularisation) * problem.full_penalty])
    target = np.concatenate([problem.target, np.zeros(len(problem.penalty))])
    # Columns of equal length keep the solver from dropping elements that are small in ohm.
    length = np.linalg.norm(stacked, axis=0)
    found = nnls(stacked / length, target, maxiter=100 * stacked.shape[1])[0] / length
    count = len(problem.lumped)
    lumped = found[:count] * problem.scales
    relative = problem.matrix @ found
    points = len(impedance)
    return Distribution(
        tau=problem.tau,
        gamma=found[count:],
        step=problem.step,
        resistance=float(lumped[0]),
        inductance=float(lumped[1]),
        elastance=float(lumped[2]) if count > 2 else 0.0,
        regularisation=regularisation,
        fitted=(relative[:points] + 1j * relative[points:]) * np.abs(impedance),
    )


def generalised_cross_validation(problem: Problem) -> float:
    """The largest factor whose score is within one standard error of the best one.

    The score is that of the problem without the sign constraint (G. Wahba, SIAM J. Numer. Anal. 14 (1977) 651); of
    factors that predict equally well the smoothest distribution is taken, since the best one alone rings.
    """
    values, vectors = _spectral(problem, problem.matrix)
    projected = vectors.T @ (problem.matrix.T @ problem.target)
    filters = 1.0 / (1.0 + GRID[:, None] * values)
    squares = problem.target @ problem.target.copy()
    rest = squares - 2.0 * (projected**2 * filters).sum(axis=1) + ((projected * filters) ** 2).sum(axis=1)
    count = len(problem.target)
    scores = np.maximum(rest, 1e-30) / (count - filters.sum(axis=1)) ** 2
    best = int(np.argmin(scores))
    allowed = scores <= scores[best] * (1.0 + np.sqrt(2.0 / count))
    beyond = np.flatnonzero(~allowed[best:])
    return float(GRID[best + int(beyond[0]) - 1] if len(beyond) else GRID[-1])


def real_imaginary_validation(problem: Problem) -> float:
    """The factor by which real and imaginary part predict each other best (Saccoccio 2014)."""
    half = len(problem.target) // 2
    real, imaginary = problem.matrix[:half], problem.matrix[half:]
    lumped = len(problem.lumped)
    first = _predictions(problem, real, problem.target[:half], imaginary)
    second = _predictions(problem, imaginary, problem.target[half:], real)
    scores = np.zeros(len(GRID))
    # What one part cannot know (R from the imaginary, L and C from the real part) is fitted to the other.
    for predicted, target, free in (
        (first, problem.target[half:], imaginary[:, 1:lumped]),
        (second, problem.target[:half], real[:, :1]),
    ):
        rest = target[:, None] - predicted
        orthogonal = np.linalg.qr(free)[0]
        rest = rest - orthogonal @ (orthogonal.T @ rest)
        scores += (rest**2).sum(axis=0)
    return float(GRID[int(np.argmin(scores))])


def peaks(distribution: Distribution) -> list[Peak]:
    """The peaks from short to long relaxation times; small ones at the foot of a larger one are counted to it."""
    gamma, tau = distribution.gamma, distribution.tau
    if not gamma.any():
        return []
    padded = np.concatenate([[-1.0], gamma, [-1.0]])
    tops = np.flatnonzero((padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]) & (gamma > 0))
    tops = tops[gamma[tops] > _LEAST_HEIGHT * gamma.max()]
    cuts = [0, *(int(a + np.argmin(gamma[a:b])) for a, b in pairwise(tops)), len(gamma)]
    total = float(gamma.sum() * distribution.step)
    found = [
        Peak(
            tau=_top(tau, gamma, int(top)),
            resistance=float(gamma[start:stop].sum() * distribution.step),
            height=float(gamma[top]),
            shoulders=0,
            edge=bool(top in (0, len(gamma) - 1)),
        )
        for top, start, stop in zip(tops, cuts[:-1], cuts[1:], strict=True)
    ]
    return [peak for peak in _without_shoulders(found) if peak.resistance > _LEAST_PART * total]


def _without_shoulders(found: list[Peak]) -> list[Peak]:
    kept = list(found)
    while len(kept) > 1:
        order = sorted(range(len(kept)), key=lambda place: kept[place].resistance)
        for place in order:
            neighbours = [other for other in (place - 1, place + 1) if 0 <= other < len(kept)]
            larger = max(neighbours, key=lambda other: kept[other].resistance)
            small, big = kept[place], kept[larger]
            near = abs(np.log10(small.tau / big.tau)) < SHOULDER_DECADES
            if near and small.resistance < SHOULDER_PART * big.resistance and not small.edge:
                kept[larger] = replace(
                    big, resistance=big.resistance + small.resistance, shoulders=big.shoulders + small.shoulders + 1
                )
                del kept[place]
                break
        else:
            return kept
    return kept


def _top(tau: Floats, gamma: Floats, place: int) -> float:
    """Relaxation time at the top of the parabola through three points, in ln tau."""
    if not 0 < place < len(tau) - 1:
        return float(tau[place])
    before, here, after = gamma[place - 1 : place + 2]
    shift = 0.5 * (before - after) / (before - 2.0 * here + after)
    return float(tau[place] * (tau[1] / tau[0]) ** shift)


def _spectral(problem: Problem, matrix: Floats) -> tuple[Floats, Floats]:
    """Generalised eigenvalues and -vectors of penalty against matrix."""
    full = problem.full_penalty
    normal = matrix.T @ matrix.copy()
    normal += _RIDGE * np.trace(normal) / len(normal) * np.eye(len(normal))
    values, vectors = eigh(full.T @ full.copy(), normal)
    return np.maximum(values, 0.0), vectors


def _predictions(problem: Problem, known: Floats, target: Floats, other: Floats) -> Floats:
    """What a fit to one part predicts of the other, for every factor of the grid: shape (n, factors)."""
    values, vectors = _spectral(problem, known)
    projected = vectors.T @ (known.T @ target)
    filtered = projected[:, None] / (1.0 + values[:, None] * GRID)
    predictions: Floats = (other @ vectors) @ filtered
    return predictions
