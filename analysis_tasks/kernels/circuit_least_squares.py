"""Levenberg-Marquardt for many starts at once: all sets of parameters take each step together.

K. Levenberg (1944), D. W. Marquardt (1963); damping scaled by the diagonal of the normal matrix, parameters kept in
a box. One vectorised evaluation for all starts makes a multi-start cost little more than a single fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.circuit_elements import Complexes, Floats, Grid
from analysis_tasks.kernels.circuits import Circuit

Integers = NDArray[np.int64]

_FIRST_ITERATIONS = 18  # of all starts, before only the best go on
_KEPT = 6
_MOST_ITERATIONS = 100
_ALIKE = 1e-3  # relative difference of the sums of squares of two sets that are on their way to one optimum
_LARGEST_STEP = 3.0  # in a coordinate: a factor of 20
_CONVERGED = 1e-5  # relative decrease of the sum of squares, while the best start is looked for
_POLISHED = 1e-11  # the same for the best one
_GIVE_UP = 1e12


@dataclass(frozen=True, eq=False)
class Target:
    """What is fitted.

    Attributes:
        circuit: The circuit.
        grid: Frequencies, n of them.
        impedance: Measured, shape (n,).
        real_weight: What residuals of the real part are multiplied by.
        imaginary_weight: The same of the imaginary part.
        lower: Smallest coordinates, shape (parameters,).
        upper: Largest coordinates; equal to the smallest for a fixed parameter.
    """

    circuit: Circuit
    grid: Grid
    impedance: Complexes
    real_weight: Floats
    imaginary_weight: Floats
    lower: Floats
    upper: Floats

    def linearise(self, coordinates: Floats) -> tuple[Floats, Floats]:
        """Weighted residuals, shape (sets, 2n), and their derivatives, shape (sets, 2n, parameters)."""
        z, slopes = self.circuit.evaluate(self.circuit.to_values(coordinates), self.grid)
        rest = z - self.impedance
        residual = np.concatenate([rest.real * self.real_weight, rest.imag * self.imaginary_weight], axis=1)
        weights = np.concatenate([self.real_weight, self.imaginary_weight])[None, :, None]
        return residual, np.concatenate([slopes.real, slopes.imag], axis=1) * weights


@dataclass(eq=False)
class _State:
    """All sets of parameters that are still being improved."""

    coordinates: Floats
    residual: Floats
    jacobian: Floats
    cost: Floats
    damping: Floats
    settled: Integers


def minimise(target: Target, starts: Floats) -> tuple[Floats, float]:
    """The best of many starts.

    Args:
        target: What is fitted.
        starts: Coordinates, shape (starts, parameters).

    Returns:
        Coordinates of the optimum, and half the weighted sum of squares there.
    """
    with np.errstate(all="ignore"):
        state = _begin(target, np.clip(starts, target.lower, target.upper))
        if len(starts) > _KEPT:
            _improve(target, state, _FIRST_ITERATIONS, _CONVERGED)
            state = _best(state, _KEPT)
        _improve(target, state, _MOST_ITERATIONS, _CONVERGED)
        state = _best(state, 1)
        _improve(target, state, _MOST_ITERATIONS, _POLISHED)
    return state.coordinates[0], float(state.cost[0])


def _begin(target: Target, coordinates: Floats) -> _State:
    residual, jacobian = target.linearise(coordinates)
    count = len(coordinates)
    damping, settled = np.full(count, 1e-3), np.zeros(count, dtype=np.int64)
    return _State(coordinates.copy(), residual, jacobian, _cost(residual), damping, settled)


def _best(state: _State, count: int) -> _State:
    """The sets of lowest cost, free to move again; of sets that ended in the same place only one."""
    order = np.argsort(state.cost, kind="stable")
    cost = state.cost[order]
    with np.errstate(invalid="ignore"):
        alike = np.concatenate([[False], cost[1:] - cost[:-1] <= _ALIKE * cost[:-1]])
    rows = order[~alike][:count]
    return _State(
        state.coordinates[rows],
        state.residual[rows],
        state.jacobian[rows],
        state.cost[rows],
        np.minimum(state.damping[rows], 1e-3),
        np.zeros(len(rows), dtype=np.int64),
    )


def _cost(residual: Floats) -> Floats:
    cost: Floats = 0.5 * np.einsum("ij,ij->i", residual, residual)
    return np.where(np.isfinite(cost), cost, np.inf)


def _improve(target: Target, state: _State, iterations: int, tolerance: float) -> None:
    """Steps of all sets that have not settled, in place."""
    for _ in range(iterations):
        moving = (state.settled < 2) & (state.damping < _GIVE_UP) & np.isfinite(state.cost)
        active: Integers = np.flatnonzero(moving)
        if not len(active):
            return
        step = _steps(target, state, active)
        tried = np.clip(state.coordinates[active] + step, target.lower, target.upper)
        residual, jacobian = target.linearise(tried)
        cost = _cost(residual)
        better = cost < state.cost[active]
        small = state.cost[active] - cost <= tolerance * state.cost[active]
        won = active[better]
        state.coordinates[won], state.residual[won] = tried[better], residual[better]
        state.jacobian[won] = jacobian[better]
        state.settled[active] = np.where(better, np.where(small, state.settled[active] + 1, 0), state.settled[active])
        state.cost[won] = cost[better]
        state.damping[active] *= np.where(better, 0.2, 5.0)
        # A refused step so small that nothing can be gained is an end as well.
        state.settled[active] += np.where(~better & (np.abs(cost - state.cost[active]) <= 1e-14 * cost), 1, 0)


def _steps(target: Target, state: _State, active: Integers) -> Floats:
    """Damped Gauss-Newton steps; parameters that press against their limit do not move."""
    jacobian, residual = state.jacobian[active], state.residual[active]
    gradient = np.matmul(residual[:, None, :], jacobian)[:, 0, :]
    here = state.coordinates[active]
    held = ((here <= target.lower) & (gradient > 0)) | ((here >= target.upper) & (gradient < 0))
    held |= target.lower == target.upper
    jacobian = np.where(held[:, None, :], 0.0, jacobian)
    normal = np.matmul(jacobian.transpose(0, 2, 1), jacobian.copy())
    diagonal = np.einsum("ijj->ij", normal).copy()
    floor = 1e-14 * diagonal.max(axis=1, keepdims=True) + 1e-300
    scale = np.sqrt(np.maximum(diagonal, floor))
    normal = normal / (scale[:, :, None] * scale[:, None, :])
    size = normal.shape[1]
    normal += np.eye(size) * (state.damping[active][:, None, None] + 1e-15) + np.eye(size) * held[:, None, :]
    right = -np.where(held, 0.0, gradient) / scale
    step: Floats = np.linalg.solve(normal, right[:, :, None])[:, :, 0] / scale
    return np.clip(np.where(held | ~np.isfinite(step), 0.0, step), -_LARGEST_STEP, _LARGEST_STEP)
