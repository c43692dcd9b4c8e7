"""From the text of a query to its tree, by recursive descent over the characters; every fault has its position.

Grammar (docs/reference/query.md shows it from `GRAMMAR`).
"""

from __future__ import annotations

import re
from typing import Final, cast

from search.language.errors import QueryError
from search.language.fields import Catalogue, Field, Kind, Level
from search.language.nodes import (
    ORIGINS,
    About,
    And,
    Comparison,
    Condition,
    Exists,
    Node,
    Not,
    Or,
    Origin,
    Relation,
    RelationName,
    Words,
)
from search.language.values import Values

GRAMMAR: Final = """\
query      = group { "or" group }
group      = term { [ "and" ] term }
term       = "not" term | "(" query ")" | relation | condition | words
relation   = ( "ancestor" | "descendant" ) "(" query ")" [ "." condition ]
condition  = field ":" "*"
           | field ( ":" | "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
           | field "between" value "and" value
value      = number [ "±" number ] [ unit ] | date | word | quoted
words      = word | quoted
"""
"""What the parser accepts, in extended Backus-Naur form."""

LONGEST: Final = 2000
DEEPEST: Final = 25
MOST_TERMS: Final = 60

RELATIONS: Final = ("ancestor", "descendant")
ORIGIN_NAMES: Final = {**{name: name for name in ORIGINS}, "reported": "publication", "computed": "run"}
PROCESS_LEVELS: Final = frozenset({Level.PROCESS})
SAMPLE_LEVELS: Final = frozenset({Level.SAMPLE, Level.MEASUREMENT, Level.RESULT})

_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_OPERATOR = re.compile(r"\s*(:|!=|>=|<=|=|>|<|≥|≤|≠)\s*")
_BETWEEN = re.compile(r"\s+between\b(?![\w:.-])", re.IGNORECASE)
_CALL = re.compile(r"\s*\(")
_SAME: Final = {":": "=", "≥": ">=", "≤": "<=", "≠": "!="}
_ORDERED: Final = {"<", "<=", ">", ">=", "between"}


def parse(text: str, catalogue: Catalogue, levels: frozenset[Level]) -> Node | None:
    """The tree of a query; None for an empty one.

    Args:
        text: The query.
        catalogue: The fields that there are.
        levels: Of which records fields may be asked for at the outermost level.

    Raises:
        QueryError: It cannot be understood; the error says where and what would be right.
    """
    if len(text) > LONGEST:
        raise QueryError(f"a query has at most {LONGEST} characters, this one has {len(text)}.", LONGEST, len(text))
    if "\0" in text:
        raise QueryError("there is a character here that no query has.", text.index("\0"), 0)
    return _Parser(text, catalogue, levels).whole()


