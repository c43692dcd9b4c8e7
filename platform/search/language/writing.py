"""A query written back: once as a query in one spelling, once as a sentence with units converted.

`parse(canonical(node))` gives the same tree again.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from core.units import format_value
from search.language.fields import Kind
from search.language.nodes import (
    And,
    Condition,
    Exists,
    Node,
    Not,
    NumberValue,
    Or,
    Origin,
    Relation,
    TextValue,
    Value,
    Words,
)

_PLAIN = re.compile(r"[^\s()\"*:=<>!≤≥≠±]+")
_KEYWORDS = {"and", "or", "not", "between"}
_ORIGINS = {
    "run": "computed from a measured file",
    "simulated": "simulated",
    "publication": "reported in a publication",
    "manual": "entered by a person",
}
_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠"}


def canonical(node: Node | None) -> str:
    """The query in one spelling; empty for no query."""
    return "" if node is None else _written(node)


def _inside(write: Callable[[Node], str], node: Node) -> str:
    """A part of a query inside another one: groups in brackets."""
    return f"({write(node)})" if isinstance(node, And | Or) else write(node)


@functools.singledispatch
def _written(node: Any) -> str:
    raise TypeError(f"{node!r} is no part of a query")


@_written.register
def _(node: And | Or) -> str:
    return f" {'and' if isinstance(node, And) else 'or'} ".join(_inside(_written, child) for child in node.children)


@_written.register
def _(node: Not) -> str:
    return f"not {_inside(_written, node.child)}"


@_written.register
def _(node: Relation) -> str:
    end = "" if node.tail is None else f".{_inside(_written, node.tail)}"
    return f"{node.name}({_written(node.inner)}){end}"


@_written.register
def _(node: Origin) -> str:
    return f"origin:{node.name}"


@_written.register
def _(node: Words) -> str:
    plain = _PLAIN.fullmatch(node.text) and node.text.casefold() not in _KEYWORDS
    return node.text if plain else quoted(node.text)


@_written.register
def _(node: Exists) -> str:
    return f"{node.field.key}:*"


@_written.register
def _(node: Condition) -> str:
    texts = [written_value(value) for value in node.values]
    if node.comparison == "between":
        return f"{node.field.key} between {texts[0]} and {texts[1]}"
    if node.comparison == "=" and not isinstance(node.values[0], NumberValue):
        return f"{node.field.key}:{texts[0]}"
    return f"{node.field.key} {node.comparison} {texts[0]}"


def written_value(value: Value) -> str:
    """A value as a query writes it."""
    if isinstance(value, TextValue):
        plain = re.fullmatch(r"[^\s()\"]+", value.text) if value.pattern else re.fullmatch(r"[^\s()\"*]+", value.text)
        return value.text if plain else quoted(value.text)
    return value.text


def quoted(text: str) -> str:
    """A text in quotation marks."""
    return '"' + text.replace('"', '""') + '"'


def reading(node: Node | None) -> str:
    """The query as a sentence; numbers are in canonical units."""
    return "everything" if node is None else _said(node)


@functools.singledispatch
def _said(node: Any) -> str:
    raise TypeError(f"{node!r} is no part of a query")


@_said.register
def _(node: And | Or) -> str:
    return f" {'and' if isinstance(node, And) else 'or'} ".join(_inside(_said, child) for child in node.children)


@_said.register
def _(node: Not) -> str:
    return f"not {_inside(_said, node.child)}"


@_said.register
def _(node: Relation) -> str:
    side = "made by way of" if node.name == "ancestor" else "used on the way to"
    end = "" if node.tail is None else f" and {_inside(_said, node.tail)}"
    return f"{side} a {node.about} with [{_said(node.inner)}{end}]"


@_said.register
def _(node: Origin) -> str:
    return f"numbers {_ORIGINS[node.name]}"


@_said.register
def _(node: Words) -> str:
    return f"“{node.text}” somewhere"


@_said.register
def _(node: Exists) -> str:
    return f"any {node.field.label or node.field.key}"


@_said.register
def _(node: Condition) -> str:
    name = node.field.label or node.field.key
    texts = [_said_value(value, node) for value in node.values]
    if node.comparison == "between":
        return f"{name} between {texts[0]} and {texts[1]}"
    return f"{name} {_SIGNS.get(node.comparison, node.comparison)} {texts[0]}"


def _said_value(value: Value, node: Condition) -> str:
    if isinstance(value, NumberValue):
        if node.comparison in ("=", "!="):
            unit = format_value(0.0, node.field.unit).removeprefix("0")
            return f"{value.low:.6g} to {value.high:.6g}{unit}"
        return format_value(value.value, node.field.unit)
    if isinstance(value, TextValue) and node.field.kind == Kind.CHOICE:
        return node.field.choices.get(value.text, value.text)
    return value.text
