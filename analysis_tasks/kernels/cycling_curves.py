"""Charge and discharge curves of chosen cycles, voltage over capacity, thinned for a figure.

Kept are records of the file, never points between them: evenly spread in charge and in voltage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue
from analysis_tasks.kernels.cycle_choice import choose_cycles
from analysis_tasks.kernels.cycle_pairing import CHARGE
from analysis_tasks.kernels.cycle_tables import COULOMB_PER_MAH
from analysis_tasks.kernels.cycling_records import Prepared, parameters_but, prepare
from analysis_tasks.kernels.half_cycle_curves import Curve, curves_of
from analysis_tasks.kernels.half_cycles import Floats, Rows
from analysis_tasks.kernels.parameters import ParameterError
from core.tables import Column, Table

MOST_SPREAD = 60
FEWEST_POINTS = 10

_PARAMETERS = (
    *parameters_but("active_mass_uncertainty", "theoretical_capacity", "one_c"),
    Parameter(
        "cycles",
        f"Cycles shown: numbers and words (first, second, last, all, spread: up to {MOST_SPREAD} evenly) separated by "
        "commas.",
        default="first, second, spread, last",
    ),
    Parameter("points", "Most points per half cycle.", default=160),
)


@dataclass(frozen=True, eq=False)
class _Branch:
    """A thinned half cycle of a cycle."""

    cycle: int
    name: str
    capacity: Floats
    voltage: Floats


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel.

    Returns:
        No numbers, and the table `curves`.

    Raises:
        NotApplicable: No current flows.
        ParameterError: A parameter cannot be what it is said to be.
    """
    points = int(parameters["points"] or 0)
    if points < FEWEST_POINTS:
        raise ParameterError(f"points: {points} is below {FEWEST_POINTS}")
    prepared = prepare(inputs, parameters)
    return Output((), (_table(_branches(prepared, str(parameters["cycles"]), points), prepared),))


def thinned(curve: Curve, points: int) -> Rows:
    """Places of the records to keep: half of them even in charge, half even in the voltage's cumulative travel."""
    if len(curve.charge) <= points:
        return np.arange(len(curve.charge))
    travel = np.append(0.0, np.cumsum(np.abs(np.diff(curve.voltage))))
    places = [np.searchsorted(along, np.linspace(along[0], along[-1], points // 2)) for along in (curve.charge, travel)]
    kept: Rows = np.unique(np.minimum(np.concatenate(places), len(curve.charge) - 1))
    return kept


def _branches(prepared: Prepared, wanted: str, points: int) -> list[_Branch]:
    test = prepared.test
    curves = curves_of(prepared.records, test.half)
    branches = []
    for position in choose_cycles(wanted, test.numbers.cycle, most=MOST_SPREAD).tolist():
        for half in range(int(test.cycles.first[position]), int(test.cycles.last[position]) + 1):
            curve = curves.curve(half)
            kept = thinned(curve, points)
            name = "charge" if test.half.direction[half] == CHARGE else "discharge"
            capacity = curve.charge[kept] / COULOMB_PER_MAH
            branches.append(_Branch(int(test.numbers.cycle[position]), name, capacity, curve.voltage[kept]))
    return branches


def _table(branches: list[_Branch], prepared: Prepared) -> Table:
    lengths = [len(branch.capacity) for branch in branches]
    capacity = np.concatenate([branch.capacity for branch in branches]) if branches else np.empty(0)
    voltage = np.concatenate([branch.voltage for branch in branches]) if branches else np.empty(0)
    columns = [
        Column("cycle", np.repeat(np.array([b.cycle for b in branches], dtype=np.int64), lengths), "", "Cycle"),
        Column("branch", np.repeat(np.array([b.name for b in branches], dtype=str), lengths), "", "Branch"),
        Column("voltage", voltage, "V", "Voltage / V"),
        Column("capacity_total", capacity, "mAh", "Capacity / mAh"),
    ]
    by = prepared.test.settings.by
    for name, unit, label, values in (
        ("capacity", "mAh/g", "Capacity / mAh/g", by.specific(capacity)),
        ("capacity_areal", "mAh/cm^2", "Capacity / mAh/cm²", by.areal(capacity)),
    ):
        if values is not None:
            columns.append(Column(name, values, unit, label))
    return Table("curves", tuple(columns))


KERNEL = Kernel(
    name="cycling.curves",
    version="1",
    label="Charge and discharge curves",
    description=(
        "Voltage over the charge passed in each half cycle of the chosen cycles, thinned to records that are evenly "
        "spread in charge and in voltage."
    ),
    techniques=("cycling",),
    tables=("records",),
    parameters=_PARAMETERS,
    yields=(),
    run=run,
)
