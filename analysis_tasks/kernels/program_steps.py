"""Cuts a record into the steps of its program: rests, constant current, constant voltage, and what is neither.

Steps are the cycler's own where it numbered them, else the stretches between two changes of the current; a charge that
goes on at constant voltage is cut where the current begins to fall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.base import NotApplicable
from analysis_tasks.kernels.half_cycles import Floats, Records, Rows

# At constant voltage: the current is below this part of the step's largest, ends below the second, and the voltage
# stays within so many V of where the step ends.
FALLING, FALLEN, HELD = 0.98, 0.90, 0.005
FEWEST_AT_VOLTAGE = 3
# A step's current is constant where it stays within this part of its largest.
CONSTANT = 0.10
# Without the cycler's numbers, a step begins where a current that was constant to the second part jumps by the first.
JUMP, STEADY = 0.20, 0.02
MOST_STEPS, LEAST_RECORDS_PER_STEP = 1000, 4

MODES = ("rest", "CC", "CV", "varying")


@dataclass(frozen=True, eq=False)
class Steps:
    """One entry per step; together they cover the record.

    Attributes:
        begin, end: Row of the first record and one past the last.
        direction: +1 charging, -1 discharging, 0 at rest.
        mode: Position in `MODES`.
        charge: Signed charge in C.
        energy: Signed energy in J.
        seconds: From the end of the step before to its own, in s.
    """

    begin: Rows
    end: Rows
    direction: NDArray[np.int8]
    mode: NDArray[np.intp]
    charge: Floats
    energy: Floats
    seconds: Floats

    def __len__(self) -> int:
        return len(self.begin)


def program_steps(records: Records, charge: Floats, energy: Floats, numbered: Floats | None) -> Steps:
    """The steps of a record.

    Args:
        records: The record.
        charge: Of the interval that ends at each record, in C.
        energy: The same in J.
        numbered: The cycler's number of the step at each record, None where it has none.

    Raises:
        NotApplicable: The current changes so often that there are no steps.
    """
    magnitude = np.abs(records.current)
    begin = _begins(records, magnitude, numbered)
    rows = len(records.time)
    if len(begin) > max(MOST_STEPS, rows // LEAST_RECORDS_PER_STEP):
        raise NotApplicable(
            f"the current changes {len(begin)} times in {rows} records: that is a load profile, not a program of steps"
        )
    held = constant_voltage_from(magnitude, records.voltage, begin)
    held = held[held < np.append(begin[1:], rows)]
    begin = np.union1d(begin, held).astype(np.intp)
    end = np.append(begin[1:], rows).astype(np.intp)
    time = records.time
    return Steps(
        begin=begin,
        end=end,
        direction=records.direction[begin],
        mode=_modes(records, magnitude, begin, held),
        charge=np.add.reduceat(charge, begin),
        energy=np.add.reduceat(energy, begin),
        seconds=np.maximum(time[end - 1] - time[np.maximum(begin - 1, 0)], 0.0),
    )


def constant_voltage_from(magnitude: Floats, voltage: Floats, begin: Rows) -> Rows:
    """Row at which the constant-voltage tail of each stretch begins; where it has none, its end.

    Args:
        magnitude: Of the current in A.
        voltage: In V.
        begin: First rows of stretches that cover the record, each of one direction.
    """
    end = np.append(begin[1:], len(magnitude)).astype(np.intp)
    largest = np.maximum.reduceat(magnitude, begin)
    possible = (magnitude[end - 1] < FALLEN * largest) & (magnitude[end - 1] > 0)
    found = end.copy()
    for place in np.flatnonzero(possible).tolist():
        window = slice(int(begin[place]), int(end[place]))
        falls = magnitude[window] < FALLING * largest[place]
        falls &= np.abs(voltage[window] - voltage[window.stop - 1]) <= HELD
        other = np.flatnonzero(~falls)
        first = window.start + (int(other[-1]) + 1 if len(other) else 0)
        if window.stop - first >= FEWEST_AT_VOLTAGE:
            found[place] = first
    return found


def _begins(records: Records, magnitude: Floats, numbered: Floats | None) -> Rows:
    changes = records.direction[1:] != records.direction[:-1]
    if numbered is not None:
        known = np.nan_to_num(numbered)
        changes |= known[1:] != known[:-1]
    begins = np.flatnonzero(changes) + 1
    if numbered is None:
        begins = np.union1d(begins, _jumps(records.current, magnitude))
    return np.append(0, begins).astype(np.intp)


def _jumps(current: Floats, size: Floats) -> Rows:
    """Rows at which a steady current jumps to another one of the same direction."""
    change = np.diff(current)
    rows = np.flatnonzero(np.abs(change, out=change) > JUMP * size.max()) + 1
    rows = rows[(rows >= 2) & (rows < len(current) - 1)]
    steady = (np.abs(current[rows - 1] - current[rows - 2]) < STEADY * size[rows - 1]) & (
        np.abs(current[rows + 1] - current[rows]) < STEADY * size[rows]
    )
    found: Rows = rows[steady]
    return found


def _modes(records: Records, magnitude: Floats, begin: Rows, held: Rows) -> NDArray[np.intp]:
    largest = np.maximum.reduceat(magnitude, begin)
    smallest = np.minimum.reduceat(magnitude, begin)
    mode = np.where(largest - smallest <= CONSTANT * largest, MODES.index("CC"), MODES.index("varying"))
    mode[np.isin(begin, held)] = MODES.index("CV")
    mode[records.direction[begin] == 0] = MODES.index("rest")
    return mode.astype(np.intp)
