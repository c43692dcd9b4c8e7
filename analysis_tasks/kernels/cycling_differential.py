"""Differential capacity dQ/dV and differential voltage dV/dQ of chosen cycles, with their peaks as results.

Constant voltage has no dQ/dV and is left out: the integral of each curve is the charge at constant current.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.cycle_choice import choose_cycles
from analysis_tasks.kernels.cycle_pairing import CHARGE
from analysis_tasks.kernels.cycle_tables import COULOMB_PER_MAH
from analysis_tasks.kernels.cycling_records import Prepared, parameters_but, prepare
from analysis_tasks.kernels.differential_capacity import Differential, Peak, differential
from analysis_tasks.kernels.half_cycle_curves import Curve, curves_of
from analysis_tasks.kernels.half_cycles import Floats
from analysis_tasks.kernels.parameters import ParameterError, positive
from analysis_tasks.kernels.program_steps import constant_voltage_from
from core.tables import Column, Table

MOST_SPREAD = 20
# Below this part of the highest dQ/dV, its inverse is noise.
LEAST_FOR_INVERSE = 1e-3

_PARAMETERS = (
    *parameters_but("active_mass_uncertainty", "theoretical_capacity", "one_c"),
    Parameter(
        "cycles",
        "Cycles shown: numbers and words (first, second, last, all, spread) separated by commas.",
        default="first, second, last",
    ),
    Parameter("smoothing", "Standard deviation of the Gaussian.", unit="V", default=0.005),
)


@dataclass(frozen=True, eq=False)
class _Branch:
    """One half cycle of a chosen cycle."""

    cycle: int
    direction: int
    curve: Differential
    peaks: list[Peak]

    @property
    def name(self) -> str:
        return "charge" if self.direction == CHARGE else "discharge"


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel.

    Returns:
        Voltage and, with the mass, height of each peak with the index `{"cycle", "branch", "peak"}`, and the tables
        `differential` and `peaks`.

    Raises:
        NotApplicable: No current flows.
        ParameterError: A parameter cannot be what it is said to be.
    """
    sigma = positive(parameters, "smoothing")
    if sigma is None:
        raise ParameterError("smoothing: a number in V is needed")
    prepared = prepare(inputs, parameters)
    branches = list(_branches(prepared, str(parameters["cycles"]), sigma))
    mass = prepared.test.settings.by.mass
    return Output(
        values=tuple(value for branch in branches for value in _values(branch, mass)),
        tables=(_curves_table(branches, mass), _peaks_table(branches, mass)),
    )


def constant_current(curve: Curve) -> Curve:
    """A half cycle without its constant-voltage tail."""
    end = int(constant_voltage_from(curve.current, curve.voltage, np.zeros(1, dtype=np.intp))[0])
    return Curve(curve.charge[:end], curve.voltage[:end], curve.current[:end])


def _branches(prepared: Prepared, wanted: str, sigma: float) -> Iterator[_Branch]:
    test = prepared.test
    curves = curves_of(prepared.records, test.half)
    for position in choose_cycles(wanted, test.numbers.cycle, most=MOST_SPREAD).tolist():
        for half in range(int(test.cycles.first[position]), int(test.cycles.last[position]) + 1):
            direction = int(test.half.direction[half])
            curve = constant_current(curves.curve(half))
            found = differential(curve.charge, curve.voltage, direction, sigma)
            if found is not None:
                yield _Branch(int(test.numbers.cycle[position]), direction, *found)


def _values(branch: _Branch, mass: float | None) -> Iterator[Value]:
    for number, peak in enumerate(branch.peaks, start=1):
        index: dict[str, int | str] = {"cycle": branch.cycle, "branch": branch.name, "peak": number}
        yield Value("peak_voltage", peak.voltage, peak.voltage_deviation, index)
        if mass is not None:
            per_gram = 1000.0 / mass / COULOMB_PER_MAH
            yield Value("differential_capacity", peak.height * per_gram, peak.height_deviation * per_gram, index)