class _Parser(Values):
    def __init__(self, text: str, catalogue: Catalogue, levels: frozenset[Level]) -> None:
        super().__init__(text)
        self.catalogue = catalogue
        self.levels = levels
        self.depth = 0
        self.terms = 0

    def whole(self) -> Node | None:
        self.skip()
        if self.at_end():
            return None
        node = self.alternatives()
        if not self.at_end():
            raise self.error("this bracket closes nothing; remove it or open one before.", self.at, self.at + 1)
        return node

    def alternatives(self) -> Node:
        children = [self.group()]
        while self.keyword("or"):
            children.append(self.group())
        return children[0] if len(children) == 1 else Or(_flat(children, Or))

    def group(self) -> Node:
        children = [self.term()]
        while True:
            joined = self.keyword("and")
            if not joined and (self.at_end() or self.text[self.at] == ")" or self.sees("or")):
                break
            children.append(self.term())
        return children[0] if len(children) == 1 else And(_flat(children, And))

    def term(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"more than {DEEPEST} brackets and nots are nested here.", self.at, self.at + 1)
        node = Not(self.term()) if self.keyword("not") else self.primary()
        self.depth -= 1
        return node

    def primary(self) -> Node:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self.error(f"a query has at most {MOST_TERMS} terms.", self.at, len(self.text))
        self.skip()
        start = self.at
        if self.at_end() or self.text[start] == ")" or self.sees("and") or self.sees("or"):
            raise self.missing()
        if self.text[start] == "(":
            return self.bracket(start)
        if self.text[start] == '"':
            return Words(self.quoted())
        if name := _NAME.match(self.text, start):
            call = _CALL.match(self.text, name.end())
            if call and (name[0].casefold() in RELATIONS or len(call[0]) == 1):
                return self.relation(name)
            if _OPERATOR.match(self.text, name.end()) or _BETWEEN.match(self.text, name.end()):
                return self.condition(name)
        return self.bare()

    def missing(self) -> QueryError:
        if not self.text[: self.at].strip():
            return self.error("a query begins with a field, a word or a bracket.", self.at, self.at + 1)
        return self.error(
            "something is missing here: a condition such as material:LLZTO, a word or a bracket.", self.at, self.at + 1
        )

    def bracket(self, start: int) -> Node:
        self.at = start + 1
        node = self.alternatives()
        self.close(start)
        return node

    def close(self, opened: int) -> None:
        self.skip()
        if self.at_end():
            raise self.error("this bracket is not closed; write ) where it ends.", opened, opened + 1)
        self.at += 1
        self.skip()

    def bare(self) -> Node:
        start = self.at
        word = self.word()
        if word[0] in ":=<>!≤≥≠":
            raise self.error(f'before "{word[0]}" the name of a field is missing.', start, start + 1)
        if word[0] == "±":
            raise self.error("± stands between a number and its unit, as in 2.1 ± 0.2 mg.", start, start + 1)
        self.skip()
        return Words(word)

    def relation(self, name: re.Match[str]) -> Node:
        wanted = name[0].casefold()
        if wanted not in RELATIONS:
            raise self.error(
                f'"{name[0]}(...)" is nothing that can be asked; there are ancestor(...) and descendant(...).',
                name.start(),
                name.end(),
            )
        opened = self.text.index("(", name.end())
        outer, self.levels = self.levels, PROCESS_LEVELS | SAMPLE_LEVELS
        self.at = opened + 1
        inner = self.alternatives()
        self.close_tightly(opened)
        about: About = "process" if _names_processes(inner) else "sample"
        self.levels = PROCESS_LEVELS if about == "process" else SAMPLE_LEVELS
        self.check_levels(inner, opened)
        tail = self.tail()
        self.levels = outer
        self.skip()
        return Relation(cast("RelationName", wanted), about, inner, tail)

    def close_tightly(self, opened: int) -> None:
        """Past the closing bracket, but not past a dot behind it."""
        self.skip()
        if self.at_end():
            raise self.error("this bracket is not closed; write ) where it ends.", opened, opened + 1)
        self.at += 1

    def tail(self) -> Condition | Exists | None:
        if self.at_end() or self.text[self.at] != ".":
            return None
        name = _NAME.match(self.text, self.at + 1)
        if name is None:
            raise self.error("after the dot comes the name of a field, such as .temperature > 650 degC.", self.at, 0)
        node = self.condition(name)
        if isinstance(node, Origin):
            raise self.error("an origin stands beside ancestor(...), not behind its dot.", name.start(), name.end())
        return node

    def check_levels(self, node: Node, opened: int) -> None:
        for one in _fields(node):
            if not one.levels & self.levels:
                raise self.error(
                    f"these brackets speak of processes, because they name a field of processes; "
                    f"{one.key} is no such field. Write a second ancestor(...) for it.",
                    opened,
                    self.at,
                )

    def condition(self, name: re.Match[str]) -> Condition | Exists | Origin:
        start, end = name.span()
        if name[0].casefold() == "origin":
            return self.origin(end)
        field = self.field(name[0], start, end)
        if between := _BETWEEN.match(self.text, end):
            self.at = between.end()
            return self.between(field, start, end)
        operator = _OPERATOR.match(self.text, end)
        if operator is None:
            raise self.error(f"after {field.key} comes a comparison, such as :, =, > or between.", start, end)
        self.at = operator.end()
        comparison = cast("Comparison", _SAME.get(operator[1], operator[1]))
        if comparison in _ORDERED and field.kind not in (Kind.NUMBER, Kind.DATE):
            raise self.error(
                f"{field.key} is no number: it can be asked for with : or !=, as in {field.key}:{_example(field)}.",
                operator.start(1),
                operator.end(1),
            )
        if comparison == "=" and self.star():
            return Exists(field)
        value = self.value(field)
        self.skip()
        return Condition(field, comparison, (value,))

    def between(self, field: Field, start: int, end: int) -> Condition:
        if field.kind not in (Kind.NUMBER, Kind.DATE):
            raise self.error(f"{field.key} is no number, so nothing lies between two of its values.", start, end)
        lower, upper = self.bounds(field)
        self.skip()
        return Condition(field, "between", (lower, upper))

    def origin(self, end: int) -> Origin:
        operator = _OPERATOR.match(self.text, end)
        if operator is None or operator[1] not in (":", "="):
            raise self.error("an origin is asked for as in origin:run.", end - len("origin"), end)
        self.at = operator.end()
        start = self.at
        word = self.word() if not self.at_end() else ""
        known = ORIGIN_NAMES.get(word.casefold())
        if known is None:
            raise self.error(
                f'"{word}" is no origin; there are {", ".join(sorted(ORIGINS))}.', start, start + len(word)
            )
        self.skip()
        return Origin(known)

    def field(self, name: str, start: int, end: int) -> Field:
        found = self.catalogue.named(name)
        if found is None:
            near = self.catalogue.near(name, self.levels)
            hint = f"did you mean {' or '.join(near)}?" if near else "the list of fields is in the reference."
            raise self.error(f'"{name}" is not a field; {hint}', start, end)
        if not found.levels & self.levels:
            raise self.error(_elsewhere(found), start, end)
        return found


def _elsewhere(field: Field) -> str:
    if Level.PROCESS in field.levels:
        return f"{field.key} is recorded of processes; ask for ancestor({field.key}...) or ancestor(...).{field.key}."
    places = " and ".join(f"{level}s" for level in sorted(field.levels))
    return f"{field.key} is recorded of {places} and cannot be asked for here."


def _example(field: Field) -> str:
    return next(iter(field.choices), "text")


def _flat(children: list[Node], kind: type[And | Or]) -> tuple[Node, ...]:
    """Children with those of the same kind taken in, as brackets around them change nothing."""
    found: list[Node] = []
    for child in children:
        if isinstance(child, And | Or) and isinstance(child, kind):
            found.extend(child.children)
        else:
            found.append(child)
    return tuple(found)


def _fields(node: Node) -> list[Field]:
    """Fields that a part of a query names, not counting those inside relations."""
    match node:
        case And(children) | Or(children):
            return [field for child in children for field in _fields(child)]
        case Not(child):
            return _fields(child)
        case Condition(field, _, _) | Exists(field):
            return [field]
    return []


def _names_processes(node: Node) -> bool:
    return any(field.levels == PROCESS_LEVELS for field in _fields(node))
