"""Steps of a galvanostatic test, resistance where the current steps, polarisation, and capacity against rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.current_steps import CurrentSteps, current_steps
from analysis_tasks.kernels.cycle_pairing import CHARGE
from analysis_tasks.kernels.cycle_tables import COULOMB_PER_MAH, JOULE_PER_MWH
from analysis_tasks.kernels.cycling_records import Prepared, parameters_but, prepare
from analysis_tasks.kernels.half_cycle_curves import curves_of
from analysis_tasks.kernels.half_cycles import Floats, Records, Rows, intervals
from analysis_tasks.kernels.parameters import ParameterError, number
from analysis_tasks.kernels.polarisation import Polarisation, polarisation
from analysis_tasks.kernels.program_steps import MODES, Steps, program_steps
from analysis_tasks.kernels.rate_capability import blocks_of_rate, rate_table, rate_values
from core.tables import Column, Table

_PARAMETERS = (
    *parameters_but("active_mass_uncertainty", "theoretical_capacity"),
    Parameter(
        "delay",
        "Time after a step of the current at which its resistance is taken; where the next record comes later, the "
        "time of that record.",
        unit="s",
        default=1.0,
    ),
)


@dataclass(frozen=True, eq=False)
class _Edges:
    """Changes of the current with the cycle and branch that they belong to.

    Attributes:
        found: The changes.
        cycle: Position of the cycle.
        charges: Whether the branch is a charge.
        starts: Whether the branch begins there (from rest or the other branch); else it ends in a rest.
    """

    found: CurrentSteps
    cycle: Rows
    charges: np.ndarray[tuple[int], np.dtype[np.bool_]]
    starts: np.ndarray[tuple[int], np.dtype[np.bool_]]


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel.

    Returns:
        Resistance and ohmic drop at the steps of the first and the last complete cycle, their polarisation, capacity
        per rate where several occur, and the tables `steps`, `current_steps`, `polarisation` and, with several rates,
        `rates`.

    Raises:
        NotApplicable: No current flows, or it follows a load profile.
        ParameterError: A parameter cannot be what it is said to be.
    """
    delay = number(parameters, "delay") or 0.0
    if delay < 0:
        raise ParameterError(f"delay: {delay:g} s is below 0")
    prepared = prepare(inputs, parameters)
    test, records = prepared.test, prepared.records
    charge, energy = _charge_and_energy(records)
    steps = program_steps(records, charge, energy, prepared.column("step_count"))
    del energy  # millions of records are room that the rest can use
    of_cycle = cycle_of_rows(prepared, steps.begin)
    edges = _edges(steps, current_steps(records, steps, delay), of_cycle)
    drops = polarisation(test, curves_of(records, test.half, charge))
    blocks = blocks_of_rate(test)
    values = (
        *_step_values(prepared, edges),
        *_polarisation_values(prepared, drops),
        *rate_values(test, blocks),
    )
    tables: tuple[Table, ...] = (
        _steps_table(prepared, steps, of_cycle),
        _edges_table(prepared, steps, edges),
        _polarisation_table(prepared, drops),
    )
    if len(blocks) > 1:
        tables = (*tables, rate_table(test, blocks))
    return Output(values, tables, tuple(_doubts(edges, delay)))


def _charge_and_energy(records: Records) -> tuple[Floats, Floats]:
    interval = intervals(records)
    return interval.charge, interval.energy


def cycle_of_rows(prepared: Prepared, rows: Rows) -> Rows:
    """Position of the cycle that each row belongs to; what comes before the first belongs to it."""
    test = prepared.test
    half = np.maximum(np.searchsorted(test.half.start, rows, side="right") - 1, 0)
    found: Rows = (np.searchsorted(test.cycles.first, half, side="right") - 1).astype(np.intp)
    return found


def _edges(steps: Steps, found: CurrentSteps, of_cycle: Rows) -> _Edges:
    into, out_of = steps.direction[found.step], steps.direction[found.step - 1]
    branch = np.where(into != 0, into, out_of)
    cycle = np.where(into != 0, of_cycle[found.step], of_cycle[found.step - 1])
    return _Edges(found, cycle, branch == CHARGE, (into != 0) & (into != out_of))


def _shown(prepared: Prepared) -> list[int]:
    """Positions of the first and the last complete cycle."""
    cycles = prepared.test.cycles
    whole = np.flatnonzero(cycles.complete & (cycles.number > 0))
    return sorted({int(whole[0]), int(whole[-1])}) if len(whole) else []


def _step_values(prepared: Prepared, edges: _Edges) -> Iterator[Value]:
    """The first change into each branch of the cycle and the last out of it into rest."""
    area, numbers = prepared.test.settings.by.area, prepared.test.numbers
    resistance = edges.found.resistance
    for position in _shown(prepared):
        for charges, branch in ((True, "charge"), (False, "discharge")):
            for starts, edge in ((True, "start"), (False, "end")):
                places = np.flatnonzero(
                    (edges.cycle == position) & (edges.charges == charges) & (edges.starts == starts)
                )
                if not len(places):
                    continue
                place = int(places[0] if starts else places[-1])
                index: dict[str, int | str] = {"cycle": int(numbers.cycle[position]), "branch": branch, "edge": edge}
                yield Value("ohmic_drop", abs(float(edges.found.voltage[place])), index=index)
                if resistance[place] >= 0:
                    yield Value("step_resistance", float(resistance[place]), index=index)
                    if area is not None:
                        yield Value("step_resistance_areal", float(resistance[place]) * area, index=index)