def _curves_table(branches: list[_Branch], mass: float | None) -> Table:
    def stacked(part: list[Floats]) -> Floats:
        return np.concatenate(part) if part else np.empty(0)

    lengths = [len(branch.curve.voltage) for branch in branches]
    capacity = stacked([branch.curve.capacity for branch in branches]) / COULOMB_PER_MAH
    deviation = stacked([branch.curve.deviation for branch in branches]) / COULOMB_PER_MAH
    inverse = stacked([_inverse(branch.curve.capacity) for branch in branches]) * COULOMB_PER_MAH
    passed = stacked([branch.curve.charge for branch in branches]) / COULOMB_PER_MAH
    columns = [
        Column("cycle", np.repeat(np.array([b.cycle for b in branches], dtype=np.int64), lengths), "", "Cycle"),
        Column("branch", np.repeat(np.array([b.name for b in branches], dtype=str), lengths), "", "Branch"),
        Column("voltage", stacked([branch.curve.voltage for branch in branches]), "V", "Voltage / V"),
        Column("differential_capacity_total", capacity, "mAh/V", "dQ/dV / mAh/V"),
        Column("deviation_total", deviation, "mAh/V", "Standard deviation / mAh/V"),
        Column("capacity_total", passed, "mAh", "Capacity passed / mAh"),
        Column("differential_voltage_total", inverse, "V/mAh", "dV/dQ / V/mAh"),
    ]
    if mass is not None:
        gram = mass / 1000.0
        columns += [
            Column("differential_capacity", capacity / gram, "mAh/g/V", "dQ/dV / mAh/g/V"),
            Column("deviation", deviation / gram, "mAh/g/V", "Standard deviation / mAh/g/V"),
            Column("capacity", passed / gram, "mAh/g", "Capacity passed / mAh/g"),
            Column("differential_voltage", inverse * gram, "V*g/mAh", "dV/dQ / V·g/mAh"),
        ]
    return Table("differential", tuple(columns))


def _inverse(capacity: Floats) -> Floats:
    enough = capacity > LEAST_FOR_INVERSE * capacity.max()
    inverse: Floats = np.divide(1.0, capacity, out=np.full(len(capacity), np.nan), where=enough)
    return inverse


def _peaks_table(branches: list[_Branch], mass: float | None) -> Table:
    rows = [(branch, number, peak) for branch in branches for number, peak in enumerate(branch.peaks, start=1)]
    height = np.array([peak.height for _, _, peak in rows], dtype=np.float64) / COULOMB_PER_MAH
    columns = [
        Column("cycle", np.array([branch.cycle for branch, _, _ in rows], dtype=np.int64), "", "Cycle"),
        Column("branch", np.array([branch.name for branch, _, _ in rows], dtype=str), "", "Branch"),
        Column("peak", np.array([number for _, number, _ in rows], dtype=np.int64), "", "Peak"),
        Column("voltage", np.array([peak.voltage for *_, peak in rows], dtype=np.float64), "V", "Voltage / V"),
        Column(
            "voltage_deviation",
            np.array([peak.voltage_deviation for *_, peak in rows], dtype=np.float64),
            "V",
            "Standard deviation / V",
        ),
        Column("height_total", height, "mAh/V", "dQ/dV / mAh/V"),
    ]
    if mass is not None:
        columns.append(Column("height", height * 1000.0 / mass, "mAh/g/V", "dQ/dV / mAh/g/V"))
    return Table("peaks", tuple(columns))


KERNEL = Kernel(
    name="cycling.differential",
    version="1",
    label="Differential capacity and voltage",
    description=(
        "dQ/dV of each half cycle of the chosen cycles without its constant-voltage part: cumulative maximum of the "
        "voltage on charge, minimum on discharge, charge on a uniform grid of max(2 mV, 3 times the usual step), "
        "derivative and a Gaussian in volts. Standard deviations from 40 bootstrap samples of the residuals with a "
        "fixed seed. dV/dQ is its inverse."
    ),
    techniques=("cycling",),
    tables=("records",),
    parameters=_PARAMETERS,
    yields=("peak_voltage", "differential_capacity"),
    run=run,
    tolerance=1e-7,
)
