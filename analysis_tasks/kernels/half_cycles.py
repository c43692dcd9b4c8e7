"""Cuts a galvanostatic record into half cycles by the direction of the current, in one pass over the columns.

The result is one array per property with one entry per half cycle, so the time taken depends on the number of
records and not on the number of cycles. Rules and their reasons are in docs/reference/kernels.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.base import NotApplicable
from analysis_tasks.kernels.charge_counter import ChargeCounter

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

REST_FRACTION = 1e-4
SHORTEST_RUN = 3
SMALLEST_CHARGE = 1e-4
GAP_INTERVALS = 100.0
SAMPLE = 50_000


@dataclass(frozen=True, eq=False)
class Records:
    """The columns that half cycles are made of.

    Attributes:
        time: Test time in s.
        voltage: Cell voltage in V.
        current: Current in A, positive while the cell is charged.
        direction: +1 charging, -1 discharging, 0 at rest.
        counter: The cycler's own count of charge, or None.
    """

    time: Floats
    voltage: Floats
    current: Floats
    direction: NDArray[np.int8]
    counter: ChargeCounter | None = None


@dataclass(frozen=True, eq=False)
class HalfCycles:
    """One entry per half cycle.

    Attributes:
        direction: +1 charge, -1 discharge.
        start, stop: Row of its first record and one past its last (rests included).
        last_active: Row of the last record at which current flows.
        charge: Magnitude of the charge in C.
        energy: Magnitude of the energy in J.
        seconds: Time during which current flows.
        start_voltage, end_voltage: At the first and the last record with current, in V.
        lowest, highest: Extremes of the voltage while current flows, in V.
        interrupted: The record breaks off inside it (clock set back, or a gap that no counter bridges).
        running: It is the last one and current still flows at the end of the record.
        counted: Magnitude of the charge by the cycler's own counter in C, NaN where there is none.
        gaps: Number of gaps in the whole record that cut a half cycle.
        bridged: Number of gaps in the whole record that the counter bridges.
    """

    direction: NDArray[np.int8]
    start: Rows
    stop: Rows
    last_active: Rows
    charge: Floats
    energy: Floats
    seconds: Floats
    start_voltage: Floats
    end_voltage: Floats
    lowest: Floats
    highest: Floats
    interrupted: NDArray[np.bool_]
    running: NDArray[np.bool_]
    counted: Floats
    gaps: int
    bridged: int

    def __len__(self) -> int:
        return len(self.start)


def flow_direction(current: Floats, resolution: float = 0.0) -> NDArray[np.int8]:
    """+1, -1 or 0 for each record; up to 1e-4 of the largest, or the resolution, a current is rest.

    Args:
        current: In A.
        resolution: Smallest current that means anything, in A.

    Raises:
        NotApplicable: No current flows anywhere.
    """
    largest = max(float(current.max()), -float(current.min())) if len(current) else 0.0
    rest = max(REST_FRACTION * largest, resolution)
    if largest <= rest:
        raise NotApplicable("no current flows in these records: there is no charge and no discharge to measure")
    return (current > rest).astype(np.int8) - (current < -rest).astype(np.int8)


def half_cycles(records: Records) -> HalfCycles:
    """Half cycles of a record: maximal runs of one direction; a rest belongs to the half cycle before it.

    Runs shorter than 3 records or below 1e-4 of the largest charge join the half cycle before them.

    Raises:
        NotApplicable: No run is long enough to be a half cycle.
    """
    interval = intervals(records)
    active = np.flatnonzero(records.direction)
    flow = records.direction[active]
    breaks = _same_direction_breaks(interval.breaks, active, flow)
    first = _merge_small(_cuts(flow, breaks), flow, _at(interval.charge, active), breaks)
    return _summarise(records, interval, active, first, breaks)


@dataclass(frozen=True, eq=False)
class Intervals:
    """Per record, of the interval that ends there.

    Attributes:
        charge: Signed charge in C, 0 at rest.
        energy: Signed energy in J.
        seconds: Time under current in s.
        breaks: Rows at which the record breaks off while current flows.
        bridged: Number of gaps that the counter bridges.
    """

    charge: Floats
    energy: Floats
    seconds: Floats
    breaks: Rows
    bridged: int


def intervals(records: Records) -> Intervals:
    """Charge and energy of each interval.

    Within a run of one direction the current is taken as linear (trapezoid). Where the direction changes, the
    interval is given to the new one with its own current: a cycler writes a record when a step ends, so the
    change comes first.
    """
    direction = records.direction
    turns = np.flatnonzero(direction[1:] != direction[:-1]) + 1
    flowing = direction != 0
    seconds = np.zeros(len(records.time))
    np.subtract(records.time[1:], records.time[:-1], out=seconds[1:])

    reversed_clock = seconds < 0
    gap = (seconds > GAP_INTERVALS * _usual(seconds, flowing)) & flowing
    bridged = np.zeros_like(gap) if records.counter is None else gap & ~records.counter.restarted
    lost = reversed_clock | (gap & ~bridged)
    seconds[lost | ~flowing] = 0.0
    charge = _interval_mean(records.current, turns)
    charge *= seconds
    if records.counter is not None:
        np.copyto(charge, records.counter.charge, where=bridged)
    energy = _interval_mean(records.voltage, turns)
    energy *= charge
    breaks = np.flatnonzero(lost)
    breaks = breaks[reversed_clock[breaks] | (direction[breaks] == direction[breaks - 1])]
    return Intervals(charge, energy, seconds, breaks, int(np.count_nonzero(bridged)))


def _interval_mean(values: Floats, turns: Rows) -> Floats:
    """Mean of each record and the one before it; where the direction turns, the record itself."""
    mean = np.empty_like(values)
    mean[0] = values[0]
    np.add(values[1:], values[:-1], out=mean[1:])
    mean[1:] *= 0.5
    mean[turns] = values[turns]
    return mean


def _usual(seconds: Floats, flowing: NDArray[np.bool_]) -> float:
    """Median in s of the intervals under current that last, from a sample of the record; infinite without any."""
    every = max(1, len(seconds) // SAMPLE)
    sample = seconds[::every][flowing[::every]]
    lasting = sample[sample > 0]
    return float(np.median(lasting)) if len(lasting) else np.inf


def _same_direction_breaks(breaks: Rows, active: Rows, flow: NDArray[np.int8]) -> Rows:
    """Positions in `active` at which a break cuts one direction in two."""
    position = np.unique(np.searchsorted(active, breaks))
    position = position[(position > 0) & (position < len(active))]
    cuts: Rows = position[flow[position] == flow[position - 1]]
    return cuts


def _cuts(flow: NDArray[np.int8], breaks: Rows) -> Rows:
    """Positions in `active` at which runs begin."""
    changes = np.flatnonzero(flow[1:] != flow[:-1]) + 1
    return np.union1d(np.concatenate(([0], changes)), breaks).astype(np.intp)


def _at(values: Floats, active: Rows) -> Floats:
    """The values at the records with current, without a copy where that is all of them."""
    return values if len(active) == len(values) else values[active]


def _merge_small(first: Rows, flow: NDArray[np.int8], charge: Floats, breaks: Rows) -> Rows:
    """Positions of the half cycles that remain when small runs join the one before them."""
    moved = np.abs(np.add.reduceat(charge, first))
    points = np.diff(first, append=len(flow))
    kept = first[(points >= SHORTEST_RUN) & (moved > SMALLEST_CHARGE * moved.max())]
    if not len(kept):
        raise NotApplicable(
            "no current flows for at least three records in one direction: there is no half cycle to measure"
        )
    breaks_before = np.searchsorted(breaks, kept, side="right")
    new = np.ones(len(kept), dtype=bool)
    new[1:] = (flow[kept[1:]] != flow[kept[:-1]]) | (breaks_before[1:] != breaks_before[:-1])
    begins: Rows = kept[new]
    return begins


def _summarise(records: Records, interval: Intervals, active: Rows, first: Rows, breaks: Rows) -> HalfCycles:
    """Sums and extremes of each half cycle, by `reduceat` over the records with current."""
    direction = records.direction[active[first]]
    voltage = _at(records.voltage, active)
    start = active[first]
    beyond = np.append(first[1:], len(active))
    stop = np.append(start[1:], len(records.time)).astype(np.intp)
    cut_within = np.searchsorted(breaks, beyond, side="right") - np.searchsorted(breaks, first, side="left")
    counted = np.full(len(first), np.nan)
    if records.counter is not None:
        counted = np.add.reduceat(records.counter.charge, start) * direction
    running = np.zeros(len(first), dtype=bool)
    running[-1] = records.direction[-1] == direction[-1]
    return HalfCycles(
        direction=direction,
        start=start,
        stop=stop,
        last_active=active[beyond - 1],
        charge=np.add.reduceat(_at(interval.charge, active), first) * direction,
        energy=np.add.reduceat(_at(interval.energy, active), first) * direction,
        seconds=np.add.reduceat(_at(interval.seconds, active), first),
        start_voltage=voltage[first],
        end_voltage=voltage[beyond - 1],
        lowest=np.minimum.reduceat(voltage, first),
        highest=np.maximum.reduceat(voltage, first),
        interrupted=cut_within > 0,
        running=running,
        counted=counted,
        gaps=len(breaks),
        bridged=interval.bridged,
    )
