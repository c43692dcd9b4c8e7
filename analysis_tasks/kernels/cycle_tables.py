"""The two tables of a cycling run: one row per cycle and one row per half cycle, with units and labels.

What nobody can know (a missing branch, a mass that was not recorded) is NaN or a column that is not there,
never 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.cycle_pairing import CHARGE, Convention, Cycles
from analysis_tasks.kernels.half_cycles import Floats, HalfCycles, Records, Rows
from core.tables import Column, Table

COULOMB_PER_MAH = 3.6
JOULE_PER_MWH = 3.6

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Normalisation:
    """What capacities are divided by where it is known.

    Attributes:
        mass: Active mass in mg.
        mass_uncertainty: Its standard uncertainty in mg.
        area: Electrode area in cm².
    """

    mass: float | None
    mass_uncertainty: float | None
    area: float | None

    def specific(self, total: Floats) -> Floats | None:
        """Capacity in mAh/g from mAh, energy in Wh/kg (mWh/g) from mWh."""
        return None if self.mass is None else total * 1000.0 / self.mass

    def areal(self, total: Floats) -> Floats | None:
        """Capacity in mAh/cm² from mAh, energy in mWh/cm² from mWh."""
        return None if self.area is None else total / self.area


@dataclass(frozen=True, eq=False)
class CycleNumbers:
    """Per-cycle numbers in mAh, mWh, V, mA and %; NaN where a cycle does not have them."""

    cycle: Integers
    charge: Floats
    discharge: Floats
    charge_energy: Floats
    discharge_energy: Floats
    coulombic_efficiency: Floats
    inter_cycle_efficiency: Floats
    energy_efficiency: Floats
    mean_charge_voltage: Floats
    mean_discharge_voltage: Floats
    polarisation: Floats
    charge_current: Floats
    discharge_current: Floats


def cycle_numbers(cycles: Cycles, convention: Convention, offset: int) -> CycleNumbers:
    """Capacities, energies, efficiencies and mean values of each cycle.

    Mean voltage is energy over charge, so that rests do not count; polarisation is the difference of the two
    means. Efficiencies need both branches complete. The inter-cycle efficiency is the next charge over this
    discharge.
    """
    whole = cycles.complete
    charge, discharge = cycles.charge / COULOMB_PER_MAH, cycles.discharge / COULOMB_PER_MAH
    given_back = _ratio(charge, discharge) if convention.first != CHARGE else _ratio(discharge, charge)
    energy_given_back = _ratio(cycles.discharge_energy, cycles.charge_energy)
    next_charge = np.append(np.where(cycles.charge_complete, charge, np.nan)[1:], np.nan)
    mean_charge = _ratio(cycles.charge_energy, cycles.charge)
    mean_discharge = _ratio(cycles.discharge_energy, cycles.discharge)
    efficient = whole & convention.efficiency
    return CycleNumbers(
        cycle=cycles.number + offset,
        charge=charge,
        discharge=discharge,
        charge_energy=cycles.charge_energy / JOULE_PER_MWH,
        discharge_energy=cycles.discharge_energy / JOULE_PER_MWH,
        coulombic_efficiency=np.where(efficient, 100.0 * given_back, np.nan),
        inter_cycle_efficiency=np.where(
            cycles.discharge_complete & convention.efficiency, 100.0 * _ratio(next_charge, discharge), np.nan
        ),
        energy_efficiency=np.where(efficient, 100.0 * energy_given_back, np.nan),
        mean_charge_voltage=mean_charge,
        mean_discharge_voltage=mean_discharge,
        polarisation=np.where(whole, mean_charge - mean_discharge, np.nan),
        charge_current=1000.0 * _ratio(cycles.charge, cycles.charge_seconds),
        discharge_current=1000.0 * _ratio(cycles.discharge, cycles.discharge_seconds),
    )


def _ratio(upper: Floats, lower: Floats) -> Floats:
    """Element-wise quotient, NaN where the divisor is 0 or unknown."""
    quotient: Floats = np.divide(upper, lower, out=np.full(len(upper), np.nan), where=lower > 0)
    return quotient


def cycles_table(cycles: Cycles, numbers: CycleNumbers, half: HalfCycles, records: Records, by: Normalisation) -> Table:
    """One row per cycle, in the order of the record."""

    def columns() -> Iterator[Column]:
        yield Column("cycle", numbers.cycle, "", "Cycle")
        for name, word, values in (
            ("charge_capacity", "Charge capacity", numbers.charge),
            ("discharge_capacity", "Discharge capacity", numbers.discharge),
        ):
            yield Column(f"{name}_total", values, "mAh", f"{word} / mAh")
            specific, areal = by.specific(values), by.areal(values)
            if specific is not None:
                yield Column(name, specific, "mAh/g", f"{word} / mAh/g")
            if areal is not None:
                yield Column(f"{name}_areal", areal, "mAh/cm^2", f"{word} / mAh/cm²")
        for name, word, values in (
            ("charge_energy", "Charge energy", numbers.charge_energy),
            ("discharge_energy", "Discharge energy", numbers.discharge_energy),
        ):
            yield Column(name, values, "mWh", f"{word} / mWh")
            specific, areal = by.specific(values), by.areal(values)
            if specific is not None:
                yield Column(f"{name}_specific", specific, "Wh/kg", f"{word} / Wh/kg")
            if areal is not None:
                yield Column(f"{name}_areal", areal, "mWh/cm^2", f"{word} / mWh/cm²")
        yield Column("coulombic_efficiency", numbers.coulombic_efficiency, "%", "Coulombic efficiency / %")
        yield Column("inter_cycle_efficiency", numbers.inter_cycle_efficiency, "%", "Inter-cycle efficiency / %")
        yield Column("energy_efficiency", numbers.energy_efficiency, "%", "Energy efficiency / %")
        yield Column("mean_charge_voltage", numbers.mean_charge_voltage, "V", "Mean charge voltage / V")
        yield Column("mean_discharge_voltage", numbers.mean_discharge_voltage, "V", "Mean discharge voltage / V")
        yield Column("polarisation", numbers.polarisation, "V", "Polarisation / V")
        yield Column("upper_cutoff_voltage", cycles.highest, "V", "Highest voltage / V")
        yield Column("lower_cutoff_voltage", cycles.lowest, "V", "Lowest voltage / V")
        yield Column("charge_current", numbers.charge_current, "mA", "Mean charge current / mA")
        yield Column("discharge_current", numbers.discharge_current, "mA", "Mean discharge current / mA")
        yield Column("start_time", records.time[half.start[cycles.first]], "s", "Start / s")
        yield Column("end_time", records.time[half.last_active[cycles.last]], "s", "End / s")
        yield Column("complete", cycles.complete, "", "Complete")

    return Table("cycles", tuple(columns()))


def half_cycles_table(
    *,
    half: HalfCycles,
    complete: Flags,
    cycles: Cycles,
    numbers: CycleNumbers,
    records: Records,
    rows: Rows | None,
) -> Table:
    """One row per half cycle.

    Args:
        half: The half cycles.
        complete: Which of them ran to their end.
        cycles: The cycles that they make up.
        numbers: The numbers of those cycles, offset included.
        records: The records that were cut.
        rows: Row of each of those in the dataset's own table where some were left out, else None.
    """
    belongs = np.repeat(numbers.cycle, cycles.last - cycles.first + 1)
    first_row, last_row = half.start, half.last_active
    if rows is not None:
        first_row, last_row = rows[first_row], rows[last_row]
    columns = (
        Column("half_cycle", np.arange(1, len(half) + 1, dtype=np.int64), "", "Half cycle"),
        Column("cycle", belongs, "", "Cycle"),
        Column("direction", np.where(half.direction == CHARGE, "charge", "discharge"), "", "Direction"),
        Column("capacity_total", half.charge / COULOMB_PER_MAH, "mAh", "Capacity / mAh"),
        Column("counted_capacity_total", half.counted / COULOMB_PER_MAH, "mAh", "Capacity by the cycler / mAh"),
        Column("energy", half.energy / JOULE_PER_MWH, "mWh", "Energy / mWh"),
        Column("mean_voltage", _ratio(half.energy, half.charge), "V", "Mean voltage / V"),
        Column("start_voltage", half.start_voltage, "V", "First voltage / V"),
        Column("end_voltage", half.end_voltage, "V", "Last voltage / V"),
        Column("lowest_voltage", half.lowest, "V", "Lowest voltage / V"),
        Column("highest_voltage", half.highest, "V", "Highest voltage / V"),
        Column("mean_current", 1000.0 * _ratio(half.charge, half.seconds), "mA", "Mean current / mA"),
        Column("start_time", records.time[half.start], "s", "Start / s"),
        Column("end_time", records.time[half.last_active], "s", "End / s"),
        Column("seconds", half.seconds, "s", "Time under current / s"),
        Column("first_row", first_row.astype(np.int64), "", "First record"),
        Column("last_row", last_row.astype(np.int64), "", "Last record with current"),
        Column("interrupted", half.interrupted, "", "Interrupted"),
        Column("complete", complete, "", "Complete"),
    )
    return Table("half_cycles", columns)
