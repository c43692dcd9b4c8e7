"""Numbers with units: read them as people write them, convert them, and show them as they are printed.

All that accepts or shows a unit goes through here: `700 °C` and `973.15 K` mean the same at every door.
The unit registry (pint's) is our own, is built on first use and is never made the application's.
"""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

DEFINITIONS: Final = (
    # A charge-discharge cycle is a count of its own; pint's `cycle` is a full turn, 2 pi radian.
    "cycle = [cycle]",
    "sccm = milliliter / minute",
)

# What a value of a dimension is called, by a unit that has the dimension.
NOUNS: Final = {
    "1": "a plain number",
    "mg": "a mass",
    "degC": "a temperature",
    "K/min": "a heating rate",
    "h": "a time",
    "um": "a length",
    "cm^2": "an area",
    "mL": "a volume",
    "MPa": "a pressure",
    "mL/min": "a flow",
    "g/cm^3": "a density",
    "g/mol": "a molar mass",
    "mol": "an amount of substance",
    "mol/L": "a concentration",
    "V": "a voltage",
    "mA": "a current",
    "mA/g": "a specific current",
    "mA/cm^2": "a current density",
    "mAh": "an electric charge",
    "mAh/g": "a specific capacity",
    "mAh/cm^2": "an areal capacity",
    "mAh/cm^3": "a volumetric capacity",
    "mWh": "an energy",
    "Wh/kg": "a specific energy",
    "mW": "a power",
    "ohm": "a resistance",
    "ohm*cm^2": "an area-specific resistance",
    "ohm*cm": "a resistivity",
    "S/cm": "a conductivity",
    "F": "a capacitance",
    "Hz": "a frequency",
    "1/K": "an expansion coefficient",
    "1/um": "an inverse length",
    "mg/cm^2": "an areal mass",
    "m^2/g": "a specific surface",
    "cm^2/s": "a diffusion coefficient",
    "cycle": "a number of cycles",
    "%/cycle": "a change per cycle",
}

# How one would write a value in a canonical unit; other units are shown as `1 unit`.
EXAMPLES: Final = {
    "1": "0.43 or 43 %",
    "%": "98.8 %",
    "mg": "2.10 mg or 0.0021 g",
    "g": "0.5 g or 500 mg",
    "degC": "700 degC or 973 K",
    "K/min": "5 K/min or 5 degC/min",
    "h": "1 h, 90 min or 1 h 30 min",
    "um": "25 um or 0.025 mm",
    "mm": "10 mm or 1 cm",
    "cm^2": "0.785 cm^2 or 78.5 mm^2",
    "MPa": "300 MPa or 3 kbar",
    "mL/min": "50 mL/min or 50 sccm",
    "mA": "0.12 mA or 120 uA",
    "mA/g": "9 mA/g",
    "mA/cm^2": "0.005 mA/cm^2 or 5 uA/cm^2",
    "mAh": "0.25 mAh or 0.9 C",
    "mAh/g": "180 mAh/g",
    "V": "4.3 V or 4300 mV",
    "ohm": "120 ohm or 0.12 kohm",
}

_DISPLAY: Final = (
    ("delta_degC", "K"),
    ("degC", "°C"),
    ("degF", "°F"),
    ("angstrom", "Å"),
    ("ohm", "Ω"),
    ("*", "·"),
)
_TO_SUPERSCRIPT: Final = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_FROM_SUPERSCRIPT: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_PLAINLY: Final = (1e-3, 1e6)  # numbers between are written without a power of ten
_MOST_PLACES: Final = 6
_SUPERSCRIPTS: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_SIGNS: Final = str.maketrans(
    {"−": "-", "–": "-", "·": "*", "⋅": "*", "∙": "*", "×": "*", "º": "°", "˚": "°", "⁄": "/", "∕": "/"}
)
_NUMBER: Final = (
    r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+|\s*[*x]\s*10(?:\^[+-]?[0-9]+|[+-][0-9]+))?"
)
_PLUS_MINUS: Final = r"\s*(?:±|\+/-|\+-)\s*"
_TEXT: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<value>{_NUMBER})(?:{_PLUS_MINUS}(?P<uncertainty>{_NUMBER}))?\s*(?(open)\))"
    r"(?P<unit>\s+1(?:\s*/.*)?|\s*[^\s0-9.,].*)?"
)
_UNIT: Final = re.compile(r"[A-Za-zμΩÅ°%1(][A-Za-z0-9μΩÅ°%^*/()+\-. _]{0,59}")
_BARE_EXPONENT: Final = re.compile(r"(?<=[A-Za-zμΩÅ])(?=-?[0-9])")
_PERCENT_OF: Final = re.compile(r"\b(?:wt|vol|at|mol)\.?\s*%")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_DURATION: Final = re.compile(
    r"(?:(?P<d>[0-9]+)\s*d\s*)?(?:(?P<h>[0-9]+)\s*h\s*)?(?:(?P<min>[0-5]?[0-9])\s*(?P<named>min|m)?\s*)?"
    r"(?:(?P<s>[0-5]?[0-9])\s*s)?"
)
_SECONDS: Final = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_MISREAD: Final = {
    "gr": ("g", "gr is the grain, 0.0648 g; for grams write g"),
    "deg": ("degC", "deg alone is an angle; for degrees Celsius write degC or °C"),
    "F": ("degC", "F alone is the farad; for degrees Fahrenheit write degF or °F"),
}
"""Units that mean something else than people mean by them: where they are refused, and what is said."""
_LONGEST_TEXT: Final = 120

