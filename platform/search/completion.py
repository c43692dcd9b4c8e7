"""What could come next in a query while it is typed: fields, comparisons' values, units and the words that join.

Values are completed from what the person may see, and from nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.db import connection

from core.units import display_unit
from search.compiler import Visible
from search.language import Catalogue, Field, Kind, Level
from search.language.nodes import ORIGINS
from search.language.parser import PROCESS_LEVELS, RELATIONS, SAMPLE_LEVELS
from search.language.writing import quoted
from search.matching import INDEXED_TEXT, like_pattern
from search.targets import FIELDS, TARGETS

MOST: Final = 12
_VALUE = re.compile(r'([A-Za-z_][\w.-]*)\s*(?::|!=|=)\s*("?)([^\s()"]*)$')
_UNIT = re.compile(
    r"([A-Za-z_][\w.-]*)\s*(?:>=|<=|!=|=|>|<|:|≥|≤|≠|\sbetween\s)\s*(?:[^()\"]*?\sand\s+)?[+-]?[\d.,]+(?:[eE][+-]?\d+)?\s+(\S*)$",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\)\.([\w-]*)$")
_NAMED = re.compile(r"([A-Za-z_][\w.-]*)\s*(?:[:=<>!]|between\b)")
_WORD = re.compile(r"[\w-]*$")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True)
class Proposal:
    """What could be written from `start` to `end` of the query.

    Attributes:
        text: What would be written.
        label: What it is, for a person.
        kind: `field`, `value`, `unit`, `keyword` or `relation`.
    """

    text: str
    label: str
    kind: str


@dataclass(frozen=True)
class Completion:
    """Proposals and the part of the query that they would replace."""

    start: int
    end: int
    proposals: tuple[Proposal, ...]


def complete(text: str, at: int, user: Any, about: str, projects: Sequence[Any] | None) -> Completion:
    """What could come at a position of a query.

    Args:
        text: The query so far.
        at: Position of the cursor.
        user: Who types.
        about: What is searched, such as `cells`.
        projects: Keys of the projects that the person may see; None where all may be seen.
    """
    before = text[: max(0, min(at, len(text)))]
    catalogue = FIELDS.catalogue(user)
    levels = _levels_at(before, about)
    if tail := _TAIL.search(before):
        found = _fields(catalogue, _levels_of_tail(before[: tail.start()], catalogue), tail[1])
        return Completion(tail.start(1), len(before), tuple(islice(found, MOST)))
    if value := _VALUE.search(before):
        start = value.start(2)
        found = _values(catalogue, value[1], value[3], Visible(projects))
        return Completion(start, len(before), tuple(islice(found, MOST)))
    if unit := _UNIT.search(before):
        proposals = tuple(_units(catalogue.named(unit[1]), unit[2]))
        if proposals:
            return Completion(unit.start(2), len(before), proposals)
    word = _WORD.search(before)
    start = word.start() if word else len(before)
    found = _words(catalogue, levels, before[:start], before[start:])
    return Completion(start, len(before), tuple(islice(found, MOST)))


def _levels_at(before: str, about: str) -> frozenset[Level]:
    """Levels of the fields that may be asked for here: inside a relation's brackets those of its records."""
    opened: list[bool] = []
    plain = _QUOTED.sub(lambda found: " " * len(found[0]), before)
    for place, sign in enumerate(plain):
        if sign == "(":
            opened.append(plain[:place].rstrip().casefold().endswith(RELATIONS))
        elif sign == ")" and opened:
            opened.pop()
    return PROCESS_LEVELS | SAMPLE_LEVELS if any(opened) else TARGETS[about].levels


def _levels_of_tail(inner: str, catalogue: Catalogue) -> frozenset[Level]:
    """What the brackets before a dot speak of: processes if they name a field that only processes have."""
    opened = max((inner.casefold().rfind(f"{name}(") for name in RELATIONS), default=0)
    named = (catalogue.named(name) for name in _NAMED.findall(inner[max(opened, 0) :]))
    about_processes = any(field is not None and field.levels == PROCESS_LEVELS for field in named)
    return PROCESS_LEVELS if about_processes else SAMPLE_LEVELS


