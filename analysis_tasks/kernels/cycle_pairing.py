"""Pairs half cycles into cycles by the convention of the cell, and says which of them ran to their end.

Which branch comes first decides what coulombic efficiency means: libraries that fix one order report 101 % or
    478 % for the same cell. The convention is a parameter and is kept with each result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.half_cycles import Floats, HalfCycles, Rows

CHARGE, DISCHARGE = 1, -1
CUTOFF_TOLERANCE = 0.010
EQUAL_TIME = 0.001


@dataclass(frozen=True)
class Convention:
    """How the half cycles of one kind of cell belong together.

    Attributes:
        first: Direction that opens a cycle; None where either may.
        efficiency: Whether a coulombic efficiency means anything.
    """

    first: int | None
    efficiency: bool = True


CONVENTIONS: dict[str, Convention] = {
    "cathode|Li": Convention(CHARGE),
    "full": Convention(CHARGE),
    "three-electrode": Convention(CHARGE),
    "anode|Li": Convention(DISCHARGE),
    "Li|Cu": Convention(DISCHARGE),
    "symmetric": Convention(None, efficiency=False),
    "blocking": Convention(None, efficiency=False),
}


@dataclass(frozen=True, eq=False)
class Limits:
    """The voltages at which half cycles end, in V; NaN where nothing tells.

    Attributes:
        upper, lower: The limits of charge and of discharge.
        upper_stated, lower_stated: Whether the test states them.
    """

    upper: float
    lower: float
    upper_stated: bool
    lower_stated: bool

    def of(self, direction: int) -> tuple[float, bool]:
        """Limit of one direction, and whether the test states it."""
        return (self.upper, self.upper_stated) if direction == CHARGE else (self.lower, self.lower_stated)


def find_limits(half: HalfCycles, upper: float | None, lower: float | None) -> Limits:
    """The stated limits, else the median extreme of the half cycles that the program ended."""
    ended = ~half.running & ~half.interrupted

    def observed(extreme: Floats, direction: int) -> float:
        chosen = extreme[ended & (half.direction == direction)]
        return float(np.median(chosen)) if len(chosen) else float("nan")

    return Limits(
        upper=observed(half.highest, CHARGE) if upper is None else upper,
        lower=observed(half.lowest, DISCHARGE) if lower is None else lower,
        upper_stated=upper is not None,
        lower_stated=lower is not None,
    )


def completeness(half: HalfCycles, limits: Limits) -> NDArray[np.bool_]:
    """Which half cycles ran to their end.

    Complete is a half cycle that is not interrupted and that came within 10 mV of the stated limit. Where
    none is stated, the program ended it (a rest or the other direction follows), or, at the end of the
    record, it came within 10 mV of the limit that the others show.
    """
    overshoot = np.where(half.direction == CHARGE, half.highest - limits.upper, limits.lower - half.lowest)
    at_limit = (overshoot >= -CUTOFF_TOLERANCE) | _lasts_as_long(half)
    stated = np.where(half.direction == CHARGE, limits.upper_stated, limits.lower_stated)
    return ~half.interrupted & np.where(stated, at_limit, at_limit | ~half.running)


def _lasts_as_long(half: HalfCycles) -> NDArray[np.bool_]:
    """Half cycles limited by time: as long as at least two ended ones of the direction, which last equally."""
    enough = np.full(len(half), np.inf)
    for direction in (CHARGE, DISCHARGE):
        ended = half.seconds[~half.running & ~half.interrupted & (half.direction == direction)]
        if len(ended) > 1 and np.ptp(ended) <= EQUAL_TIME * np.median(ended):
            enough[half.direction == direction] = (1.0 - EQUAL_TIME) * np.median(ended)
    return half.seconds >= enough


@dataclass(frozen=True, eq=False)
class Cycles:
    """One entry per cycle; NaN where a cycle lacks the branch.

    Attributes:
        number: 0 for a leading half cycle without its partner, else from 1.
        charge, discharge: Charge of the branch in C.
        charge_energy, discharge_energy: In J.
        charge_seconds, discharge_seconds: Time under current.
        highest, lowest: Extremes of the voltage under current, in V.
        charge_complete, discharge_complete: Whether the branch exists and ran to its end.
        first, last: Positions of its first and last half cycle.
    """

    number: NDArray[np.int64]
    charge: Floats
    discharge: Floats
    charge_energy: Floats
    discharge_energy: Floats
    charge_seconds: Floats
    discharge_seconds: Floats
    highest: Floats
    lowest: Floats
    charge_complete: NDArray[np.bool_]
    discharge_complete: NDArray[np.bool_]
    first: Rows
    last: Rows

    def __len__(self) -> int:
        return len(self.number)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Both branches exist and ran to their end."""
        return self.charge_complete & self.discharge_complete


def pair(half: HalfCycles, complete: NDArray[np.bool_], convention: Convention) -> Cycles:
    """Cycles of a record: each begins where the opening direction follows the other one.

    Parts of an interrupted half cycle follow each other in one direction and are added up within their cycle.
    """
    opening = convention.first if convention.first is not None else int(half.direction[0])
    opens = half.direction == opening
    opens[1:] &= half.direction[:-1] != opening
    leading = not opens[0]
    opens[0] = True
    first = np.flatnonzero(opens)
    charging, discharging = half.direction == CHARGE, half.direction == DISCHARGE

    def total(values: Floats, chosen: NDArray[np.bool_]) -> Floats:
        present = np.logical_or.reduceat(chosen, first)
        return np.where(present, np.add.reduceat(np.where(chosen, values, 0.0), first), np.nan)

    def whole(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        present = np.logical_or.reduceat(chosen, first)
        return present & np.logical_and.reduceat(complete | ~chosen, first)

    return Cycles(
        number=np.arange(len(first), dtype=np.int64) + (0 if leading else 1),
        charge=total(half.charge, charging),
        discharge=total(half.charge, discharging),
        charge_energy=total(half.energy, charging),
        discharge_energy=total(half.energy, discharging),
        charge_seconds=total(half.seconds, charging),
        discharge_seconds=total(half.seconds, discharging),
        highest=np.maximum.reduceat(half.highest, first),
        lowest=np.minimum.reduceat(half.lowest, first),
        charge_complete=whole(charging),
        discharge_complete=whole(discharging),
        first=first,
        last=np.append(first[1:], len(half)) - 1,
    )
