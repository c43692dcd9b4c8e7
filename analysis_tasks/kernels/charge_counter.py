"""What the cycler's own charge counter says about each interval between two records.

Half cycles are integrated from the current; the counter checks the integral and bridges gaps in the records.
Cyclers count in different ways (from the start of the test, per step, per cycle), so the first column set
that a table has is
turned into one form: the signed charge of each interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.tables import Table

Floats = NDArray[np.float64]
Increments = tuple[Floats, NDArray[np.bool_]]
COULOMB_PER_AH = 3600.0

# Battery Data Format columns, best first. A pair counts charge and discharge apart, both without sign.
_PAIRS = (
    ("charging_capacity_ah", "discharging_capacity_ah"),
    ("step_charging_capacity_ah", "step_discharging_capacity_ah"),
    ("cycle_charging_capacity_ah", "cycle_discharging_capacity_ah"),
    ("schedule_charging_capacity_ah", "schedule_discharging_capacity_ah"),
)
_NET = "net_capacity_ah"
_UNSIGNED_OF_STEP = ("step_cumulative_capacity_ah", "step_capacity_ah")
_SIGNED_OF_STEP = "step_net_capacity_ah"


@dataclass(frozen=True, eq=False)
class ChargeCounter:
    """The cycler's own count.

    Attributes:
        charge: Signed charge in C of the interval that ends at each record, positive on charge; 0 for the
            first.
        restarted: Where the counter began again in that interval, so that some of the charge may be missing.
    """

    charge: Floats
    restarted: NDArray[np.bool_]


def charge_counter(records: Table, direction: NDArray[np.int8]) -> ChargeCounter | None:
    """The cycler's count per interval, or None where the records hold no counter.

    Args:
        records: Battery Data Format records, in the order of recording.
        direction: +1 charging, -1 discharging, 0 at rest, per record; gives unsigned counters their sign.
    """
    if _NET in records:
        return _in_coulombs(_since_start(records[_NET]), 1.0)
    for charging, discharging in _PAIRS:
        if charging in records and discharging in records:
            (put_in, new_in), (taken, new_out) = (
                _since_reset(records[charging]),
                _since_reset(records[discharging]),
            )
            return _in_coulombs((put_in - taken, new_in | new_out), 1.0)
    for name in _UNSIGNED_OF_STEP:
        if name in records:
            return _in_coulombs(_since_reset(records[name]), direction)
    if _SIGNED_OF_STEP in records and "step_count" in records:
        return _in_coulombs(_since_step(records[_SIGNED_OF_STEP], records["step_count"]), 1.0)
    return None


def _in_coulombs(counted: Increments, sign: float | NDArray[np.int8]) -> ChargeCounter:
    ampere_hours, restarted = counted
    return ChargeCounter(ampere_hours * COULOMB_PER_AH * sign, restarted)


def _since_start(counter: NDArray[Any]) -> Increments:
    """Increments of a counter that never restarts."""
    increments = np.zeros(len(counter))
    increments[1:] = np.diff(counter.astype(np.float64, copy=False))
    return increments, np.zeros(len(counter), dtype=bool)


def _since_reset(counter: NDArray[Any]) -> Increments:
    """Increments of an unsigned counter that starts again from 0: after a fall, all that it shows is new."""
    increments, _ = _since_start(counter)
    fallen = increments < 0
    np.copyto(increments, counter, where=fallen)
    return increments, fallen


def _since_step(counter: NDArray[Any], step: NDArray[Any]) -> Increments:
    """Increments of a signed counter that starts again with each step."""
    increments, restarted = _since_start(counter)
    restarted[1:] = step[1:] != step[:-1]
    np.copyto(increments, counter, where=restarted)
    return increments, restarted