def _words(catalogue: Catalogue, levels: frozenset[Level], before: str, start: str) -> Iterator[Proposal]:
    """A field, a relation, or a word that joins what is there to what comes."""
    begun = start.casefold()
    continues = bool(re.search(r'[\w")%*]\s$', before)) and not re.search(r"\b(and|or|not)\s+$", before, re.IGNORECASE)
    if continues:
        for word, said in (("and", "both must hold"), ("or", "one is enough")):
            if word.startswith(begun):
                yield Proposal(f"{word} ", said, "keyword")
    yield from _fields(catalogue, levels, begun)
    for relation in RELATIONS:
        if relation.startswith(begun):
            side = "what it was made from, at any distance" if relation == "ancestor" else "what was made from it"
            yield Proposal(f"{relation}(", side, "relation")
    if begun and "origin".startswith(begun):
        yield Proposal("origin:", "where numbers come from", "field")
    if begun and "not".startswith(begun):
        yield Proposal("not ", "must not hold", "keyword")


def _fields(catalogue: Catalogue, levels: frozenset[Level], begun: str) -> Iterator[Proposal]:
    begun = begun.casefold()
    known = catalogue.of(levels)
    at_start = [field for field in known if field.key.startswith(begun)]
    inside = [field for field in known if begun and begun in field.key and not field.key.startswith(begun)]
    by_records = sorted(at_start, key=lambda field: (field.levels == {Level.RESULT}, field.key))
    for field in (*by_records, *inside):
        sign = " > " if field.kind in (Kind.NUMBER, Kind.DATE) else ":"
        unit = display_unit(field.unit) if field.unit else ""
        yield Proposal(f"{field.key}{sign}", f"{field.label} in {unit}" if unit else field.label, "field")


def _units(field: Field | None, begun: str) -> Iterator[Proposal]:
    wanted = begun.casefold()
    if field is None or field.unit in ("", "1") or wanted in ("and", "or"):
        return
    if field.unit.casefold().startswith(wanted):
        yield Proposal(f"{field.unit} ", display_unit(field.unit), "unit")


def _values(catalogue: Catalogue, name: str, begun: str, visible: Visible) -> Iterator[Proposal]:
    if name.casefold() == "origin":
        found: Iterator[tuple[str, str]] = ((one, "") for one in sorted(ORIGINS))
    else:
        field = catalogue.named(name)
        found = iter(()) if field is None else _known_values(field, begun, visible)
    for value, label in found:
        if value.casefold().startswith(begun.casefold()):
            safe = value if re.fullmatch(r"[^\s()\"*]+", value) else quoted(value)
            yield Proposal(f"{safe} ", label, "value")


def _known_values(field: Field, begun: str, visible: Visible) -> Iterator[tuple[str, str]]:
    match field.kind:
        case Kind.CHOICE:
            yield from field.choices.items()
        case Kind.FLAG:
            yield from (("yes", ""), ("no", ""))
        case Kind.REFERENCE if field.reference is not None:
            name = field.reference.names[0]
            sql = f"SELECT {name} FROM {field.reference.table} WHERE {name} ILIKE %s ORDER BY 1 LIMIT {MOST}"
            yield from ((value, "") for value in _rows(sql, [f"{like_pattern(begun)}%"]))
        case Kind.NUMBER:
            yield from ((word, "") for word in field.words)
        case Kind.TEXT if not field.direct:
            yield from ((value, "") for value in _texts(field, begun, visible))


def _texts(field: Field, begun: str, visible: Visible) -> list[str]:
    """Texts of records that the person may see."""
    key = f'left(lower(v.text), {INDEXED_TEXT}) COLLATE "C"'
    seen = (
        f"EXISTS (SELECT FROM samples_sample s WHERE s.id = v.sample AND {visible:s.project_id})"
        f" OR EXISTS (SELECT FROM samples_process p WHERE p.id = v.record AND {visible:p.project_id})"
    )
    sql = (
        f"SELECT DISTINCT left(text, {INDEXED_TEXT}) FROM (SELECT v.text FROM search_value v"
        f" WHERE v.field = ANY (%s) AND v.text IS NOT NULL AND {key} LIKE lower(%s) AND ({seen})"
        f" ORDER BY {key} LIMIT 200) AS near ORDER BY 1 LIMIT {MOST}"
    )
    return _rows(sql, [field.stored_keys, f"{like_pattern(begun)}%"])


def _rows(sql: str, params: list[Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[0] for row in cursor.fetchall()]
