"""Columns a comparison can have: facts of the records, and every declared quantity.

A column is a function from what is known of a row to a table cell. Table S1 is a list of these keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis_tasks.models import Result
from comparisons.table import ColumnSpec, Origin, TableCell
from core.fields import shown
from core.quantities import QUANTITIES, QuantityError, display_unit, format_value
from core.rates import specific_current
from measurements.models import CellTest
from samples.models import Cell
from samples.selectors import configuration_text

TABLE_S1 = (
    "configuration",
    "cathode",
    "temperature",
    "current_density",
    "voltage_range",
    "initial_discharge_capacity",
    "cycle_count",
    "final_discharge_capacity",
    "reference",
)
"""The nine columns of Table S1, in the paper's order."""

_DIGITS = {"mAh/g": 1, "mA/g": 2, "%": 2, "V": 3, "cycle": 0}
_NEEDS_MASS = "mAh/g"


@dataclass(frozen=True)
class RowFacts:
    """What is known of one row: the cell, the test chosen for it, and that test's results by quantity."""

    cell: Cell
    test: CellTest | None
    results: Mapping[str, Result] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """A column with the function that fills it."""

    spec: ColumnSpec
    fill: Callable[[RowFacts], TableCell]


def column(key: str) -> Column:
    """The column of that key.

    Raises:
        KeyError: There is none; the message lists those of records.
    """
    if key in _RECORD_COLUMNS:
        return _RECORD_COLUMNS[key]
    if key in QUANTITIES:
        return _quantity_column(key)
    raise KeyError(f"no column {key!r}: it is neither a quantity nor one of {', '.join(_RECORD_COLUMNS)}")


def column_keys() -> tuple[str, ...]:
    """Every key a comparison may list."""
    return (*_RECORD_COLUMNS, *(key for key in QUANTITIES if key not in _RECORD_COLUMNS))


def origin_of_result(result: Result) -> Origin:
    """Where a stored number comes from."""
    if result.run is not None:
        return Origin("run", "analysis_tasks.analysisrun", result.run.pk, str(result.run.release), result.simulated)
    if result.publication is not None:
        label = f"{result.publication.label}, {result.locator}"
        return Origin("publication", "samples.publication", result.publication.pk, label, result.simulated)
    return Origin("manual", "analysis_tasks.result", result.pk, f"{result.person}: {result.reason}", result.simulated)


def _of_record(record: Any, text: str, *, simulated: bool, value: float | None = None, unit: str = "") -> TableCell:
    origin = Origin("record", record._meta.label_lower, record.pk, str(record), simulated)
    return TableCell(text, value, unit, origin if text else None)


def _of_test(facts: RowFacts, text: str, *, value: float | None = None, unit: str = "", note: str = "") -> TableCell:
    test = facts.test
    if test is None or not text:
        return TableCell(note=note)
    if test.publication is not None:
        origin = Origin(
            "publication", "samples.publication", test.publication.pk, f"{test.publication}, {test.locator}"
        )
    else:
        origin = Origin("record", "measurements.celltest", test.pk, str(test), test.simulated)
    return TableCell(text, value, unit, origin, note)


def _configuration(facts: RowFacts) -> TableCell:
    return _of_record(facts.cell, configuration_text(facts.cell), simulated=facts.cell.simulated)


def _cathode(facts: RowFacts) -> TableCell:
    words = [
        component.morphology.label
        for layer in facts.cell.layers.all()
        if layer.role == "cathode"
        for component in layer.components.all()
        if component.morphology is not None
    ]
    return _of_record(facts.cell, words[0] if words else "", simulated=facts.cell.simulated)


def _temperature(facts: RowFacts) -> TableCell:
    test = facts.test
    if test is None:
        return TableCell()
    text = shown(test, "temperature")
    note = (
        f"{text} has no number; it is left out where temperatures are compared."
        if text and test.temperature is None
        else ""
    )
    return _of_test(facts, text, value=test.temperature, unit="degC", note=note)


