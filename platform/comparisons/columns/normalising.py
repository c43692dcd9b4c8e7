"""Currents and capacities per active mass, per electrode area or of the whole cell, where mass and area are known."""

from __future__ import annotations

from comparisons.columns.facts import RowFacts
from comparisons.table import TableCell
from core.quantities import QuantityError, display_unit, format_value
from core.rates import areal_current, parse_rate, specific_current

_FAMILIES = (
    {"mass": "mAh/g", "area": "mAh/cm^2", "total": "mAh"},
    {"mass": "mA/g", "area": "mA/cm^2", "total": "mA"},
)
_PER_GRAM = 1_000.0


def unit_for(unit: str, per: str) -> str:
    """The unit that a normalisation gives a column of this unit; empty where it gives none."""
    return next((family.get(per, "") for family in _FAMILIES if unit in family.values()), "")


def can_become(unit: str, target: str) -> bool:
    """Whether mass and area turn one unit into the other."""
    return any({unit, target} <= set(family.values()) for family in _FAMILIES)


def value_of(value: float, unit: str, target: str, facts: RowFacts) -> float:
    """A current or capacity in another normalisation.

    Args:
        value: In `unit`.
        unit: One of mAh/g, mAh/cm^2 and mAh, or of mA/g, mA/cm^2 and mA.
        target: Another one of them.
        facts: With the cell's active mass in mg and electrode area in cm².

    Raises:
        QuantityError: Mass or area are not known; the message says which.
    """
    said = f"{format_value(value, unit)} has no value in {display_unit(target)}"
    total = value * _divisor(unit, facts, said)
    return total / _divisor(target, facts, said)


def from_text(cell: TableCell, facts: RowFacts, target: str) -> float:
    """A current that has no number in its column's unit, from the text it was stated with.

    Raises:
        QuantityError: It cannot be known; the message says why.
    """
    rate = facts.test.parsed_rate if facts.test is not None else None
    if rate is None or target not in ("mA/g", "mA/cm^2") or cell.text != rate.text:
        raise QuantityError(cell.note or f"{cell.text} has no value in {display_unit(target)}.")
    convert = specific_current if target == "mA/g" else areal_current
    found = convert(parse_rate(cell.text), *mass_and_area(facts))
    if found.value is None:
        raise QuantityError(found.reason)
    return found.value


def mass_and_area(facts: RowFacts) -> tuple[float | None, float | None]:
    """Active mass in mg and electrode area in cm² of the row's cell, where they are known."""
    return (facts.cell.active_mass, facts.cell.electrode_area) if facts.cell is not None else (None, None)


def _divisor(unit: str, facts: RowFacts, said: str) -> float:
    """What a total is divided by to have this unit: g, cm² or nothing."""
    mass, area = mass_and_area(facts)
    if unit.endswith("/g"):
        return _known(mass, f"{said}: the active mass of {facts.subject} is not known.") / _PER_GRAM
    if unit.endswith("/cm^2"):
        return _known(area, f"{said}: the electrode area of {facts.subject} is not known.")
    return 1.0


def _known(value: float | None, otherwise: str) -> float:
    if value is None or not value > 0:
        raise QuantityError(otherwise)
    return value
