"""From files and parameters to a paired test: what every kernel of a galvanostatic record begins with.

The half cycles are cut once, here, so that all of them speak of the same cycles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis_tasks.kernels.base import KernelInput, Parameter, ParameterValue
from analysis_tasks.kernels.charge_counter import charge_counter
from analysis_tasks.kernels.continued import CURRENT, TIME, VOLTAGE, continued_records
from analysis_tasks.kernels.cycle_pairing import CONVENTIONS, completeness, find_limits, pair
from analysis_tasks.kernels.cycle_tables import Normalisation, cycle_numbers
from analysis_tasks.kernels.galvanostatic import CyclingTest, Settings
from analysis_tasks.kernels.half_cycles import Records, Rows, flow_direction, half_cycles
from analysis_tasks.kernels.parameters import ParameterError, number, positive
from core.tables import Table

ASSUMED_CONVENTION = "cathode|Li"
# What EC-Lab writes where nobody entered a mass (0.001 g) or an area.
VENDOR_DEFAULT_MASS, VENDOR_DEFAULT_AREA = 1.0, 0.001

PARAMETERS: tuple[Parameter, ...] = (
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
"""What the kernels of a galvanostatic test are told about it; each takes those that it needs."""


def parameters_but(*left_out: str) -> tuple[Parameter, ...]:
    """The common parameters without those that a kernel has no use for."""
    return tuple(parameter for parameter in PARAMETERS if parameter.key not in left_out)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A test that is cut and paired.

    Attributes:
        table: The records as they were read, of all files.
        records: Those with a time, a voltage and a current.
        rows: Row of each of these in `table` where some were left out, else None.
        test: Half cycles, cycles and their numbers.
        doubts: What is doubtful about the parameters.
    """

    table: Table
    records: Records
    rows: Rows | None
    test: CyclingTest
    doubts: tuple[str, ...]

    def column(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
        """Another column of the records, None where the files do not have it."""
        if name not in self.table:
            return None
        values = self.table[name].astype(np.float64, copy=False)
        return values if self.rows is None else values[self.rows]


def prepare(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Prepared:
    """Cuts and pairs the records of one test.

    Args:
        inputs: One dataset with a table `records` (`test_time_second`, `voltage_volt`, `current_ampere`
            positive on charge, and any Battery Data Format charge counters), or the files of one continued
            test.
        parameters: Frozen parameters, of those in `PARAMETERS`.

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
    return Prepared(table, records, rows, test, tuple(doubts))


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