def _polarisation_values(prepared: Prepared, drops: Polarisation) -> Iterator[Value]:
    for position in _shown(prepared):
        cycle = int(prepared.test.numbers.cycle[position])
        for name, values in (("z = 0.5", drops.half_way), ("mean of 0.1 to 0.9", drops.mean)):
            if np.isfinite(values[position]):
                yield Value("polarisation", float(values[position]), index={"cycle": cycle, "at": name})


def _steps_table(prepared: Prepared, steps: Steps, of_cycle: Rows) -> Table:
    records, settings = prepared.records, prepared.test.settings
    last = steps.end - 1
    capacity = np.abs(steps.charge) / COULOMB_PER_MAH
    specific = settings.by.specific(capacity)
    hours = steps.seconds / 3600.0
    mean = np.divide(steps.charge / 3.6, hours, out=np.zeros(len(steps)), where=hours > 0)
    first_row, last_row = steps.begin, last
    if prepared.rows is not None:
        first_row, last_row = prepared.rows[first_row], prepared.rows[last_row]
    direction = np.array(["discharge", "rest", "charge"])[steps.direction + 1]
    columns = [
        Column("step", np.arange(1, len(steps) + 1, dtype=np.int64), "", "Step"),
        Column("cycle", prepared.test.numbers.cycle[of_cycle], "", "Cycle"),
        Column("direction", direction, "", "Direction"),
        Column("mode", np.array(MODES)[steps.mode], "", "Mode"),
        Column("start_time", records.time[steps.begin], "s", "Start / s"),
        Column("seconds", steps.seconds, "s", "Duration / s"),
        Column("start_voltage", records.voltage[steps.begin], "V", "First voltage / V"),
        Column("end_voltage", records.voltage[last], "V", "Last voltage / V"),
        Column("mean_current", mean, "mA", "Mean current / mA"),
        Column("end_current", 1000.0 * records.current[last], "mA", "Last current / mA"),
        Column("capacity_total", capacity, "mAh", "Capacity / mAh"),
        Column("energy", np.abs(steps.energy) / JOULE_PER_MWH, "mWh", "Energy / mWh"),
        Column("first_row", first_row.astype(np.int64), "", "First record"),
        Column("last_row", last_row.astype(np.int64), "", "Last record"),
    ]
    if specific is not None:
        columns.insert(11, Column("capacity", specific, "mAh/g", "Capacity / mAh/g"))
    return Table("steps", tuple(columns))


def _edges_table(prepared: Prepared, steps: Steps, edges: _Edges) -> Table:
    found, area = edges.found, prepared.test.settings.by.area
    resistance = found.resistance
    columns = [
        Column("step", (found.step + 1).astype(np.int64), "", "Step"),
        Column("cycle", prepared.test.numbers.cycle[edges.cycle], "", "Cycle"),
        Column("branch", np.where(edges.charges, "charge", "discharge"), "", "Branch"),
        Column("edge", np.where(edges.starts, "start", "end or change"), "", "Edge"),
        Column("time", prepared.records.time[steps.begin[found.step]], "s", "Time / s"),
        Column("voltage_before", prepared.records.voltage[steps.begin[found.step] - 1], "V", "Voltage before / V"),
        Column("voltage_step", found.voltage, "V", "Voltage step / V"),
        Column("current_step", 1000.0 * found.current, "mA", "Current step / mA"),
        Column("delay", found.delay, "s", "Delay / s"),
        Column("resistance", resistance, "ohm", "Resistance / Ω"),
    ]
    if area is not None:
        columns.append(Column("resistance_areal", resistance * area, "ohm*cm^2", "Resistance / Ω·cm²"))
    return Table("current_steps", tuple(columns))


def _polarisation_table(prepared: Prepared, drops: Polarisation) -> Table:
    return Table(
        "polarisation",
        (
            Column("cycle", prepared.test.numbers.cycle, "", "Cycle"),
            Column("half_way", drops.half_way, "V", "Polarisation at z = 0.5 / V"),
            Column("mean", drops.mean, "V", "Mean polarisation, z = 0.1 to 0.9 / V"),
        ),
    )


def _doubts(edges: _Edges, delay: float) -> Iterator[str]:
    used: Floats = edges.found.delay
    if len(used) and float(np.median(used)) > 1.5 * max(delay, 1e-12):
        yield (
            f"records follow a step of the current after {float(np.median(used)):.4g} s, so resistances are those "
            f"after that time and not after {delay:g} s"
        )


KERNEL = Kernel(
    name="cycling.steps",
    version="1",
    label="Steps, resistance and rate capability",
    description=(
        "Cuts the record into the steps of its program (constant current, constant voltage, rest), takes the "
        "resistance [V(t0 + d) - V(t0)] / [I(t0 + d) - I(t0)] at every step of the current, the polarisation "
        "V_ch(z) - V_dis(1 - z) at equal fractions of each branch's own charge, and the capacity of every block of "
        "cycles at one rate."
    ),
    techniques=("cycling",),
    tables=("records",),
    parameters=_PARAMETERS,
    yields=(
        "step_resistance",
        "step_resistance_areal",
        "ohmic_drop",
        "polarisation",
        "discharge_capacity",
        "discharge_capacity_total",
        "discharge_capacity_areal",
        "specific_current",
        "c_rate",
    ),
    run=run,
)
