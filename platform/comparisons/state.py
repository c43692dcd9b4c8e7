"""How a comparison is looked at: columns, rows by query, order, groups, baseline. It is the address of the page.

The same words stand in the query of a page or a request, in a saved comparison and in a snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from urllib.parse import urlencode

NORMALISATIONS = {"": "as it is", "mass": "per active mass", "area": "per electrode area", "total": "of the whole cell"}
FIGURES = {
    "": "none",
    "scatter": "two columns",
    "bars": "bars",
    "curves": "charge and discharge curves",
    "differential": "differential capacity",
    "cycles": "capacity over cycle",
    "nyquist": "Nyquist plot",
}

CHOICES = ("first", "last", "best")
"""Curves that can be asked for by a word; the best is the one that discharges most."""


@dataclass(frozen=True)
class TableState:
    """One way of looking at a comparison.

    Attributes:
        q: Query whose records stand in rows after those that were chosen by hand.
        columns: Texts of columns; those that are saved where there are none.
        rows: Names of the rows to show; all where there are none.
        pin: Names of rows that stand first, whatever the order.
        sort: Column to order by; with `-` in front from large to small.
        group: Column whose equal values stand together.
        aggregate: One row for each group: mean ± standard deviation over its rows, or what a column asks for.
        differs: Only columns in which rows differ; what is the same for all stands in the caption.
        transpose: Rows as columns.
        baseline: Name of the row that others are held against.
        simulated: Simulated rows count in aggregates, baselines and rankings.
        per: Normalisation of currents and capacities, a key of `NORMALISATIONS`.
        figure: What is drawn, a key of `FIGURES`.
        x, y: Columns of a scatter plot; bars take `y`.
        colour, dash: Columns whose values colour and dash the curves.
        facet: Column whose values divide the figure into panels.
        cycles: Which curves of each row are drawn, by commas: numbers, `first`, `last`, `best`; the first if empty.
    """

    q: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()
    sort: str = ""
    group: str = ""
    aggregate: bool = False
    differs: bool = False
    transpose: bool = False
    baseline: str = ""
    simulated: bool = False
    per: str = ""
    figure: str = ""
    x: str = ""
    y: str = ""
    colour: str = ""
    dash: str = ""
    facet: str = ""
    cycles: str = ""

    @classmethod
    def from_lists(cls, given: Mapping[str, list[str]]) -> Self:
        """The state that an address names; what it does not name is off.

        Raises:
            ValueError: A value is none that there is; the message says which there are.
        """
        found: dict[str, Any] = {}
        for field in fields(cls):
            texts = [text.strip() for text in given.get(field.name, []) if text.strip()]
            if isinstance(field.default, tuple):
                found[field.name] = tuple(dict.fromkeys(texts))
            elif isinstance(field.default, bool):
                found[field.name] = _is_on(field.name, texts[-1]) if texts else False
            else:
                found[field.name] = texts[-1] if texts else ""
        for name, known in (("per", NORMALISATIONS), ("figure", FIGURES)):
            if found[name] not in known:
                raise ValueError(f'{name}: "{found[name][:40]}" is not one of {", ".join(filter(None, known))}')
        wrong = next((part for part in parts_of(found["cycles"]) if not _is_choice(part)), None)
        if wrong is not None:
            raise ValueError(f'cycles: "{wrong[:40]}" is neither a number nor one of {", ".join(CHOICES)}')
        return cls(**found)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The state that was saved.

        Raises:
            ValueError: Something in it is no state.
        """
        unknown = sorted(set(stored) - set(NAMES))
        if unknown:
            raise ValueError(f"{unknown[0][:40]} is no part of a view; there are {', '.join(NAMES)}")
        lists: dict[str, list[str]] = {
            name: list(value) if isinstance(value, list | tuple) else [_text(value)] for name, value in stored.items()
        }
        if any(not isinstance(text, str) for texts in lists.values() for text in texts):
            raise ValueError("a view holds texts, lists of texts, true and false")
        return cls.from_lists(lists)

    def as_json(self) -> dict[str, Any]:
        """What is on, as it is saved."""
        values = ((name, getattr(self, name)) for name in NAMES)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values if value}

    def as_pairs(self) -> list[tuple[str, str]]:
        """What is on, as names and values of a form or an address."""
        pairs: list[tuple[str, str]] = []
        for name, value in self.as_json().items():
            pairs += [(name, text) for text in value] if isinstance(value, list) else [(name, _text(value))]
        return pairs

    def address(self, **changes: Any) -> str:
        """The query of this state with some things changed, `?` and all."""
        pairs = replace(self, **changes).as_pairs()
        return f"?{urlencode(pairs)}" if pairs else "?"


NAMES = tuple(field.name for field in fields(TableState))
"""Names of everything in a state, as they stand in an address."""


def parts_of(cycles: str) -> list[str]:
    """What `cycles` lists."""
    return [part.strip() for part in cycles.split(",") if part.strip()]


def _is_choice(part: str) -> bool:
    return part in CHOICES or (part.isascii() and part.isdigit())


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else ""
    return value


def _is_on(name: str, text: str) -> bool:
    if text in ("1", "true", "on", "yes"):
        return True
    if text in ("0", "false", "off", "no"):
        return False
    raise ValueError(f'{name}: "{text[:40]}" is neither 1 nor 0')