_lock = threading.Lock()
_registry: Any = None


class QuantityError(ValueError):
    """A text that is not the number with a unit that it should be; the message says what would be right."""


@dataclass(frozen=True)
class Measured:
    """A number in its canonical unit beside the text it was entered as.

    Attributes:
        value: The number, in `unit`.
        unit: The canonical unit.
        text: What was entered, untouched.
        uncertainty: Standard uncertainty in `unit` where the text had one (`10 ± 0.2 mg`).
    """

    value: float
    unit: str
    text: str
    uncertainty: float | None = None


def parse(text: str | float, unit: str, *, what: str = "value") -> Measured:
    """Read a number with any fitting unit into the canonical unit.

    Args:
        text: What was entered: `2.10 mg`, `973 K`, `5 µA/cm²`, `0,5 mg`, `1.2e-3 g`, `10 ± 0.2 mg`, `1 h 30 min`; a
            number alone is meant in the canonical unit.
        unit: The canonical unit, such as `mg`.
        what: What the value is, for messages.

    Raises:
        QuantityError: Empty, not a finite number, an unknown unit, or a unit of another dimension.
    """
    entered = str(text)
    if len(entered) > _LONGEST_TEXT:
        raise QuantityError(_not_a_number(entered, unit, what))
    seconds = _duration(entered) if fits("s", unit) else None
    if seconds is not None:
        return Measured(convert(seconds, "s", unit), unit, entered)
    match = _TEXT.fullmatch(plain_text(entered))
    if match is None:
        raise QuantityError(_not_a_number(entered, unit, what))
    value = _number(match["value"], entered, what)
    spread = None if match["uncertainty"] is None else _number(match["uncertainty"], entered, what)
    given = (match["unit"] or "").strip()
    if given:
        _check_fits(given, unit, entered, what)
        value = convert(value, given, unit)
        spread = None if spread is None else abs(convert(spread, given, unit) - convert(0.0, given, unit))
    if not math.isfinite(value):
        raise QuantityError(f'{what}: "{entered}" is not a finite number')
    return Measured(value, unit, entered, spread)


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """Convert one number; absolute temperatures keep their zero, rates such as `degC/min` are differences.

    Raises:
        QuantityError: One of the units is unknown, or the two have different dimensions.
    """
    if from_unit == to_unit:
        return value
    factor, divisor, offset = _affine(from_unit, to_unit)
    return value * factor / divisor + offset


def fits(unit: str, canonical: str) -> bool:
    """Whether values in `unit` can be converted to `canonical`; an unknown unit does not fit."""
    try:
        _affine(unit, canonical)
    except QuantityError:
        return False
    return True


