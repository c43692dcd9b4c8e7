"""Capacities, efficiencies and voltages of a galvanostatic test, per cycle and for the comparison table.

Half cycles and cycles come from `cycling_records`, the tables from `cycle_tables`; here the numbers of the test are
chosen from its cycles. `cycling_warnings` says what looks wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, ParameterValue, Value
from analysis_tasks.kernels.cycle_pairing import CHARGE, DISCHARGE
from analysis_tasks.kernels.cycle_tables import Normalisation, cycles_table, half_cycles_table
from analysis_tasks.kernels.cycling_records import PARAMETERS, prepare
from analysis_tasks.kernels.cycling_warnings import warnings_of
from analysis_tasks.kernels.galvanostatic import CyclingTest, differences
from analysis_tasks.kernels.half_cycles import Records
from core.tables import Table


def _amounts(what: str) -> tuple[str, ...]:
    return tuple(
        f"{moment}_{branch}_{what}{basis}"
        for moment in ("initial", "final")
        for branch in ("discharge", "charge")
        for basis in ("_total", "", "_areal")
    )


_YIELDS = (
    *_amounts("capacity"),
    "cycle_count",
    "capacity_retention",
    "coulombic_efficiency",
    "energy_efficiency",
    "mean_charge_voltage",
    "mean_discharge_voltage",
    "polarisation",
    "upper_cutoff_voltage",
    "lower_cutoff_voltage",
    "specific_current",
    "areal_current_density",
    "c_rate",
    "utilisation",
    "utilisation_of_one_c",
    *_amounts("energy"),
)


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel.

    Args:
        inputs: One dataset with a table `records` (`test_time_second`, `voltage_volt`, `current_ampere`
            positive on charge, and any Battery Data Format charge counters), or the files of one continued
            test.
        parameters: Frozen parameters (see `KERNEL.parameters`).

    Returns:
        The test's numbers and the tables `cycles` and `half_cycles`.

    Raises:
        NotApplicable: No current flows.
        ParameterError: A mass, an area or another parameter cannot be what it is said to be.
    """
    prepared = prepare(inputs, parameters)
    test, records = prepared.test, prepared.records
    return Output(
        values=tuple(_values(test)),
        tables=(
            cycles_table(test.cycles, test.numbers, test.half, records, test.settings.by),
            half_cycles_table(
                half=test.half,
                complete=test.half_complete,
                cycles=test.cycles,
                numbers=test.numbers,
                records=records,
                rows=prepared.rows,
            ),
        ),
        warnings=(*prepared.doubts, *_joined(inputs), *_damaged(prepared.table, records), *warnings_of(test)),
    )


def _values(test: CyclingTest) -> Iterator[Value]:
    """The numbers of the test."""
    discharges, charges = test.first_and_last(DISCHARGE), test.first_and_last(CHARGE)
    numbers = test.numbers
    for branch, found, capacities, energies in (
        ("discharge", discharges, numbers.discharge, numbers.discharge_energy),
        ("charge", charges, numbers.charge, numbers.charge_energy),
    ):
        for moment, position in zip(("initial", "final"), found or (), strict=False):
            yield from _amount(f"{moment}_{branch}_capacity", float(capacities[position]), test.settings.by)
            yield from _amount(f"{moment}_{branch}_energy", float(energies[position]), test.settings.by)
    if discharges is not None:
        yield from _of_discharges(test, *discharges)
    yield from _of_cycles(test)
    for key, extreme, direction in (
        ("upper_cutoff_voltage", test.half.highest, CHARGE),
        ("lower_cutoff_voltage", test.half.lowest, DISCHARGE),
    ):
        ended = extreme[test.half_complete & (test.half.direction == direction)]
        if len(ended):
            yield Value(key, float(np.median(ended)))


def _amount(key: str, total: float, by: Normalisation) -> Iterator[Value]:
    """One capacity in mAh or energy in mWh, and per mass (mAh/g, Wh/kg) and area where they are known.

    A cell whose voltage is below 0 throughout gives no energy back: what is negative is no energy of that branch.
    """
    if total < 0:
        return
    yield Value(f"{key}_total", total)
    if by.mass is not None:
        specific = total * 1000.0 / by.mass
        yield Value(key, specific, _from_mass(specific, by))
    if by.area is not None:
        yield Value(f"{key}_areal", total / by.area)


def _from_mass(value: float, by: Normalisation) -> float | None:
    """Standard uncertainty of something divided by the active mass, from that of the mass alone."""
    if by.mass is None or by.mass_uncertainty is None:
        return None
    return value * by.mass_uncertainty / by.mass


def _of_discharges(test: CyclingTest, first: int, last: int) -> Iterator[Value]:
    """Numbers that come from the first and the last complete discharge."""
    settings, by, discharge = test.settings, test.settings.by, test.numbers.discharge
    yield Value("cycle_count", float(test.numbers.cycle[last]))
    if last > first and not differences(test, first, last):
        yield Value("capacity_retention", 100.0 * float(discharge[last] / discharge[first]))
    current = float(test.numbers.discharge_current[first])
    if by.area is not None:
        yield Value("areal_current_density", current / by.area)
    if by.mass is None:
        return
    per_gram, initial = current * 1000.0 / by.mass, float(discharge[first]) * 1000.0 / by.mass
    yield Value("specific_current", per_gram, _from_mass(per_gram, by))
    for key, value, reference in (
        ("c_rate", per_gram, settings.one_c),
        ("utilisation_of_one_c", 100.0 * initial, settings.one_c),
        ("utilisation", 100.0 * initial, settings.theoretical),
    ):
        if reference is not None:
            yield Value(key, value / reference, _from_mass(value / reference, by))


def _of_cycles(test: CyclingTest) -> Iterator[Value]:
    """Efficiencies and mean voltages of the first and the last complete cycle; the table has all."""
    whole = np.flatnonzero(test.cycles.complete & (test.cycles.number > 0))
    numbers = test.numbers
    for position in sorted({int(whole[0]), int(whole[-1])}) if len(whole) else ():
        for key, values in (
            ("coulombic_efficiency", numbers.coulombic_efficiency),
            ("energy_efficiency", numbers.energy_efficiency),
            ("mean_charge_voltage", numbers.mean_charge_voltage),
            ("mean_discharge_voltage", numbers.mean_discharge_voltage),
            ("polarisation", numbers.polarisation),
        ):
            if np.isfinite(values[position]):
                yield Value(key, float(values[position]), index={"cycle": int(numbers.cycle[position])})


def _joined(inputs: tuple[KernelInput, ...]) -> Iterator[str]:
    if len(inputs) > 1:
        yield f"{len(inputs)} files are read as one continued test, each beginning when the one before ends"


def _damaged(table: Table, records: Records) -> Iterator[str]:
    lost = len(table) - len(records.time)
    if lost:
        yield f"{lost} of {len(table)} records lack a time, a voltage or a current and are left out"


KERNEL = Kernel(
    name="cycling.capacity",
    version="2",
    label="Capacity and efficiency per cycle",
    description=(
        "Cuts the record into half cycles by the direction of the current, integrates charge and energy by "
        "the trapezoidal rule and pairs half cycles by the convention of the cell. Initial and final "
        "capacity and energy are those of the first and the last complete discharge that follows a charge."
    ),
    techniques=("cycling",),
    tables=("records",),
    parameters=PARAMETERS,
    yields=_YIELDS,
    run=run,
)
