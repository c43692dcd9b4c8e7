"""A query written back: once as a query in one spelling, once as a sentence with units converted.

`parse(canonical(node))` gives the same tree again.
"""

from __future__ import annotations

import re

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
    return "" if node is None else _written(node, inside=False)


def _written(node: Node, *, inside: bool) -> str:
    match node:
        case And(children):
            text = " and ".join(_written(child, inside=True) for child in children)
            return f"({text})" if inside else text
        case Or(children):
            text = " or ".join(_written(child, inside=True) for child in children)
            return f"({text})" if inside else text
        case Not(child):
            return f"not {_written(child, inside=True)}"
        case Relation(name, _, inner, tail):
            end = "" if tail is None else f".{_written(tail, inside=True)}"
            return f"{name}({_written(inner, inside=False)}){end}"
        case Origin(name):
            return f"origin:{name}"
        case Words(text):
            return text if _PLAIN.fullmatch(text) and text.casefold() not in _KEYWORDS else quoted(text)
        case Exists(field):
            return f"{field.key}:*"
        case Condition(field, comparison, values):
            texts = [written_value(value) for value in values]
            if comparison == "between":
                return f"{field.key} between {texts[0]} and {texts[1]}"
            if comparison == "=" and not isinstance(values[0], NumberValue):
                return f"{field.key}:{texts[0]}"
            return f"{field.key} {comparison} {texts[0]}"


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
    return "everything" if node is None else _said(node, inside=False)


def _said(node: Node, *, inside: bool) -> str:
    match node:
        case And(children):
            return _listed(children, " and ", inside=inside)
        case Or(children):
            return _listed(children, " or ", inside=inside)
        case Not(child):
            return f"not {_said(child, inside=True)}"
        case Relation(name, about, inner, tail):
            end = "" if tail is None else f", with {_said(tail, inside=True)}"
            return f"{'made' if name == 'ancestor' else 'used'} by way of a {about} with [{_said(inner, inside=False)}{end}]"
        case Origin(name):
            return f"numbers {_ORIGINS[name]}"
        case Words(text):
            return f"“{text}” somewhere"
        case Exists(field):
            return f"any {field.label or field.key}"
        case Condition():
            return _said_condition(node)


def _listed(children: tuple[Node, ...], word: str, *, inside: bool) -> str:
    text = word.join(_said(child, inside=True) for child in children)
    return f"({text})" if inside else text


def _said_condition(node: Condition) -> str:
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
