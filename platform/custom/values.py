"""Values of a project's own fields: what may be entered, how it is kept, how a person reads it.

A number is kept as `{"value", "unit", "text"}`, like every quantity; everything else as a plain JSON value.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.quantities import QUANTITIES, QuantityError, display_unit, format_value, parse, read_quantity

if TYPE_CHECKING:
    from custom.models import ProjectField

MOST_CHARACTERS = 2000
_TRUE, _FALSE = frozenset({"yes", "true", "1", "on"}), frozenset({"no", "false", "0", "off"})


class ValueRefused(ValueError):
    """The value does not fit its field; the message says what would."""


def normalised(field: ProjectField, value: Any) -> Any:
    """A value as it is kept; None where nothing was entered.

    Raises:
        ValueRefused: It does not fit the field.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return None
    return _READERS[field.kind](field, value)


def shown(value: Any) -> str:
    """A kept value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, dict):
        text = str(value["text"])
        return display_unit(text) if " " in text else text
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def unit_of(field: ProjectField) -> str:
    """The unit in which numbers of the field are kept; empty for a pure number."""
    return QUANTITIES[field.quantity].unit if field.quantity else field.unit


def _number(field: ProjectField, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        value = value.get("text") or _from_parts(field, value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueRefused(f"{field.label}: {value!r} is not a number; write one such as {_example(field)}.")
    unit = unit_of(field)
    try:
        if field.quantity:
            measured = read_quantity(field.quantity, value, what=field.label)
        else:
            measured = parse(value, unit or "1", what=field.label)
    except QuantityError as error:
        raise ValueRefused(str(error)) from error
    text = value if isinstance(value, str) else format_value(measured.value, unit)
    return {"value": measured.value, "unit": unit, "text": text[:60]}


def _from_parts(field: ProjectField, given: dict[str, Any]) -> Any:
    value, unit = given.get("value"), given.get("unit") or ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(unit, str):
        raise ValueRefused(f"{field.label}: an object has value and unit, or text.")
    return f"{value!r} {unit}".strip()


def _example(field: ProjectField) -> str:
    return f"1 {unit_of(field)}".strip()


def _text(field: ProjectField, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueRefused(f"{field.label}: {value!r} is not a text.")
    if len(value) > MOST_CHARACTERS:
        raise ValueRefused(f"{field.label}: at most {MOST_CHARACTERS} characters, found {len(value)}.")
    return value


def _choice(field: ProjectField, value: Any) -> str:
    known = {str(choice).casefold(): str(choice) for choice in field.choices}
    found = known.get(str(value).casefold())
    if found is None:
        raise ValueRefused(f"{field.label}: {value!r} is none of {', '.join(field.choices)}.")
    return found


def _date(field: ProjectField, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise ValueRefused(f"{field.label}: {value!r} is not a date; write it as 2026-03-01.") from error


def _yes_no(field: ProjectField, value: Any) -> bool:
    word = str(value).casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueRefused(f"{field.label}: {value!r} is neither yes nor no.")


def _link(field: ProjectField, value: Any) -> str:
    text = _text(field, value)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueRefused(f"{field.label}: {text[:60]!r} is not an address.") from error
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueRefused(f"{field.label}: {text[:60]!r} is not an address; it begins with https:// or http://.")
    return text


_READERS = {"number": _number, "text": _text, "choice": _choice, "date": _date, "yes_no": _yes_no, "link": _link}
