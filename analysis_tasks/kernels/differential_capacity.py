"""dQ/dV of one half cycle: monotone voltage, uniform grid, Gaussian in volts, band and peaks from a bootstrap.

All lengths are in volts, so that neither the unit of the charge nor the sampling changes the curve. The smoothing keeps
the charge: the integral over the voltage is the charge passed at constant current.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.half_cycles import Floats

FINEST = 0.002
STEPS_PER_CELL = 3.0
MOST_CELLS = 20_000
REPLICATES = 40
SEED = 622
# A peak stands out of its surroundings by this part of the highest one and by so many standard deviations.
PROMINENCE, SIGNIFICANCE = 0.05, 4.0
FEWEST_RECORDS = 10
REACH = 4.0  # standard deviations of the Gaussian that are used


@dataclass(frozen=True, eq=False)
class Differential:
    """dQ/dV on the middles of a uniform grid.

    Attributes:
        voltage: In V, ascending.
        capacity: dQ/dV in C/V, never negative.
        deviation: Its standard deviation in C/V.
        charge: Charge in C passed when the half cycle reaches the voltage.
        cell: Width of a cell of the grid in V.
    """

    voltage: Floats
    capacity: Floats
    deviation: Floats
    charge: Floats
    cell: float


@dataclass(frozen=True)
class Peak:
    """A peak of dQ/dV.

    Attributes:
        voltage: In V, with its standard deviation.
        voltage_deviation: In V.
        height: In C/V, with its standard deviation.
        height_deviation: In C/V.
    """

    voltage: float
    voltage_deviation: float
    height: float
    height_deviation: float


def differential(
    charge: Floats, voltage: Floats, direction: int, sigma: float
) -> tuple[Differential, list[Peak]] | None:
    """dQ/dV and its peaks.

    Args:
        charge: Magnitude of the charge passed in C, never falling, constant current only.
        voltage: In V.
        direction: +1 charge, -1 discharge.
        sigma: Standard deviation of the Gaussian in V.

    Returns:
        None where there are too few records or the voltage does not move.
    """
    if len(voltage) < FEWEST_RECORDS:
        return None
    rising = np.maximum.accumulate(direction * voltage)
    span = rising[-1] - rising[0]
    steps = np.diff(rising)
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    cell = max(FINEST, STEPS_PER_CELL * usual, span / MOST_CELLS)
    if span < STEPS_PER_CELL * cell:
        return None
    edges = rising[0] + cell * np.arange(int(np.ceil(span / cell)) + 1)
    density = _density(charge, rising, edges, sigma)
    replicates = _replicates(charge, direction * voltage, edges, density, sigma)
    passed = charge[0] + (np.cumsum(density) - 0.5 * density) * cell
    found = Differential(
        voltage=direction * (edges[:-1] + 0.5 * cell),
        capacity=density,
        deviation=replicates.std(axis=0, ddof=1),
        charge=passed,
        cell=cell,
    )
    tops = _peaks(found, replicates, edges[:-1] + 0.5 * cell, direction, sigma)
    if direction < 0:  # ascending voltage on both branches
        found = Differential(found.voltage[::-1], density[::-1], found.deviation[::-1], passed[::-1], cell)
    return found, tops


def _density(charge: Floats, rising: Floats, edges: Floats, sigma: float) -> Floats:
    """Smoothed dQ/dV over the cells of a grid; its sum times the cell is the whole charge."""
    values, first = np.unique(rising, return_index=True)
    last = np.append(first[1:], len(rising)) - 1
    # Where the voltage stands still, the charge in the middle of it counts for that voltage; all of it at the ends.
    at = 0.5 * (charge[first] + charge[last])
    at[0], at[-1] = charge[0], charge[-1]
    cell = edges[1] - edges[0]
    cells = np.diff(np.interp(edges, values, at)) / cell
    return _smoothed(cells, sigma / cell)


def _smoothed(cells: Floats, sigma: float) -> Floats:
    """A Gaussian of so many cells; the row goes on as its own mirror image, which keeps the sum."""
    reach = int(np.ceil(REACH * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    smooth: Floats = np.convolve(np.pad(cells, reach, mode="symmetric"), weights / weights.sum(), mode="valid")
    return smooth


def _replicates(charge: Floats, rising: Floats, edges: Floats, density: Floats, sigma: float) -> Floats:
    """dQ/dV of the smooth curve with its residuals drawn anew, always by the same seed."""
    cell = edges[1] - edges[0]
    passed = charge[0] + np.append(0.0, np.cumsum(density)) * cell
    values, first = np.unique(passed, return_index=True)
    smooth = np.interp(charge, values, edges[first])
    residual = rising - smooth
    inner = slice(len(residual) // 50, len(residual) - len(residual) // 50)  # the ends are bent by the smoothing
    pool = residual[inner] - np.median(residual[inner])
    draw = np.random.default_rng(SEED)
    rows = []
    for _ in range(REPLICATES):
        drawn = smooth + pool[draw.integers(0, len(pool), len(smooth))]
        rows.append(_density(charge, np.maximum.accumulate(drawn), edges, sigma))
    return np.array(rows)


def _peaks(found: Differential, replicates: Floats, middle: Floats, direction: int, sigma: float) -> list[Peak]:
    height = found.capacity
    reach = max(1, round(2.0 * sigma / found.cell))
    peaks = []
    for place, prominence in prominent(height, PROMINENCE * float(height.max())):
        if not 0 < place < len(height) - 1 or prominence < SIGNIFICANCE * found.deviation[place]:
            continue
        window = slice(max(place - reach, 1), min(place + reach, len(height) - 2) + 1)
        tops = [_top(row, window.start + int(np.argmax(row[window])), middle) for row in replicates]
        at, top = _top(height, place, middle)
        spread = np.array(tops).std(axis=0, ddof=1)
        peaks.append(Peak(direction * at, float(spread[0]), top, float(spread[1])))
    return sorted(peaks, key=lambda peak: peak.voltage)


def prominent(row: Floats, least: float) -> list[tuple[int, float]]:
    """Place and prominence of each local maximum that stands out by `least` at least; outside of the row is 0.

    Prominence is the height above the higher of the two lowest points on the way to something higher.
    """
    padded = np.concatenate(([0.0], row, [0.0]))
    inner = padded[1:-1]
    found = []
    for top in (np.flatnonzero((inner > padded[:-2]) & (inner >= padded[2:]) & (inner >= least)) + 1).tolist():
        left, right = padded[:top], padded[top + 1 :]
        higher_left, higher_right = np.flatnonzero(left > padded[top]), np.flatnonzero(right > padded[top])
        low_left = left[higher_left[-1] :].min() if len(higher_left) else left.min()
        low_right = right[: higher_right[0] + 1].min() if len(higher_right) else right.min()
        prominence = float(padded[top] - max(low_left, low_right))
        if prominence >= least:
            found.append((top - 1, prominence))
    return found


def _top(row: Floats, place: int, middle: Floats) -> tuple[float, float]:
    """Voltage and height of the parabola through the highest cell and its neighbours."""
    before, at, after = row[place - 1], row[place], row[place + 1]
    bend = before - 2.0 * at + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    shift = float(np.clip(shift, -0.5, 0.5))
    cell = middle[1] - middle[0]
    return float(middle[place] + shift * cell), float(at - 0.25 * (before - after) * shift)
