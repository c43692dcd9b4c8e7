"""What looks wrong about a galvanostatic test, in sentences for the person who reads its numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis_tasks.kernels.cycle_pairing import CHARGE, CUTOFF_TOLERANCE, DISCHARGE
from analysis_tasks.kernels.galvanostatic import CyclingTest, differences

COUNTER_TOLERANCE = 0.01


def warnings_of(test: CyclingTest) -> Iterator[str]:
    """What a person should know before trusting the numbers."""
    yield from _about_pairing(test)
    yield from _about_the_record(test)
    yield from _about_limits(test)
    yield from _about_capacity(test)


def _about_pairing(test: CyclingTest) -> Iterator[str]:
    if test.cycles.number[0] == 0:
        branch = "discharge" if test.half.direction[0] == DISCHARGE else "charge"
        yield (
            f"the record begins with a {branch} that has no partner: it is cycle {test.numbers.cycle[0]}, "
            "without a coulombic efficiency"
        )
    change = test.half.direction * (test.half.end_voltage - test.half.start_voltage)
    falling = len(change) > 1 and np.count_nonzero(change < 0) > len(change) / 2
    if falling and test.settings.convention.efficiency:
        yield "the voltage falls while the current is positive: check its sign (positive charges the cell)"


def _about_the_record(test: CyclingTest) -> Iterator[str]:
    half = test.half
    if half.gaps:
        yield (
            f"the records break off {half.gaps} time(s) while current flows (clock set back, or a gap of "
            "more than 100 usual intervals without a charge counter): the half cycles there count as "
            "incomplete"
        )
    if half.bridged:
        yield f"{half.bridged} gap(s) of more than 100 usual intervals are bridged by the cycler's counter"
    known = np.isfinite(half.counted) & (half.counted > 0)
    deviation = np.abs(half.charge[known] - half.counted[known]) / half.counted[known]
    if len(deviation) and deviation.max() > COUNTER_TOLERANCE:
        where = int(np.flatnonzero(known)[deviation.argmax()]) + 1
        yield (
            f"the integral of the current differs from the cycler's own counter by up to "
            f"{100 * deviation.max():.2g} % (half cycle {where}): check the unit of the current and the "
            "rate of recording"
        )
    if half.running[-1] and not test.half_complete[-1]:
        branch = "charge" if half.direction[-1] == CHARGE else "discharge"
        yield f"the record ends during a {branch} that has not reached its limit: that one is not counted"


def _about_limits(test: CyclingTest) -> Iterator[str]:
    half, limits = test.half, test.limits
    for word, extreme, direction, beyond in (
        ("upper", half.highest, CHARGE, 1.0),
        ("lower", half.lowest, DISCHARGE, -1.0),
    ):
        limit, stated = limits.of(direction)
        reached = extreme[half.direction == direction]
        if not stated or not len(reached):
            continue
        furthest = float((beyond * reached).max() * beyond)
        if beyond * (furthest - limit) > 2 * CUTOFF_TOLERANCE:
            yield f"the record reaches {furthest:.3f} V, beyond the stated {word} limit of {limit:.3f} V"
        elif beyond * (furthest - limit) < -CUTOFF_TOLERANCE:
            yield (
                f"the record reaches {furthest:.3f} V and never the stated {word} limit of {limit:.3f} V: "
                "check the voltage window of the test"
            )


def _about_capacity(test: CyclingTest) -> Iterator[str]:
    found = test.first_and_last(DISCHARGE)
    if found is None:
        yield (
            "no discharge is known to be complete, so no discharge capacity is given: "
            "state the voltage window of the test if its last discharge is finished"
        )
        return
    unequal = differences(test, *found)
    if found[1] > found[0] and unequal:
        yield f"no retention is given: first and last discharge differ in {' and in '.join(unequal)}"
    mass, theoretical = test.settings.by.mass, test.settings.theoretical
    if mass is None:
        yield "no active mass is known: capacities are in mAh only"
    elif theoretical is not None:
        largest = float(np.nanmax(test.numbers.discharge)) * 1000.0 / mass
        if largest > theoretical:
            yield (
                f"exceeds theoretical capacity: check mass, area, current unit (a discharge of "
                f"{largest:.4g} mAh/g, theory {theoretical:.4g} mAh/g)"
            )
