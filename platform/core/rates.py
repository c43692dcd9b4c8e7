"""Currents as people state them: a C-rate with its 1C convention, per mass, per area, or in mA.

A C-rate without its convention is no current, and a current per area is none per mass without a loading. So a
rate is kept as entered and normalised as far as mass and area allow, else with the reason in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from core.units import QuantityError, fits, format_value, parse, plain_text, unit_of

RateKind = Literal["c_rate", "specific", "areal", "absolute"]

UNITS: Final[dict[RateKind, str]] = {
    "c_rate": "1/h",
    "specific": "mA/g",
    "areal": "mA/cm^2",
    "absolute": "mA",
}

_EXAMPLES: Final = "0.05 C (1C = 180 mA/g), C/20, 9 mA/g, 5 µA/cm² or 0.12 mA"
_NUMBER: Final = r"[0-9.,][0-9.,eE+\-]*"
_C_RATE: Final = re.compile(
    rf"(?:(?P<multiple>{_NUMBER})\s*C|1\s*/\s*(?P<part>{_NUMBER})\s*C|C\s*/\s*(?P<hours>{_NUMBER}))"
    r"(?:\s*[(\[,;@]?\s*1\s*C\s*=\s*(?P<one_c>[^()\[\]]+?)\s*[)\]]?)?"
)


@dataclass(frozen=True)
class Rate:
    """A current as it was stated.

    Attributes:
        kind: What it is counted by.
        value: The number: multiples of 1C, mA/g, mA/cm² or mA.
        one_c: What 1C means in mA/g, for a C-rate that says so; else None.
        text: What was entered, untouched.
    """

    kind: RateKind
    value: float
    one_c: float | None
    text: str


@dataclass(frozen=True)
class Normalised:
    """A current in another unit, or why there is none.

    Attributes:
        value: The current, None where it cannot be known.
        reason: How it was computed, or what is missing.
    """

    value: float | None
    reason: str


def parse_rate(text: str) -> Rate:
    """Read a current as people and papers write it.

    Raises:
        QuantityError: Neither a C-rate nor a positive current; or a 1C convention that is not in mA/g.
    """
    plain = plain_text(text)
    if match := _C_RATE.fullmatch(plain):
        one_c = None if match["one_c"] is None else _one_c(match["one_c"], text)
        return Rate("c_rate", _multiple(match, text), one_c, text)
    unit = unit_of(plain)
    for kind in ("specific", "areal", "absolute"):
        if fits(unit, UNITS[kind]):
            return Rate(kind, _positive(parse(plain, UNITS[kind], what="current").value, text), None, text)
    raise QuantityError(f'current: "{text}" is not a current; write it as {_EXAMPLES}')


def format_rate(rate: Rate) -> str:
    """The rate in full precision and one spelling, such as `0.05 C (1C = 180 mA/g)`."""
    if rate.kind != "c_rate":
        return f"{rate.value!r} {UNITS[rate.kind]}"
    convention = "" if rate.one_c is None else f" (1C = {rate.one_c!r} mA/g)"
    return f"{rate.value!r} C{convention}"


def specific_current(rate: Rate, active_mass_mg: float | None = None, area_cm2: float | None = None) -> Normalised:
    """The current per active mass in mA/g, where it can be known.

    Args:
        rate: The current as stated.
        active_mass_mg: Active mass in mg, if known.
        area_cm2: Electrode area in cm², if known.
    """
    try:
        match rate.kind:
            case "specific":
                return Normalised(rate.value, "as stated")
            case "c_rate":
                return Normalised(_from_convention(rate), f"{rate.value:g} x 1C of {rate.one_c:g} mA/g")
            case "areal":
                loading = _loading(active_mass_mg, area_cm2)
                return Normalised(rate.value / loading * 1000.0, f"at {format_value(loading, 'mg/cm^2')}")
            case "absolute":
                mass = _known(active_mass_mg, "active mass", "mg")
                return Normalised(rate.value / mass * 1000.0, f"at {format_value(mass, 'mg')} of active material")
    except _NotKnown as cause:
        return Normalised(None, f"{rate.text} has no value in mA/g: {cause}")


def areal_current(rate: Rate, active_mass_mg: float | None = None, area_cm2: float | None = None) -> Normalised:
    """The current per electrode area in mA/cm², where it can be known.

    Args:
        rate: The current as stated.
        active_mass_mg: Active mass in mg, if known.
        area_cm2: Electrode area in cm², if known.
    """
    try:
        match rate.kind:
            case "areal":
                return Normalised(rate.value, "as stated")
            case "absolute":
                area = _known(area_cm2, "electrode area", "cm^2")
                return Normalised(rate.value / area, f"at {format_value(area, 'cm^2')}")
            case "specific" | "c_rate":
                specific = rate.value if rate.kind == "specific" else _from_convention(rate)
                loading = _loading(active_mass_mg, area_cm2)
                return Normalised(specific * loading / 1000.0, f"at {format_value(loading, 'mg/cm^2')}")
    except _NotKnown as cause:
        return Normalised(None, f"{rate.text} has no value in mA/cm²: {cause}")


class _NotKnown(Exception):
    """What a normalisation needs is missing; the message says what."""


def _from_convention(rate: Rate) -> float:
    """A C-rate in mA/g."""
    if rate.one_c is None:
        raise _NotKnown("what 1C means is not stated")
    return rate.value * rate.one_c


def _loading(active_mass_mg: float | None, area_cm2: float | None) -> float:
    """Active mass per area in mg/cm²."""
    if active_mass_mg is None and area_cm2 is None:
        raise _NotKnown("the active loading is not known")
    return _known(active_mass_mg, "active mass", "mg") / _known(area_cm2, "electrode area", "cm^2")


def _known(value: float | None, name: str, unit: str) -> float:
    if value is None:
        raise _NotKnown(f"the {name} is not known")
    if not value > 0:
        raise _NotKnown(f"the {name} is {format_value(value, unit)}, which cannot be")
    return value


def _multiple(match: re.Match[str], text: str) -> float:
    """Multiples of 1C of `0.05 C`, `1/20 C` or `C/20`."""
    if match["multiple"] is not None:
        return _positive(parse(match["multiple"], "1", what="C-rate").value, text)
    hours = parse(match["part"] or match["hours"], "1", what="C-rate").value
    return 1.0 / _positive(hours, text)


def _one_c(convention: str, text: str) -> float:
    """What 1C means, in mA/g; `180 mAh/g` says the same."""
    for unit in ("mA/g", "mAh/g"):
        if fits(unit_of(convention), unit):
            return _positive(parse(convention, unit, what="1C").value, text)
    raise QuantityError(f'1C: "{convention}" in "{text}" is not a current per mass; 1C = 180 mA/g would be one')


def _positive(value: float, text: str) -> float:
    if value <= 0:
        raise QuantityError(f'current: "{text}" is not above zero; a rate is stated without direction')
    return value
