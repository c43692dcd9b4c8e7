"""What is known about a galvanostatic test once its cycles are paired: the ground for its numbers and its warnings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.cycle_pairing import CHARGE, CUTOFF_TOLERANCE, Convention, Cycles, Limits
from analysis_tasks.kernels.cycle_tables import CycleNumbers, Flags, Normalisation
from analysis_tasks.kernels.half_cycles import HalfCycles

EQUAL_RATE = 0.10


@dataclass(frozen=True)
class Settings:
    """The parameters of a run, checked."""

    by: Normalisation
    convention: Convention
    convention_name: str
    theoretical: float | None
    one_c: float | None
    upper: float | None
    lower: float | None
    resolution: float
    offset: int


@dataclass(frozen=True, eq=False)
class CyclingTest:
    """Everything that is known about the test when its numbers are chosen."""

    settings: Settings
    half: HalfCycles
    half_complete: Flags
    limits: Limits
    cycles: Cycles
    numbers: CycleNumbers

    def first_and_last(self, direction: int) -> tuple[int, int] | None:
        """Positions of the first and last cycle whose branch counts: complete, and not of cycle 0."""
        whole = self.cycles.charge_complete if direction == CHARGE else self.cycles.discharge_complete
        positions = np.flatnonzero(whole & (self.cycles.number > 0))
        return (int(positions[0]), int(positions[-1])) if len(positions) else None


def differences(test: CyclingTest, first: int, last: int) -> list[str]:
    """Why the last discharge cannot be compared with the first: another rate, or another voltage window."""
    found = []
    current = test.numbers.discharge_current
    if abs(current[last] - current[first]) > EQUAL_RATE * current[first]:
        found.append(f"current {current[first]:.4g} mA and {current[last]:.4g} mA")
    for word, voltage in (("upper", test.cycles.highest), ("lower", test.cycles.lowest)):
        if abs(voltage[last] - voltage[first]) > 2 * CUTOFF_TOLERANCE:
            found.append(f"{word} voltage {voltage[first]:.3f} V and {voltage[last]:.3f} V")
    return found
