"""What a quantity is, and the few manners in which quantities are declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """One quantity.

    Attributes:
        key: Its name everywhere, such as `ionic_conductivity`.
        label: Its name for people.
        symbol: Its symbol in formulas.
        unit: The canonical unit, in ASCII: values are stored in it.
        description: What it is, in one line.
        iri: Its address in EMMO or BattINFO, empty where none is certain.
        minimum: Smallest possible value, None where there is none.
        maximum: Largest possible value, None where there is none.
        less_is_better: Whether the smallest of several values is the best.
    """

    key: str
    label: str
    symbol: str
    unit: str
    description: str
    iri: str = ""
    minimum: float | None = None
    maximum: float | None = None
    less_is_better: bool = False


def positive(key: str, label: str, symbol: str, unit: str, description: str) -> Quantity:
    """A quantity that cannot be negative."""
    return Quantity(key, label, symbol, unit, description, minimum=0.0)


def share(key: str, label: str, symbol: str, unit: str, description: str) -> Quantity:
    """A part of a whole: 0 to 1, or 0 to 100 %."""
    return Quantity(key, label, symbol, unit, description, minimum=0.0, maximum=100.0 if unit == "%" else 1.0)


def temperature(key: str, label: str, symbol: str, description: str) -> Quantity:
    """An absolute temperature: not below absolute zero."""
    return Quantity(key, label, symbol, "degC", description, minimum=-273.15)


def capacities(key: str, label: str, symbol: str, description: str) -> tuple[Quantity, ...]:
    """A capacity per active mass, as such (`_total`) and per electrode area (`_areal`)."""
    return _per_mass_and_area(key, label, symbol, description, ("mAh/g", "mAh", "mAh/cm^2"))


def energies(key: str, label: str, symbol: str, description: str) -> tuple[Quantity, ...]:
    """An energy per active mass, as such (`_total`) and per electrode area (`_areal`); Wh/kg is mWh/g."""
    return _per_mass_and_area(key, label, symbol, description, ("Wh/kg", "mWh", "mWh/cm^2"))


def _per_mass_and_area(
    key: str, label: str, symbol: str, description: str, units: tuple[str, str, str]
) -> tuple[Quantity, ...]:
    per_mass, total, per_area = units
    return (
        positive(key, label, symbol, per_mass, f"{description}, per mass of active material."),
        positive(f"{key}_total", f"{label} (total)", symbol.upper(), total, f"{description}, of the whole cell."),
        positive(f"{key}_areal", f"{label} (areal)", f"{symbol}_A", per_area, f"{description}, per electrode area."),
    )


def resistances(key: str, label: str, symbol: str, description: str) -> tuple[Quantity, ...]:
    """A resistance and the same times the electrode area (`_areal`)."""
    return (
        positive(key, label, symbol, "ohm", f"{description}."),
        positive(f"{key}_areal", f"{label} (areal)", f"{symbol}·A", "ohm*cm^2", f"{description}, times the area."),
    )