def is_number(text: str) -> bool:
    """Whether the text is a number alone, without a unit."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def plain_text(text: str) -> str:
    """The text in few signs: superscripts as `^2`, and one sign each for minus, micro, ohm and times."""
    powers = _SUPERSCRIPTS.sub(lambda run: "^" + run[0].translate(_FROM_SUPERSCRIPT), text)
    return unicodedata.normalize("NFKC", powers.translate(_SIGNS)).translate(_SIGNS).strip()


def unit_of(text: str) -> str:
    """The unit that a number is written with, empty where there is none or the text is not a number."""
    match = _TEXT.fullmatch(plain_text(text))
    return (match["unit"] or "").strip() if match else ""


def display_unit(unit: str) -> str:
    """The unit as it is printed: `uA/cm^2` becomes `µA/cm²`, `ohm*cm^2` becomes `Ω·cm²`, `1` nothing."""
    if unit == "1":
        return ""
    for plain, printed in _DISPLAY:
        unit = unit.replace(plain, printed)
    unit = re.sub(r"\bu(?=[A-Za-zΩ])", "µ", unit)
    return re.sub(r"\^(-?[0-9]+)(?![0-9.])", lambda power: power[1].translate(_TO_SUPERSCRIPT), unit)


def format_value(value: float, unit: str, digits: int | None = None) -> str:
    """A number and its unit for reading, such as `138.8 mAh/g` or `6.366×10⁻⁴ S/cm`.

    Args:
        value: The number, in `unit`.
        unit: Its unit.
        digits: Digits after the decimal point; four significant ones when not given.
    """
    number = f"{value:.{digits}f}" if digits is not None else _significant(value)
    return f"{number} {display_unit(unit)}".rstrip()


def format_uncertain(value: float, uncertainty: float) -> str:
    """A number and its standard uncertainty, which has two significant digits: `611.90 ± 0.68`, `(3.80 ± 0.10)×10⁻⁶`.

    An uncertainty too small for the digits of the number stands beside it by itself: `0.8403 ± 8×10⁻⁹`.
    """
    if not (math.isfinite(value) and math.isfinite(uncertainty) and uncertainty > 0):
        return f"{_significant(value)} ± {_significant(uncertainty)}"
    largest = max(abs(value), uncertainty)
    power = 0 if _PLAINLY[0] <= largest < _PLAINLY[1] else math.floor(math.log10(largest))
    value, spread = value / 10.0**power, uncertainty / 10.0**power
    places = 1 - math.floor(math.log10(spread))
    if places > _MOST_PLACES:
        return f"{_significant(value * 10.0**power)} ± {_significant(float(f'{uncertainty:.1e}'))}"
    if places < 0:
        value, spread, places = round(value, places), round(spread, places), 0
    both = f"{value:.{places}f} ± {spread:.{places}f}"
    return f"({both})×10{str(power).translate(_TO_SUPERSCRIPT)}" if power else both


def _duration(text: str) -> float | None:
    """Seconds of a time in several units, such as `1 h 30 min` or `1h30`; None of what is written otherwise."""
    match = _DURATION.fullmatch(plain_text(text))
    if match is None:
        return None
    parts = {name: int(number) for name, number in match.groupdict().items() if number and name in _SECONDS}
    bare = "min" in parts and not match["named"]
    if len(parts) < 2 or (bare and ("h" not in parts or "s" in parts)):
        return None
    return float(sum(number * _SECONDS[name] for name, number in parts.items()))


def _number(text: str, entered: str, what: str) -> float:
    """The number of a matched text, with a decimal comma or point."""
    if _THOUSANDS.fullmatch(text):
        raise QuantityError(
            f'{what}: "{entered}" can be read in two ways; '
            f"write {text.replace(',', '.')} or {text.replace(',', '')} without a comma"
        )
    mantissa, _, power = re.sub(r"\s*[*x]\s*10\^?", "e", text.replace(",", ".")).partition("e")
    value = float(f"{mantissa}e{power}" if power else mantissa)
    if not math.isfinite(value):
        raise QuantityError(f'{what}: "{entered}" is not a finite number')
    return value


def _check_fits(given: str, unit: str, entered: str, what: str) -> None:
    """Refuse a unit of another dimension, in words."""
    if given == "C" and not fits("C", unit):
        raise QuantityError(f'{what}: "{entered}": C alone is the coulomb; {_instead_of_c(unit)}')
    meant, words = _MISREAD.get(given, ("", ""))
    if meant and fits(meant, unit):
        raise QuantityError(f'{what}: "{entered}": {words}')
    try:
        found = _noun(given)
    except QuantityError as error:
        raise QuantityError(f'{what}: "{entered}": {error}; {_needed(unit)}') from None
    if not fits(given, unit):
        raise QuantityError(f'{what}: "{entered}" is {found}; {_needed(unit)}')


def _instead_of_c(unit: str) -> str:
    """What to write where somebody wrote C and did not mean coulomb."""
    if fits("degC", unit):
        return "for degrees Celsius write degC or °C"
    if any(fits(current, unit) for current in ("mA", "mA/g", "mA/cm^2")):
        return "a C-rate needs its convention, such as 0.05 C (1C = 180 mA/g), and is entered as a rate"
    return _needed(unit)


def _needed(unit: str) -> str:
    return f"{_noun(unit)} such as {EXAMPLES.get(unit, f'1 {unit}')} is needed"


def _not_a_number(entered: str, unit: str, what: str) -> str:
    if not entered.strip():
        return f"{what}: nothing was entered; {_needed(unit)}"
    shown = entered if len(entered) <= _LONGEST_TEXT else entered[:40] + "…"
    hint = _instead_of_c(unit) if re.match(r"\s*C\s*/", entered) else _needed(unit)
    return f'{what}: "{shown}" is not a number with a unit; {hint}'


def _noun(unit: str) -> str:
    """What a value in this unit is called."""
    dimension = _unit(unit).dimensionality
    return next(
        (noun for example, noun in NOUNS.items() if _unit(example).dimensionality == dimension),
        f"a value in {unit}",
    )


def _significant(value: float) -> str:
    """Four significant digits; whole numbers keep all, very small and large ones get a power of ten."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return str(value)
    if _PLAINLY[0] <= abs(value) < _PLAINLY[1]:
        digits = max(0, 3 - math.floor(math.log10(abs(value))))
        number = f"{value:.{digits}f}"
        return number.rstrip("0").rstrip(".") if "." in number else number
    mantissa, power = f"{value:.3e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}×10{str(int(power)).translate(_TO_SUPERSCRIPT)}"


