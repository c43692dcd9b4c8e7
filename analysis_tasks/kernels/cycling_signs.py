"""Signs in a galvanostatic record that a person should look at: a soft short, and what the fade consists of.

Pure judgement on one test; every sign comes with the numbers that it rests on and is worded as a suggestion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from analysis_tasks.kernels.cycle_pairing import CHARGE
from analysis_tasks.kernels.cycling_records import Prepared
from analysis_tasks.kernels.galvanostatic import CyclingTest, differences
from analysis_tasks.kernels.half_cycle_curves import Curve, Curves
from analysis_tasks.kernels.half_cycles import Floats, Rows
from analysis_tasks.kernels.polarisation import Polarisation

# A dip: the voltage falls by so much between two records of a charge at one current, far above the noise.
DIP, TIMES_NOISE, STEADY = 0.005, 12.0, 0.02
FEWEST_DIPS = 2
# Too much charge: that of the cycle over the median discharge of those before.
OVER_CAPACITY = 1.2
# Collapse: the polarisation falls below this part of the median of those before.
COLLAPSE, BEFORE = 0.5, 3
# The part of a discharge in which the shape is compared, and how far the material may have shrunk or grown.
SHAPE, LEAST_LEFT, MOST_LEFT = (0.1, 0.9), 0.2, 1.2
GRID = 200
LEAST_LOSS = 0.01


@dataclass(frozen=True, eq=False)
class ShortSigns:
    """One entry per cycle.

    Attributes:
        dips: Sudden falls of the voltage while charging.
        over_capacity: Charge over the median discharge of the cycles before; NaN where there is none.
        collapse: Polarisation over the median of the cycles before; NaN where fewer than three are known.
    """

    dips: np.ndarray[tuple[int], np.dtype[np.int64]]
    over_capacity: Floats
    collapse: Floats

    @property
    def strength(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """How many of the three signs a cycle shows."""
        return (
            (self.dips >= FEWEST_DIPS).astype(np.int64)
            + (np.nan_to_num(self.over_capacity) > OVER_CAPACITY)
            + (np.nan_to_num(self.collapse, nan=1.0) < COLLAPSE)
        )


@dataclass(frozen=True)
class FadeSplit:
    """What became of the capacity between two discharges.

    Attributes:
        first, last: Positions of the cycles.
        loss: Lost capacity over the first one, 0 to 1.
        material: Part of the first capacity that went because the curve shrank: active material (or lithium) that no
            longer takes part.
        polarisation: Part that went because the curve lies lower and meets the limit earlier; the rest of the loss.
        shift: By how much it lies lower, in V.
        rms: What the two leave of the difference, in V.
    """

    first: int
    last: int
    loss: float
    material: float
    polarisation: float
    shift: float
    rms: float


def short_signs(prepared: Prepared, drops: Polarisation) -> ShortSigns:
    """Signs of a soft short in every cycle."""
    test = prepared.test
    of_half = _dips(prepared)
    dips = np.add.reduceat(of_half, test.cycles.first)
    discharge, charge = test.numbers.discharge, test.numbers.charge
    return ShortSigns(
        dips=dips,
        over_capacity=charge / _median_before(np.where(test.cycles.discharge_complete, discharge, np.nan), 1),
        collapse=drops.mean / _median_before(drops.mean, BEFORE),
    )


def fade_split(test: CyclingTest, curves: Curves) -> FadeSplit | None:
    """Splits the loss between the first and the last comparable discharge by the shape of their curves.

    The last curve is taken as the first one shrunk in charge and shifted in voltage, V_last(q) = V_first(q / s) - d,
    fitted over the middle of the last discharge. 1 - s is the part of the material.

    Returns:
        None where the two differ in rate or window, or too little is lost to be split.
    """
    found = test.first_and_last(-CHARGE)
    if found is None or found[0] == found[1] or differences(test, *found):
        return None
    first, last = (curves.curve(_discharge_of(test, place)) for place in found)
    loss = 1.0 - last.charge[-1] / first.charge[-1]
    if loss < LEAST_LOSS:
        return None
    left, shift, rms = _fit_shape(first, last)
    return FadeSplit(*found, float(loss), 1.0 - left, float(loss) - (1.0 - left), shift, rms)


def _fit_shape(first: Curve, last: Curve) -> tuple[float, float, float]:
    """Part that is left, shift in V and root mean square of what remains in V."""
    at = last.charge[-1] * np.linspace(*SHAPE, GRID)
    measured = np.interp(at, last.charge, last.voltage)

    def remains(left: float) -> Floats:
        difference: Floats = np.interp(at / left, first.charge, first.voltage) - measured
        return difference

    lowest = max(LEAST_LEFT, at[-1] / first.charge[-1])
    tried = np.linspace(lowest, MOST_LEFT, 201)
    spread = [float(np.std(remains(left))) for left in tried.tolist()]
    best = int(np.argmin(spread))
    low, high = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
    found = minimize_scalar(
        lambda left: float(np.std(remains(left))), bounds=(low, high), method="bounded", options={"xatol": 1e-7}
    )
    left = float(found.x)
    return left, float(np.mean(remains(left))), float(np.std(remains(left)))


def _discharge_of(test: CyclingTest, position: int) -> int:
    halves = np.arange(test.cycles.first[position], test.cycles.last[position] + 1)
    return int(halves[test.half.direction[halves] == -CHARGE][0])


def _dips(prepared: Prepared) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Number of dips in each half cycle."""
    records, half = prepared.records, prepared.test.half
    fall = np.diff(records.voltage)
    noise = 1.4826 * float(np.median(np.abs(fall[:: max(1, len(fall) // 50_000)])))
    rows = np.flatnonzero(fall < -max(DIP, TIMES_NOISE * noise)) + 1
    current = records.current
    charging = (records.direction[rows] == CHARGE) & (records.direction[rows - 1] == CHARGE)
    steady = np.abs(current[rows] - current[rows - 1]) <= STEADY * np.abs(current[rows])
    rows = rows[charging & steady]
    counted: np.ndarray[tuple[int], np.dtype[np.int64]] = np.bincount(_half_of(rows, half.start), minlength=len(half))
    return counted.astype(np.int64)


def _half_of(rows: Rows, start: Rows) -> Rows:
    found: Rows = np.maximum(np.searchsorted(start, rows, side="right") - 1, 0).astype(np.intp)
    return found


def _median_before(values: Floats, fewest: int) -> Floats:
    """Median of the known values before each one, NaN where there are fewer."""
    found = np.full(len(values), np.nan)
    known: list[float] = []
    for place, value in enumerate(values.tolist()):
        if len(known) >= fewest:
            found[place] = float(np.median(known))
        if np.isfinite(value):
            known.append(value)
    return found
