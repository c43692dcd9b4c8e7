"""The text of a column: what it shows, of which record, in which unit and with how many digits.

`initial_discharge_capacity` is of the row itself; `ancestor(process:co-sintering).temperature` of what it was made by;
`ancestor(material:LLZTO).weight_fraction` of what it was made from; `measurement(eis).ionic_conductivity` of another
measurement; `field.humidity` of a field that the project defines. Options follow:
`active_mass;unit=µg;digits=1;agg=best;label=Mass`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Where = Literal["own", "field", "process", "material", "kind", "measurement"]
AGGREGATES = ("mean", "best", "first", "last", "min", "max", "n")
LONGEST = 200
_TEXT = re.compile(
    r"(?:(?P<field>field)\.|(?P<relation>ancestor|measurement)\((?P<inside>[^()]*)\)\.)?(?P<key>[a-z][a-z0-9_]*)(?P<rest>(?:;.*)?)"
)
_MOST_DIGITS = 12


@dataclass(frozen=True)
class ColumnText:
    """A column, read.

    Attributes:
        text: As it was written.
        where: Of which record: the row's own, in a field that its project defines, an ancestor process of a kind, an
            ancestor sample of a material or of a kind, or another measurement of a technique.
        which: That kind, material or technique; empty for the row's own.
        key: What of it.
        unit: Unit to show it in; empty for its own.
        digits: Decimals; None for the usual ones.
        aggregate: How a group of rows becomes one value.
        label: Header; empty for the usual one.
    """

    text: str
    where: Where
    which: str
    key: str
    unit: str = ""
    digits: int | None = None
    aggregate: str = "mean"
    label: str = ""


def read_column(text: str) -> ColumnText:
    """Reads the text of a column.

    Raises:
        KeyError: It is none; the message says what is wrong.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None or len(text) > LONGEST:
        raise KeyError(
            f"{text[:60]!r} is no column; write a key such as cycle_count, ancestor(process:co-sintering).temperature, "
            "ancestor(material:LLZTO).weight_fraction or measurement(eis).ionic_conductivity"
        )
    where, which = _where(match["relation"] or "", (match["inside"] or "").strip(), text)
    if match["field"]:
        where = "field"
    return ColumnText(text.strip(), where, which, match["key"], **_options(match["rest"], text))


def _where(relation: str, inside: str, text: str) -> tuple[Where, str]:
    if not relation:
        return "own", ""
    name, _, value = inside.rpartition(":")
    if relation == "measurement":
        if value and name in ("", "technique"):
            return "measurement", value
        raise KeyError(f"{text[:60]!r}: write measurement(TECHNIQUE), such as measurement(eis)")
    places: dict[str, Where] = {"process": "process", "material": "material", "kind": "kind"}
    if name not in places or not value:
        raise KeyError(f"{text[:60]!r}: write ancestor(process:KIND), ancestor(material:NAME) or ancestor(kind:KIND)")
    return places[name], value


def _options(rest: str, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in filter(None, rest.split(";")):
        name, _, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if name == "unit" and value:
            found["unit"] = value
        elif name == "digits" and value.isascii() and value.isdigit() and int(value) <= _MOST_DIGITS:
            found["digits"] = int(value)
        elif name == "agg" and value in AGGREGATES:
            found["aggregate"] = value
        elif name == "label" and value:
            found["label"] = value
        else:
            raise KeyError(
                f"{text[:60]!r}: {part[:40]!r} is no option; there are unit=, digits= up to {_MOST_DIGITS}, "
                f"agg= ({', '.join(AGGREGATES)}) and label="
            )
    return found


def write_column(column: ColumnText, **changes: object) -> str:
    """The text of a column with other options."""
    base, *_ = column.text.partition(";")
    values = {"unit": column.unit, "digits": column.digits, "agg": column.aggregate, "label": column.label, **changes}
    parts = [f"{name}={value}" for name, value in values.items() if value not in ("", None) and value != "mean"]
    return ";".join([base, *parts])
