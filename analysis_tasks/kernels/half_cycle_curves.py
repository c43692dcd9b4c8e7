"""Voltage over charge within each half cycle, from one running sum over the whole record.

The sum never falls, so that a voltage at any fraction of any half cycle is found by bisection and no half cycle
needs a pass of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.half_cycles import Floats, HalfCycles, Records, Rows, intervals


@dataclass(frozen=True, eq=False)
class Curve:
    """One half cycle, records with current only.

    Attributes:
        charge: Magnitude of the charge passed since it began, in C; never falls.
        voltage: In V.
        current: Magnitude in A.
    """

    charge: Floats
    voltage: Floats
    current: Floats


@dataclass(frozen=True, eq=False)
class Curves:
    """The half cycles of a record.

    Attributes:
        records: The record.
        half: Its half cycles.
        passed: Magnitude of the charge in C from the start of the record to each row, over all half cycles.
    """

    records: Records
    half: HalfCycles
    passed: Floats

    def before(self, chosen: Rows | Sequence[int]) -> Floats:
        """What had passed before the half cycles began, in C: the interval that turns the current is theirs."""
        start = self.half.start[chosen]
        found: Floats = np.where(start > 0, self.passed[np.maximum(start - 1, 0)], 0.0)
        return found

    def total(self, chosen: Rows | Sequence[int]) -> Floats:
        """Charge of the half cycles in C."""
        found: Floats = self.passed[self.half.last_active[chosen]] - self.before(chosen)
        return found

    def curve(self, position: int) -> Curve:
        """One half cycle."""
        window = slice(int(self.half.start[position]), int(self.half.last_active[position]) + 1)
        flows = self.records.direction[window] == self.half.direction[position]
        charge = self.passed[window][flows] - self.before([position])[0]
        return Curve(charge, self.records.voltage[window][flows], np.abs(self.records.current[window][flows]))

    def voltage_at(self, chosen: Rows, fraction: Floats) -> Floats:
        """Voltage in V at fractions (between 0 and 1) of each one's own charge; shape (half cycles, fractions)."""
        wanted = self.before(chosen)[:, None] + self.total(chosen)[:, None] * fraction[None, :]
        found: Floats = np.interp(wanted.ravel(), self.passed, self.records.voltage).reshape(wanted.shape)
        return found


def curves_of(records: Records, half: HalfCycles, charge: Floats | None = None) -> Curves:
    """The half cycles of a record as curves; small runs against the direction of their half cycle count as nothing.

    Args:
        records: The record.
        half: Its half cycles.
        charge: Of the interval that ends at each record in C, where it is known; it is used up.
    """
    charge = intervals(records).charge if charge is None else charge
    direction: NDArray[np.int8] = np.zeros(len(charge), dtype=np.int8)
    direction[half.start[0] :] = np.repeat(half.direction, half.stop - half.start)
    charge *= direction
    np.maximum(charge, 0.0, out=charge)
    return Curves(records, half, np.cumsum(charge, out=charge))
