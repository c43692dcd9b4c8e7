"""The quantities the platform knows, and reading values of them.

Records, kernels and doors name a quantity by its key; its unit, range and meaning are looked up here only.
Run as a program (`PYTHONPATH=platform python -m core.quantities`) it prints docs/reference/quantities.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from core.quantity_table import SECTIONS, TABLE, Quantity
from core.units import Measured, QuantityError, convert, display_unit, fits, format_uncertain, format_value, parse

__all__ = [
    "QUANTITIES",
    "Measured",
    "Quantity",
    "QuantityError",
    "UnknownQuantity",
    "convert",
    "display_unit",
    "fits",
    "format_uncertain",
    "format_value",
    "parse",
    "quantities_markdown",
    "quantity",
    "read_quantity",
]

QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType({entry.key: entry for entry in TABLE})


class UnknownQuantity(KeyError):
    """Nobody declared a quantity of this key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.near = get_close_matches(key, QUANTITIES, n=3)
        super().__init__(key)

    def __str__(self) -> str:
        hint = f"; did you mean {', '.join(self.near)}?" if self.near else ""
        return f'"{self.key}" is not a known quantity{hint}'


def quantity(key: str) -> Quantity:
    """The quantity of a key.

    Raises:
        UnknownQuantity: There is none; the message lists near names.
    """
    try:
        return QUANTITIES[key]
    except KeyError:
        raise UnknownQuantity(key) from None


def read_quantity(key: str, text: str | float, *, what: str = "") -> Measured:
    """Read a value of a quantity, in its canonical unit and within its range.

    Args:
        key: Key of the quantity, such as `active_mass`.
        text: What was entered, such as `2.10 mg`.
        what: What the value is, for messages; the label of the quantity where empty.

    Raises:
        UnknownQuantity: No such quantity.
        QuantityError: Not a value of this quantity, or out of its range.
    """
    entry = quantity(key)
    measured = parse(text, entry.unit, what=what or _name(entry))
    if entry.minimum is not None and measured.value < entry.minimum:
        raise _beyond(what or _name(entry), entry, measured, f"below {entry.minimum:g}")
    if entry.maximum is not None and measured.value > entry.maximum:
        raise _beyond(what or _name(entry), entry, measured, f"above {entry.maximum:g}")
    return measured


def quantities_markdown() -> str:
    """The reference page of all quantities, as docs/reference/quantities.md holds it."""
    lines = [
        "# Quantities",
        "",
        "Every number of the platform is a value of one of these quantities, stored in the unit given here.",
        "Fields accept any fitting unit (`973 K` for a temperature); the text that was entered is kept.",
        "A label that is a link leads to the same quantity in EMMO.",
        "",
        "Made by `PYTHONPATH=platform python -m core.quantities > docs/reference/quantities.md`.",
    ]
    for title, entries in SECTIONS:
        lines += [
            "",
            f"## {title}",
            "",
            "| key | label | symbol | unit | range | meaning |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_row(entry) for entry in entries]
    return "\n".join(lines) + "\n"


def _beyond(name: str, entry: Quantity, measured: Measured, side: str) -> QuantityError:
    bound = f"{side} {display_unit(entry.unit)}".rstrip()
    return QuantityError(f'{name}: "{measured.text}" is {bound}, which cannot be')


def _name(entry: Quantity) -> str:
    """The label within a sentence: `active mass`, but `N/P ratio`."""
    first, rest = entry.label[:1], entry.label[1:]
    return first.lower() + rest if rest[:1].islower() else entry.label


def _row(entry: Quantity) -> str:
    unit = display_unit(entry.unit) or "1"
    label = f"[{entry.label}]({entry.iri})" if entry.iri else entry.label
    cells = (f"`{entry.key}`", label, entry.symbol, unit, _range(entry), entry.description)
    return f"| {' | '.join(cells)} |"


def _range(entry: Quantity) -> str:
    low, high = entry.minimum, entry.maximum
    if low is None and high is None:
        return ""
    if high is None:
        return f"≥ {low:g}"
    return f"{low:g} to {high:g}" if low is not None else f"≤ {high:g}"


if __name__ == "__main__":
    sys.stdout.write(quantities_markdown())
