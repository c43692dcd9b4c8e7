"""Resistance where the current steps: voltage step over current step, at a stated delay.

The delay is never below the interval between the records, and what was used is kept with each number: a resistance
after 60 s holds more than the ohmic one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.half_cycles import Floats, Records, Rows
from analysis_tasks.kernels.program_steps import Steps

LEAST_STEP = 0.05  # of the larger current: below, voltage noise over a small step is no resistance


@dataclass(frozen=True, eq=False)
class CurrentSteps:
    """One entry per change of the current.

    Attributes:
        step: Position of the step that begins with it.
        delay: Time after the last record of the step before, in s; NaN where the step is shorter.
        voltage: Change of the voltage in V.
        current: Change of the current in A.
    """

    step: Rows
    delay: Floats
    voltage: Floats
    current: Floats

    @property
    def resistance(self) -> Floats:
        """In ohm."""
        return self.voltage / self.current


def current_steps(records: Records, steps: Steps, delay: float) -> CurrentSteps:
    """The changes of the current of a record.

    Args:
        records: The record.
        steps: Its steps.
        delay: Wanted time after the change in s; where the next record comes later, that record counts.
    """
    clock = _clock(records.time)
    begin, end = steps.begin[1:], steps.end[1:]
    before = clock[begin - 1]
    # A cycler may write the first record of a step at the time at which the one before ended.
    first = np.where(clock[begin] > before, begin, begin + 1)
    inside = first < end
    used = np.maximum(delay, np.where(inside, clock[np.minimum(first, len(clock) - 1)] - before, np.nan))
    used = np.where(before + used <= clock[end - 1], used, np.nan)
    at = np.searchsorted(clock, np.where(np.isnan(used), before, before + used), side="left")
    at = np.clip(at, np.minimum(first, end - 1), end - 1)
    low = np.maximum(at - 1, begin)
    span = clock[at] - clock[low]
    part = np.divide(before + used - clock[low], span, out=np.ones(len(at)), where=span > 0)

    def change(values: Floats) -> Floats:
        found: Floats = values[low] + part * (values[at] - values[low]) - values[begin - 1]
        return found

    voltage, current = change(records.voltage), change(records.current)
    larger = np.maximum(np.abs(records.current[begin - 1]), np.abs(records.current[begin]))
    counts = np.flatnonzero(np.isfinite(used) & (np.abs(current) > LEAST_STEP * larger) & (larger > 0))
    return CurrentSteps(counts + 1, used[counts], voltage[counts], current[counts])


def _clock(time: Floats) -> Floats:
    """The time, or where the clock was set back the sum of the intervals that go forward."""
    forward = np.diff(time)
    if (forward >= 0).all():
        return time
    clock: Floats = np.append(0.0, np.cumsum(np.maximum(forward, 0.0)))
    return clock
