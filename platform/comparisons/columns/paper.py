"""The columns of Table S1 that state facts of the records, filled as the paper writes them."""

from __future__ import annotations

from collections.abc import Callable

from comparisons.columns.facts import RowFacts, of_record, of_test, origin_of_result
from comparisons.columns.normalising import mass_and_area
from comparisons.table import ColumnSpec, TableCell
from core.fields import shown
from core.quantities import QuantityError, display_unit
from core.rates import specific_current
from samples.selectors import configuration_text


def _configuration(facts: RowFacts) -> TableCell:
    if facts.cell is None:
        return TableCell()
    return of_record(facts.cell, configuration_text(facts.cell), simulated=facts.cell.simulated)


def _cathode(facts: RowFacts) -> TableCell:
    if facts.cell is None:
        return TableCell()
    words = [
        component.morphology.label
        for layer in facts.cell.layers.all()
        if layer.role == "cathode"
        for component in layer.components.all()
        if component.morphology is not None
    ]
    return of_record(facts.cell, words[0] if words else "", simulated=facts.cell.simulated)


def _temperature(facts: RowFacts) -> TableCell:
    test = facts.measurement
    if test is None:
        return TableCell()
    text = shown(test, "temperature")
    note = (
        f"{text} has no number; it is left out where temperatures are compared."
        if text and test.temperature is None
        else ""
    )
    return of_test(facts, text, value=test.temperature, unit="degC", note=note)


def _current(facts: RowFacts) -> TableCell:
    rate = facts.test.parsed_rate if facts.test else None
    if rate is None:
        return _measured_current(facts)
    try:
        normalised = specific_current(rate, *mass_and_area(facts))
    except QuantityError as error:
        return of_test(facts, rate.text, unit="mA/g", note=str(error))
    return of_test(
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
        return of_test(facts, text, unit="V")
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
    test = facts.measurement
    if test is None:
        return TableCell()
    if test.publication is not None:
        return of_test(facts, test.publication.label)
    return of_test(facts, "simulated" if test.simulated else "this laboratory")


PAPER_COLUMNS: dict[str, tuple[ColumnSpec, Callable[[RowFacts], TableCell]]] = {
    spec.key: (spec, fill)
    for spec, fill in (
        (ColumnSpec("configuration", "Configuration of the solid state battery"), _configuration),
        (ColumnSpec("cathode", "Cathode"), _cathode),
        (ColumnSpec("temperature", "Temperature", "degC"), _temperature),
        (ColumnSpec("current_density", "Current density", "mA/g"), _current),
        (ColumnSpec("voltage_range", "Voltage Range (V)", "V"), _window),
        (ColumnSpec("reference", "Ref."), _reference),
    )
}
"""By key: header and unit, and how it is filled."""
