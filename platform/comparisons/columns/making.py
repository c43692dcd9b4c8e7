"""From the text of a column to a function that fills it: any quantity or field, in the unit and digits asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches

from analysis_tasks.models import Result
from comparisons.column_text import ColumnText, read_column
from comparisons.columns import normalising, records
from comparisons.columns.facts import Column, RowFacts, origin_of_result
from comparisons.columns.paper import PAPER_COLUMNS
from comparisons.table import ColumnSpec, TableCell
from core.quantities import QUANTITIES, QuantityError, display_unit, format_value
from core.units import convert, fits
from measurements.models import CellTest, Technique
from samples.models import Cell, Process, Sample

Fill = Callable[[RowFacts], TableCell]
DIGITS = {"mAh/g": 1, "mA/g": 2, "%": 2, "V": 3, "cycle": 0}
_NEEDS_MASS = "mAh/g"
_PAPER_LABELS = {
    "initial_discharge_capacity": "Initial Capacity (mAh/g)",
    "cycle_count": "Cycles",
    "final_discharge_capacity": "Final Capacity (mAh/g)",
}


def column(text: str, per: str = "") -> Column:
    """The column that a text asks for.

    Args:
        text: As `comparisons.column_text` describes it.
        per: Normalisation that is asked of currents and capacities; a unit in the text goes before it.

    Raises:
        KeyError: There is none; the message says what there is.
    """
    asked = read_column(text)
    spec, fill = _found(asked)
    target = asked.unit or normalising.unit_for(spec.unit, per)
    if target and target != spec.unit:
        if not (fits(target, spec.unit) or normalising.can_become(spec.unit, target)):
            raise KeyError(f"{text[:60]!r}: {spec.label} is in {spec.unit or 'no unit'}, which cannot become {target}")
        fill = _in_unit(fill, spec.unit, target)
        spec = ColumnSpec(spec.key, _header(_bare(spec), target), target)
    if asked.digits is not None:
        fill = _with_digits(fill, asked.digits)
    return Column(ColumnSpec(text, asked.label or spec.label, spec.unit), fill, _aggregate(asked))


def _aggregate(asked: ColumnText) -> str:
    """How rows of a group become one; which end is the best is the quantity's to say."""
    if asked.aggregate != "best":
        return asked.aggregate
    return "min" if asked.key in QUANTITIES and QUANTITIES[asked.key].less_is_better else "max"


def column_keys() -> tuple[str, ...]:
    """Every key a column of the row itself may have."""
    keys = (*PAPER_COLUMNS, *QUANTITIES, *records.CELL_FIELDS, *records.TEST_FIELDS)
    return tuple(dict.fromkeys(keys))


def quantities_of(texts: list[str]) -> set[str]:
    """Quantities of the row's own test that these columns show."""
    read = [read_column(text) for text in texts]
    return {one.key for one in read if one.where == "own" and one.key in QUANTITIES}


def _found(asked: ColumnText) -> tuple[ColumnSpec, Fill]:
    if asked.where == "own":
        return _own(asked)
    if asked.where == "field":
        key = asked.key
        return ColumnSpec(key, key.replace("_", " ").capitalize()), lambda facts: records.project_field(facts, key)
    if asked.where == "process":
        return _of_process(asked)
    if asked.where == "measurement":
        return _of_measurement(asked)
    return _of_sample(asked)


def _own(asked: ColumnText) -> tuple[ColumnSpec, Fill]:
    key = asked.key
    if key in PAPER_COLUMNS:
        return PAPER_COLUMNS[key]
    is_field = key in records.CELL_FIELDS or key in records.TEST_FIELDS
    if key in QUANTITIES:
        return _quantity_spec(key), (lambda facts: _field_or_result(facts, key)) if is_field else _result_of(key)
    if is_field:
        model = Cell if key in records.CELL_FIELDS else CellTest
        unit, label = records.unit_and_label(model, key)
        return ColumnSpec(key, _header(label, unit), unit), lambda facts: records.own_field(facts, key)
    raise KeyError(f"no column {key!r}: it is neither a quantity nor a field of cells and their tests{_near(key)}")


def _of_process(asked: ColumnText) -> tuple[ColumnSpec, Fill]:
    kind, key = asked.which, asked.key
    if kind not in Process.Kind.values:
        raise KeyError(f"{kind[:40]!r} is no kind of process; there are {', '.join(Process.Kind.values)}")
    if key not in records.PROCESS_KEYS:
        raise KeyError(f"processes have no {key!r}; there are {', '.join(records.PROCESS_KEYS)}")
    unit, label = records.process_unit_and_label(key)
    spec = ColumnSpec(key, _header(f"{label} of {kind}", unit), unit)
    return spec, lambda facts: records.process_field(facts, kind, key)


