"""How one value of the side table is compared with what a query says: equal, between, like, referred to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from search.language import Condition, DateValue, Kind, NumberValue, TextValue
from search.language.values import EXPANDED

INDEXED_TEXT: Final = 60
"""Characters of a text that the index holds."""
_KEY: Final = f'left(lower(v.text), {INDEXED_TEXT}) COLLATE "C"'
_TINY: Final = 1e-9


@dataclass(frozen=True)
class Match:
    """A condition on a row `v` of the side table; formatted with the name of a column, the same on that column."""

    sql: str
    params: tuple[Any, ...] = ()
    on_column: str = "TRUE"
    column_params: tuple[Any, ...] = ()

    def __format__(self, column: str) -> str:
        return self.on_column.format(column)


def matches(condition: Condition) -> Match:
    """The condition in SQL."""
    first = condition.values[0]
    match first:
        case NumberValue():
            return _number(condition.comparison, [one for one in condition.values if isinstance(one, NumberValue)])
        case DateValue():
            return _date(condition.comparison, [one for one in condition.values if isinstance(one, DateValue)])
        case TextValue():
            return _text(condition, first)


def _number(comparison: str, values: Sequence[NumberValue]) -> Match:
    one = values[0]
    if comparison == "between":
        return Match("v.number BETWEEN %s AND %s", (one.value, values[1].value))
    if comparison in ("=", "!="):
        low, high = one.low - _TINY * abs(one.low), one.high + _TINY * abs(one.high)
        spread = f"{EXPANDED:g} * v.uncertainty"
        if comparison == "=":
            return Match(
                f"(v.number BETWEEN %s AND %s OR v.uncertainty > 0 AND v.number + {spread} >= %s"
                f" AND v.number - {spread} <= %s)",
                (low, high, low, high),
            )
        return Match(f"(v.number + coalesce({spread}, 0) < %s OR v.number - coalesce({spread}, 0) > %s)", (low, high))
    return Match(f"v.number {comparison} %s", (one.value,))


def _date(comparison: str, values: Sequence[DateValue]) -> Match:
    start, end = values[0].start, values[-1].end
    match comparison:
        case "=" | "between":
            return Match("v.number >= %s AND v.number < %s", (start, end))
        case "!=":
            return Match("(v.number < %s OR v.number >= %s)", (start, end))
        case "<":
            return Match("v.number < %s", (start,))
        case "<=":
            return Match("v.number < %s", (end,))
        case ">":
            return Match("v.number >= %s", (end,))
        case _:
            return Match("v.number >= %s", (start,))


def _text(condition: Condition, value: TextValue) -> Match:
    differs = condition.comparison == "!="
    if condition.field.kind == Kind.REFERENCE and condition.field.reference is not None:
        where = condition.field.reference
        keys = named(where.table, where.names, value.text, pattern=value.pattern, whole=True)
        return Match(f"v.ref IS NOT NULL AND v.ref {'NOT ' if differs else ''}IN ({keys.sql})", keys.params)
    if value.pattern:
        like = like_pattern(value.text)
        word = "NOT LIKE" if differs else "LIKE"
        start = like_pattern(value.text.partition("*")[0])[:INDEXED_TEXT]
        narrowed = "" if differs or not start else f" AND {_KEY} LIKE lower(%s)"
        return Match(
            f"lower(v.text) {word} lower(%s){narrowed}",
            (like, f"{start}%") if narrowed else (like,),
            f"lower({{}}) {word} lower(%s)",
            (like,),
        )
    if differs:
        return Match("lower(v.text) <> lower(%s)", (value.text,), "lower({}) <> lower(%s)", (value.text,))
    return Match(
        f"{_KEY} = left(lower(%s), {INDEXED_TEXT}) AND lower(v.text) = lower(%s)",
        (value.text, value.text),
        "lower({}) = lower(%s)",
        (value.text,),
    )


def named(table: str, columns: Sequence[str], text: str, *, pattern: bool = False, whole: bool = False) -> Match:
    """Keys of the records of a table that have such a name.

    Args:
        table: The table.
        columns: Where names are.
        text: The name.
        pattern: Whether `*` in it stands for anything.
        whole: Whether it is the whole name, and not a part of it.
    """
    if whole and not pattern:
        condition = " OR ".join(f"lower({column}) = lower(%s)" for column in columns)
        sought = text
    else:
        condition = " OR ".join(f"{column} ILIKE %s" for column in columns)
        sought = like_pattern(text) if whole else f"%{like_pattern(text.replace('*', ''))}%"
    return Match(f"SELECT id FROM {table} WHERE {condition}", (sought,) * len(columns))


def like_pattern(text: str) -> str:
    """The text as a pattern of LIKE: `*` stands for anything, other signs for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