def _current(facts: RowFacts) -> TableCell:
    rate = facts.test.parsed_rate if facts.test else None
    if rate is None:
        return _measured_current(facts)
    try:
        normalised = specific_current(rate, facts.cell.active_mass, facts.cell.electrode_area)
    except QuantityError as error:
        return _of_test(facts, rate.text, unit="mA/g", note=str(error))
    return _of_test(
        facts, rate.text, value=normalised.value, unit="mA/g", note="" if normalised.value else normalised.reason
    )


def _measured_current(facts: RowFacts) -> TableCell:
    """Where nobody wrote the rate down, the current that the run found in the data."""
    found = facts.results.get("specific_current") or facts.results.get("areal_current_density")
    if found is None:
        return TableCell()
    value = found.value if found.unit == "mA/g" else None
    text = f"{found.value:.3g} {display_unit(found.unit)}"
    return TableCell(text, value, "mA/g", origin_of_result(found), "As found in the data.", (found.pk,))


def _window(facts: RowFacts) -> TableCell:
    test = facts.test
    if test is None:
        return TableCell()
    known = test.lower_voltage is not None and test.upper_voltage is not None
    text = test.window_text or (f"{test.lower_voltage:g}-{test.upper_voltage:g}" if known else "")
    if text:
        return _of_test(facts, text, unit="V")
    return _measured_window(facts)


def _measured_window(facts: RowFacts) -> TableCell:
    """Where nobody wrote the window down, the limits that the run found in the data."""
    lower, upper = facts.results.get("lower_cutoff_voltage"), facts.results.get("upper_cutoff_voltage")
    if lower is None or upper is None:
        return TableCell()
    text = f"{lower.value:.2f}-{upper.value:.2f}"
    found = (lower.pk, upper.pk)
    return TableCell(text, None, "V", origin_of_result(lower), "As found in the data.", found)


def _reference(facts: RowFacts) -> TableCell:
    test = facts.test
    if test is None:
        return TableCell()
    if test.publication is not None:
        return _of_test(facts, test.publication.label)
    return _of_test(facts, "simulated" if test.simulated else "this laboratory")


def _quantity_column(key: str) -> Column:
    entry = QUANTITIES[key]
    unit = display_unit(entry.unit)
    label = f"{entry.label} ({unit})" if unit and unit != "1" else entry.label
    return Column(ColumnSpec(key, _PAPER_LABELS.get(key, label), entry.unit), lambda facts: _quantity(facts, key))


def _quantity(facts: RowFacts, key: str) -> TableCell:
    result = facts.results.get(key)
    unit = QUANTITIES[key].unit
    if result is None:
        return TableCell(unit=unit, note=_why_missing(facts, unit))
    text = result.text or _formatted(result.value, unit)
    return TableCell(text, result.value, unit, origin_of_result(result), results=(result.pk,))


def _formatted(value: float, unit: str) -> str:
    digits = _DIGITS.get(unit)
    return f"{value:.{digits}f}" if digits is not None else format_value(value, "")


def _why_missing(facts: RowFacts, unit: str) -> str:
    if facts.test is None:
        return "This cell has no test with results yet."
    if unit == _NEEDS_MASS and facts.cell.active_mass is None and facts.test.publication is None:
        return "The cell has no active mass, so capacity per mass cannot be computed. Enter it on the cell."
    return ""


_PAPER_LABELS = {
    "initial_discharge_capacity": "Initial Capacity (mAh/g)",
    "cycle_count": "Cycles",
    "final_discharge_capacity": "Final Capacity (mAh/g)",
}

_RECORD_COLUMNS: dict[str, Column] = {
    spec.key: Column(spec, fill)
    for spec, fill in (
        (ColumnSpec("configuration", "Configuration of the solid state battery"), _configuration),
        (ColumnSpec("cathode", "Cathode"), _cathode),
        (ColumnSpec("temperature", "Temperature", "degC"), _temperature),
        (ColumnSpec("current_density", "Current density", "mA/g"), _current),
        (ColumnSpec("voltage_range", "Voltage Range (V)", "V"), _window),
        (ColumnSpec("reference", "Ref."), _reference),
    )
}
