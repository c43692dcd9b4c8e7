"""Capacity against rate: the blocks of consecutive cycles that were discharged at one current."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis_tasks.kernels.base import Value
from analysis_tasks.kernels.galvanostatic import EQUAL_RATE, CyclingTest
from analysis_tasks.kernels.half_cycles import Floats, Rows
from core.tables import Column, Table

# More blocks are a current that wanders, not a test of rates: they are in the table only.
MOST_BLOCKS = 40


def blocks_of_rate(test: CyclingTest) -> list[Rows]:
    """Positions of the complete discharges of each block; a block ends where the current changes by 10 %."""
    chosen = np.flatnonzero(test.cycles.discharge_complete & (test.cycles.number > 0))
    current = test.numbers.discharge_current[chosen]
    blocks: list[Rows] = []
    begin = 0
    for place in range(1, len(chosen) + 1):
        if place == len(chosen) or abs(current[place] - current[begin]) > EQUAL_RATE * current[begin]:
            blocks.append(chosen[begin:place])
            begin = place
    return blocks


def rate_values(test: CyclingTest, blocks: list[Rows]) -> Iterator[Value]:
    """Current and mean discharge capacity of each block, where there are several."""
    if not 1 < len(blocks) <= MOST_BLOCKS:
        return
    by = test.settings.by
    for number, (current, capacity, rate) in enumerate(zip(*_numbers(test, blocks), strict=True), start=1):
        index = {"block": number, "cycle": int(test.numbers.cycle[blocks[number - 1][0]])}
        yield Value("discharge_capacity_total", capacity, index=index)
        if by.mass is not None:
            yield Value("discharge_capacity", capacity * 1000.0 / by.mass, index=index)
            yield Value("specific_current", current * 1000.0 / by.mass, index=index)
        if by.area is not None:
            yield Value("discharge_capacity_areal", capacity / by.area, index=index)
        yield Value("c_rate", rate, index=index)


def rate_table(test: CyclingTest, blocks: list[Rows]) -> Table:
    """One row per block."""
    by, cycle = test.settings.by, test.numbers.cycle
    current, capacity, rate = _numbers(test, blocks)
    columns = [
        Column("block", np.arange(1, len(blocks) + 1, dtype=np.int64), "", "Block"),
        Column("first_cycle", np.array([cycle[block[0]] for block in blocks]), "", "First cycle"),
        Column("last_cycle", np.array([cycle[block[-1]] for block in blocks]), "", "Last cycle"),
        Column("current", current, "mA", "Discharge current / mA"),
        Column("c_rate", rate, "1/h", "C-rate / 1/h"),
        Column("discharge_capacity_total", capacity, "mAh", "Mean discharge capacity / mAh"),
    ]
    for name, unit, label, values in (
        ("discharge_capacity", "mAh/g", "Mean discharge capacity / mAh/g", by.specific(capacity)),
        ("discharge_capacity_areal", "mAh/cm^2", "Mean discharge capacity / mAh/cm²", by.areal(capacity)),
        ("specific_current", "mA/g", "Specific current / mA/g", by.specific(current)),
    ):
        if values is not None:
            columns.append(Column(name, values, unit, label))
    slowest = capacity[int(np.argmin(current))]
    columns.append(Column("of_slowest", 100.0 * capacity / slowest, "%", "Of the capacity at the slowest rate / %"))
    return Table("rates", tuple(columns))


def _numbers(test: CyclingTest, blocks: list[Rows]) -> tuple[Floats, Floats, Floats]:
    """Per block: mean current in mA, mean capacity in mAh, and rate in 1/h.

    The rate is that of the 1C convention where it and the mass are known, else current over the first capacity.
    """
    numbers, settings = test.numbers, test.settings
    current = np.array([numbers.discharge_current[block].mean() for block in blocks])
    capacity = np.array([numbers.discharge[block].mean() for block in blocks])
    if settings.one_c is not None and settings.by.mass is not None:
        return current, capacity, current * 1000.0 / settings.by.mass / settings.one_c
    return current, capacity, current / float(numbers.discharge[blocks[0][0]])
