"""Capacities, efficiencies and voltages of a galvanostatic test, per cycle and for the comparison table.

Half cycles come from `half_cycles`, cycles from `cycle_pairing`, the tables from `cycle_tables`; here the
pieces are put together and the numbers of the test are chosen from its cycles. `cycling_warnings` says what looks
wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.charge_counter import charge_counter
from analysis_tasks.kernels.continued import CURRENT, TIME, VOLTAGE, continued_records
from analysis_tasks.kernels.cycle_pairing import (
    CHARGE,
    CONVENTIONS,
    DISCHARGE,
    completeness,
    find_limits,
    pair,
)
from analysis_tasks.kernels.cycle_tables import (
    Normalisation,
    cycle_numbers,
    cycles_table,
    half_cycles_table,
)
from analysis_tasks.kernels.cycling_warnings import warnings_of
from analysis_tasks.kernels.galvanostatic import CyclingTest, Settings, differences
from analysis_tasks.kernels.half_cycles import Records, Rows, flow_direction, half_cycles
from analysis_tasks.kernels.parameters import ParameterError, number, positive
from core.tables import Table

ASSUMED_CONVENTION = "cathode|Li"
# What EC-Lab writes where nobody entered a mass (0.001 g) or an area.
VENDOR_DEFAULT_MASS, VENDOR_DEFAULT_AREA = 1.0, 0.001

_PARAMETERS = (
    Parameter("active_mass", "Mass of the active material.", unit="mg", source="cell.active_mass"),
    Parameter(
        "active_mass_uncertainty",
        "Standard uncertainty of the active mass.",
        unit="mg",
        source="cell.active_mass_uncertainty",
    ),
    Parameter("electrode_area", "Geometric area of the electrode.", unit="cm^2", source="cell.electrode_area"),
    Parameter(
        "convention",
        "Kind of cell, which decides how half cycles are paired and what coulombic efficiency means; "
        f"{ASSUMED_CONVENTION} is assumed where it is not given.",
        source="cell.cell_type",
        choices=tuple(CONVENTIONS),
    ),
    Parameter(
        "theoretical_capacity",
        "Theoretical capacity of the active material, n F / (3.6 M).",
        unit="mAh/g",
        source="material.theoretical_capacity",
    ),
    Parameter("one_c", "Capacity that the lab calls 1C, per hour.", unit="mAh/g", source="test.one_c"),
    Parameter("upper_cutoff_voltage", "Upper limit of the test.", unit="V", source="test.upper_cutoff_voltage"),
    Parameter("lower_cutoff_voltage", "Lower limit of the test.", unit="V", source="test.lower_cutoff_voltage"),
    Parameter("current_resolution", "Smallest current that the instrument can tell from 0.", unit="mA", default=0.0),
    Parameter("cycle_offset", "Cycles made before this record began.", default=0, source="test.cycle_offset"),
)

_YIELDS = (
    *(
        f"{moment}_{branch}_capacity{basis}"
        for moment in ("initial", "final")
        for branch in ("discharge", "charge")
        for basis in ("_total", "", "_areal")
    ),
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
    table = continued_records(inputs)
    settings, doubts = _settings(parameters)
    records, rows = _records(table, settings.resolution)
    half = half_cycles(records)
    limits = find_limits(half, settings.upper, settings.lower)
    half_complete = completeness(half, limits)
    cycles = pair(half, half_complete, settings.convention)
    numbers = cycle_numbers(cycles, settings.convention, settings.offset)
    test = CyclingTest(settings, half, half_complete, limits, cycles, numbers)
    return Output(
        values=tuple(_values(test)),
        tables=(
            cycles_table(cycles, numbers, half, records, settings.by),
            half_cycles_table(
                half=half, complete=half_complete, cycles=cycles, numbers=numbers, records=records, rows=rows
            ),
        ),
        warnings=(*doubts, *_joined(inputs), *_damaged(table, records), *warnings_of(test)),
    )


def _settings(parameters: Mapping[str, ParameterValue]) -> tuple[Settings, list[str]]:
    """Checked parameters, and what is doubtful about them."""
    doubts = []
    mass, area = positive(parameters, "active_mass"), positive(parameters, "electrode_area")
    if mass == VENDOR_DEFAULT_MASS:
        doubts.append(
            "an active mass of exactly 1 mg (0.001 g) is what EC-Lab writes when none was entered: it is "
            "not used; enter the weighed mass"
        )
        mass = None
    if area == VENDOR_DEFAULT_AREA:
        doubts.append(
            "an electrode area of exactly 0.001 cm² is what EC-Lab writes when none was entered: it is not "
            "used; enter the real area"
        )
        area = None
    uncertainty = number(parameters, "active_mass_uncertainty")
    if uncertainty is not None and uncertainty < 0:
        raise ParameterError(f"active_mass_uncertainty: {uncertainty:g} mg is below 0")
    name = parameters.get("convention")
    if name is None:
        doubts.append(f"the kind of cell is not stated: {ASSUMED_CONVENTION} is assumed for pairing and efficiency")
    chosen = ASSUMED_CONVENTION if name is None else str(name)
    upper, lower = number(parameters, "upper_cutoff_voltage"), number(parameters, "lower_cutoff_voltage")
    if upper is not None and lower is not None and upper <= lower:
        raise ParameterError(f"upper_cutoff_voltage: {upper:g} V is not above the lower one, {lower:g} V")
    settings = Settings(
        by=Normalisation(mass, uncertainty, area),
        convention=CONVENTIONS[chosen],
        convention_name=chosen,
        theoretical=positive(parameters, "theoretical_capacity"),
        one_c=positive(parameters, "one_c"),
        upper=upper,
        lower=lower,
        resolution=(number(parameters, "current_resolution") or 0.0) / 1000.0,
        offset=int(parameters.get("cycle_offset") or 0),
    )
    return settings, doubts


def _records(table: Table, resolution: float) -> tuple[Records, Rows | None]:
    """The columns without rows that lack a number, and which rows those are where some were left out."""
    rows = None
    finite = np.isfinite(table[TIME]) & np.isfinite(table[VOLTAGE]) & np.isfinite(table[CURRENT])
    if not finite.all():
        rows = np.flatnonzero(finite)
        table = Table(table.name, tuple(replace(column, values=column.values[rows]) for column in table))
    time, voltage, current = (table[name].astype(np.float64, copy=False) for name in (TIME, VOLTAGE, CURRENT))
    direction = flow_direction(current, resolution)
    return Records(time, voltage, current, direction, charge_counter(table, direction)), rows


def _values(test: CyclingTest) -> Iterator[Value]:
    """The numbers of the test."""
    discharges, charges = test.first_and_last(DISCHARGE), test.first_and_last(CHARGE)
    for branch, found, capacities in (
        ("discharge", discharges, test.numbers.discharge),
        ("charge", charges, test.numbers.charge),
    ):
        for moment, position in zip(("initial", "final"), found or (), strict=False):
            yield from _capacity(f"{moment}_{branch}_capacity", float(capacities[position]), test.settings.by)
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


def _capacity(key: str, total: float, by: Normalisation) -> Iterator[Value]:
    """One capacity in mAh, and per mass and area where they are known."""
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
    version="1",
    label="Capacity and efficiency per cycle",
    description=(
        "Cuts the record into half cycles by the direction of the current, integrates charge and energy by "
        "the trapezoidal rule and pairs half cycles by the convention of the cell. Initial and final "
        "capacity are those of the first and the last complete discharge that follows a charge."
    ),
    techniques=("cycling",),
    tables=("records",),
    parameters=_PARAMETERS,
    yields=_YIELDS,
    run=run,
)
