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
    """

    key: str
    label: str
    symbol: str
    unit: str
    description: str
    iri: str = ""
    minimum: float | None = None
    maximum: float | None = None


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
    return (
        positive(key, label, symbol, "mAh/g", f"{description}, per mass of active material."),
        positive(f"{key}_total", f"{label} (total)", symbol.upper(), "mAh", f"{description}, of the whole cell."),
        positive(
            f"{key}_areal",
            f"{label} (areal)",
            f"{symbol}_A",
            "mAh/cm^2",
            f"{description}, per electrode area.",
        ),
    )


def energies(key: str, label: str, symbol: str, description: str) -> tuple[Quantity, ...]:
    """An energy per active mass, as such (`_total`) and per electrode area (`_areal`); Wh/kg is mWh/g."""
    return (
        positive(key, label, symbol, "Wh/kg", f"{description}, per mass of active material."),
        positive(f"{key}_total", f"{label} (total)", symbol.upper(), "mWh", f"{description}, of the whole cell."),
        positive(
            f"{key}_areal",
            f"{label} (areal)",
            f"{symbol}_A",
            "mWh/cm^2",
            f"{description}, per electrode area.",
        ),
    )


def resistances(key: str, label: str, symbol: str, description: str) -> tuple[Quantity, ...]:
    """A resistance and the same times the electrode area (`_areal`)."""
    return (
        positive(key, label, symbol, "ohm", f"{description}."),
        positive(f"{key}_areal", f"{label} (areal)", f"{symbol}·A", "ohm*cm^2", f"{description}, times the area."),
    )