def _of_sample(asked: ColumnText) -> tuple[ColumnSpec, Fill]:
    which, key = asked.which, asked.key
    if asked.where == "kind" and which not in Sample.Kind.values:
        raise KeyError(f"{which[:40]!r} is no kind of sample; there are {', '.join(Sample.Kind.values)}")
    if key not in records.SAMPLE_KEYS:
        raise KeyError(f"samples have no {key!r}; there are {', '.join(records.SAMPLE_KEYS)}")
    unit, label = records.sample_unit_and_label(key)
    spec = ColumnSpec(key, _header(f"{label} of {which.replace('_', ' ')}", unit), unit)
    return spec, lambda facts: records.sample_field(facts, asked.where, which, key)


def _of_measurement(asked: ColumnText) -> tuple[ColumnSpec, Fill]:
    technique, key = asked.which, asked.key
    if technique not in Technique.values:
        raise KeyError(f"{technique[:40]!r} is no technique; there are {', '.join(Technique.values)}")
    if key not in QUANTITIES:
        raise KeyError(f"no quantity {key!r}{_near(key)}")
    spec = _quantity_spec(key)

    def _fill(facts: RowFacts) -> TableCell:
        result = facts.measured.get(technique, {}).get(key)
        if result is None:
            return TableCell(unit=spec.unit, note=f"{facts.subject} has no {technique} measurement with this result.")
        return of_result(result)

    return ColumnSpec(key, f"{spec.label}, {technique}", spec.unit), _fill


def _quantity_spec(key: str) -> ColumnSpec:
    entry = QUANTITIES[key]
    return ColumnSpec(key, _PAPER_LABELS.get(key, _header(entry.label, entry.unit)), entry.unit)


def _field_or_result(facts: RowFacts, key: str) -> TableCell:
    told = records.own_field(facts, key)
    return told if told.text else _result_of(key)(facts)


def _result_of(key: str) -> Fill:
    unit = QUANTITIES[key].unit

    def _fill(facts: RowFacts) -> TableCell:
        result = facts.results.get(key)
        return TableCell(unit=unit, note=_why_missing(facts, unit)) if result is None else of_result(result)

    return _fill


def of_result(result: Result) -> TableCell:
    """A stored number as it is shown: as reported or entered, else with the digits of its unit."""
    unit = QUANTITIES[result.quantity].unit
    text = result.text or formatted(result.value, unit)
    return TableCell(text, result.value, unit, origin_of_result(result), results=(result.pk,))


def formatted(value: float, unit: str, digits: int | None = None) -> str:
    """A number with the digits asked for, else the usual ones of its unit."""
    decimals = DIGITS.get(unit) if digits is None else digits
    return f"{value:.{decimals}f}" if decimals is not None else format_value(value, "")


def _why_missing(facts: RowFacts, unit: str) -> str:
    if facts.measurement is None:
        return "This cell has no test with results yet." if facts.cell else "No measurement has this result yet."
    if unit == _NEEDS_MASS and facts.cell and facts.cell.active_mass is None and facts.measurement.publication is None:
        return "The cell has no active mass, so capacity per mass cannot be computed. Enter it on the cell."
    return ""


def _in_unit(fill: Fill, unit: str, target: str) -> Fill:
    """The same in another unit; where mass or area are missing, as it is with the reason."""

    def _fill(facts: RowFacts) -> TableCell:
        cell = fill(facts)
        if not cell.text and not cell.note:
            return replace(cell, unit=target)
        try:
            if cell.value is None:
                value = normalising.from_text(cell, facts, target)
            elif fits(target, unit):
                value = convert(cell.value, unit, target)
            else:
                value = normalising.value_of(cell.value, unit, target, facts)
        except QuantityError as error:
            return replace(cell, value=None, unit=target, note=str(error))
        return replace(cell, text=formatted(value, target), value=value, unit=target)

    return _fill


def _with_digits(fill: Fill, digits: int) -> Fill:
    def _fill(facts: RowFacts) -> TableCell:
        cell = fill(facts)
        return cell if cell.value is None else replace(cell, text=f"{cell.value:.{digits}f}")

    return _fill


def _header(label: str, unit: str) -> str:
    shown = display_unit(unit)
    return f"{label} ({shown})" if shown and shown != "1" else label


def _bare(spec: ColumnSpec) -> str:
    return spec.label.removesuffix(f" ({display_unit(spec.unit)})")


def _near(key: str) -> str:
    near = get_close_matches(key, column_keys(), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""