def _units() -> Any:
    """The unit registry: built on first use (0.2 s), once, whichever thread comes first."""
    global _registry  # noqa: PLW0603 - one registry per process is the point
    if _registry is None:
        with _lock:
            if _registry is None:
                import pint

                registry: Any = pint.UnitRegistry(cache_folder=None, on_redefinition="ignore")
                for definition in DEFINITIONS:
                    registry.define(definition)
                _registry = registry
    return _registry


@lru_cache(maxsize=1024)
def _unit(text: str) -> Any:
    """A pint unit from a unit as people write it.

    Raises:
        QuantityError: Nobody knows the unit.
    """
    plain = _PERCENT_OF.sub("%", plain_text(text))
    spelt = _BARE_EXPONENT.sub("^", f"1{plain}" if plain.startswith("/") else plain)
    if not _UNIT.fullmatch(spelt):
        raise QuantityError(f'"{text}" is not a known unit')
    try:
        return _units().parse_units(spelt)
    except Exception as error:  # pint raises a dozen kinds of exception for a text that is no unit
        raise QuantityError(f'"{text}" is not a known unit') from error


@lru_cache(maxsize=4096)
def _affine(from_unit: str, to_unit: str) -> tuple[float, float, float]:
    """Factor, divisor and offset: value in `to_unit` = factor x value in `from_unit` / divisor + offset.

    One of factor and divisor is 1: dividing by 1000 is exact where multiplying by 0.001 is not.

    Raises:
        QuantityError: Different dimensions.
    """
    source, target = _unit(from_unit), _unit(to_unit)
    if source.dimensionality != target.dimensionality:
        raise QuantityError(f"{from_unit} is {_noun(from_unit)}, {to_unit} is {_noun(to_unit)}: no conversion")
    offset = _image(0.0, source, target)
    factor = _image(1.0, source, target) - offset
    if abs(factor) >= 1:
        return _round(factor), 1.0, _round(offset)
    divisor = _image(1.0, target, source) - _image(0.0, target, source)
    return 1.0, _round(divisor), _round(offset)


def _image(number: float, source: Any, target: Any) -> float:
    """What a number in one pint unit is in another.

    Raises:
        QuantityError: A temperature difference is no temperature; powers of units went beyond all bounds.
    """
    try:
        return float(_units().Quantity(number, source).to(target).magnitude)
    except (ArithmeticError, ValueError, TypeError) as error:  # pint's own errors are TypeErrors
        raise QuantityError(f"{source} cannot be converted to {target}") from error


def _round(number: float) -> float:
    """Conversion factors to 15 digits: the rest is binary rounding on the way through base units."""
    return float(f"{number:.15g}")
