"""Polarisation of each cycle: charge less discharge voltage at equal states, V_ch(z) - V_dis(1 - z).

z is the fraction of each branch's own charge, so that losses of charge between the branches do not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.cycle_pairing import CHARGE
from analysis_tasks.kernels.galvanostatic import CyclingTest
from analysis_tasks.kernels.half_cycle_curves import Curves
from analysis_tasks.kernels.half_cycles import Floats

# 0.1 to 0.9, its middle exactly 0.5.
FRACTIONS = np.linspace(0.1, 0.9, 33)


@dataclass(frozen=True, eq=False)
class Polarisation:
    """One entry per cycle in V, NaN where a branch is missing, incomplete or in parts.

    Attributes:
        half_way: At z = 0.5.
        mean: Mean over z = 0.1 to 0.9.
    """

    half_way: Floats
    mean: Floats


def polarisation(test: CyclingTest, curves: Curves) -> Polarisation:
    """The polarisation of every cycle, by bisection in the running sum of the charge."""
    cycles = test.cycles
    whole = np.flatnonzero(cycles.complete & (cycles.last == cycles.first + 1))
    half_way, mean = np.full(len(cycles), np.nan), np.full(len(cycles), np.nan)
    if len(whole):
        opens = test.half.direction[cycles.first[whole]] == CHARGE
        charge = np.where(opens, cycles.first[whole], cycles.last[whole])
        discharge = np.where(opens, cycles.last[whole], cycles.first[whole])
        difference = curves.voltage_at(charge, FRACTIONS) - curves.voltage_at(discharge, 1.0 - FRACTIONS)
        half_way[whole] = difference[:, len(FRACTIONS) // 2]
        mean[whole] = np.trapezoid(difference, FRACTIONS, axis=1) / (FRACTIONS[-1] - FRACTIONS[0])
    return Polarisation(half_way, mean)
