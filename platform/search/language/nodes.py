"""The tree of a query: what was asked, with units converted, whatever it was written like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search.language.fields import Field

Comparison = Literal["=", "!=", "<", "<=", ">", ">=", "between"]
RelationName = Literal["ancestor", "descendant"]
About = Literal["process", "sample"]

ORIGINS: frozenset[str] = frozenset({"run", "simulated", "publication", "manual"})
"""Where a number comes from: computed from a file, computed from a simulated one, reported, entered by a person."""


@dataclass(frozen=True)
class NumberValue:
    """A number of a query.

    Attributes:
        text: As it is written in a query.
        value: In the canonical unit.
        low: Smallest number that is equal to it: half a unit of its last digit and twice its uncertainty below.
        high: Largest number that is equal to it.
    """

    text: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class DateValue:
    """A day, month, year or minute, as seconds since 1970: from `start` until before `end`."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class TextValue:
    """A text; with `pattern`, `*` in it stands for anything."""

    text: str
    pattern: bool = False


Value = NumberValue | DateValue | TextValue


@dataclass(frozen=True)
class Condition:
    """A field compared with a value, or with two."""

    field: Field
    comparison: Comparison
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Exists:
    """Any value of a field."""

    field: Field


@dataclass(frozen=True)
class Words:
    """A text that occurs somewhere."""

    text: str


@dataclass(frozen=True)
class Origin:
    """Numbers of an origin. In an `and` group it holds for every number that the group asks for."""

    name: str


@dataclass(frozen=True)
class Relation:
    """Something that is before or after the record in its lineage.

    Attributes:
        name: On which side.
        about: What the inner query is about.
        inner: What must hold of it.
        tail: A further condition on the same record, written behind a dot.
    """

    name: RelationName
    about: About
    inner: Node
    tail: Condition | Exists | None = None


@dataclass(frozen=True)
class Not:
    """What does not hold."""

    child: Node


@dataclass(frozen=True)
class And:
    """All of these."""

    children: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """At least one of these."""

    children: tuple[Node, ...]


Node = And | Or | Not | Relation | Origin | Words | Exists | Condition


def origins_of(node: Node) -> frozenset[str] | None:
    """The origins that a part of a query lets through, where it speaks of nothing else; else None."""
    match node:
        case Origin(name):
            return frozenset({name})
        case Not(child):
            inner = origins_of(child)
            return None if inner is None else ORIGINS - inner
        case And(children) | Or(children):
            found = [origins_of(child) for child in children]
            sets = [one for one in found if one is not None]
            if len(sets) < len(found):
                return None
            return frozenset.intersection(*sets) if isinstance(node, And) else frozenset.union(*sets)
    return None
