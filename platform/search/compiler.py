"""From the tree of a query to SQL over the side table.

Each part of a query becomes a set of keys, and sets are put together by `INTERSECT`, `EXCEPT` and `UNION ALL`: every
one is read once, whatever the planner thinks of its size. As semi-joins, one wrong estimate made it read one set anew
for each row of another, which took 1.4 s among a million results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from search.language import (
    And,
    Catalogue,
    Condition,
    Exists,
    Field,
    Level,
    Node,
    Not,
    Or,
    Relation,
    Words,
)
from search.language.nodes import ORIGINS, origins_of
from search.lineage import reached
from search.matching import Match, matches, named
from search.targets import TARGETS, Route, Target

_NAMED: Final = {
    "samples_material": ("name", "formula"),
    "samples_term": ("label",),
    "samples_instrument": ("name",),
    "samples_publication": ("label", "title", "doi"),
}
"""What words without a field are looked for in, beside the searchable texts."""
_RECORDED: Final = (Level.SAMPLE, Level.MEASUREMENT, Level.PROCESS, Level.COMPARISON)
_BESIDE: Final = {"id": "record", "subject_id": "sample", "measurement_id": "measurement"}
"""Columns of the side table that stand for columns of results."""
_ABOUT: Final = {"process": "processes", "sample": "samples"}


@dataclass(frozen=True)
class Part:
    """Keys that a column must be among, or must not.

    Attributes:
        column: The column of the record's table.
        sql: Gives the keys.
        params: Parameters of `sql`.
        negated: Whether it must not be among them.
        rows: Of results, the same with the sample and the measurement of each beside its key.
    """

    column: str
    sql: str
    params: tuple[Any, ...]
    negated: bool = False
    rows: str = ""

    def condition(self, alias: str) -> str:
        """The condition on a row of that name."""
        column = f"{alias}.{self.column}"
        if self.negated:
            return f"NOT EXISTS (SELECT FROM ({self.sql}) AS odd(id) WHERE odd.id = {column})"
        return f"{column} IN ({self.sql})"


class Compiler:
    """Makes SQL of queries for one person.

    Args:
        catalogue: The fields.
        projects: Keys of the projects that the person may see; None where all may be seen.
    """

    def __init__(self, catalogue: Catalogue, projects: Sequence[UUID] | None) -> None:
        self.catalogue = catalogue
        self.visible = Visible(projects)

    def keys(self, node: Node, target: Target) -> Part:
        """The keys of all that a query finds."""
        parts = self.parts(node, target)
        return parts[0] if len(parts) == 1 and _is_key(parts[0]) else self._keys(parts, target)

    def parts(self, node: Node, target: Target, origins: frozenset[str] = ORIGINS) -> list[Part]:
        """Conditions that must all hold."""
        if isinstance(node, Not) and origins_of(node) is None:
            part = self.one(node.child, target, origins)
            return [replace(part, negated=not part.negated)]
        if isinstance(node, And) and origins_of(node) is None:
            return self._all(node, target, origins)
        return [self.one(node, target, origins)]

    def one(self, node: Node, target: Target, origins: frozenset[str]) -> Part:
        """One condition."""
        allowed = origins_of(node)
        if allowed is not None:
            return self._any_number(allowed & origins, target)
        match node:
            case Or(children):
                found = self._any([self.one(child, target, origins) for child in children], target)
            case Condition(field) | Exists(field):
                match = matches(node) if isinstance(node, Condition) else Match("TRUE")
                found = self._values(field, match, target, origins)
            case Words(text):
                found = self._words(text, target)
            case Relation():
                found = self._relation(node, target)
            case _:
                found = self._keys(self.parts(node, target, origins), target)
        return found

    def _all(self, node: And, target: Target, origins: frozenset[str]) -> list[Part]:
        """The parts of an `and` group; its origins hold for every number in it."""
        limits = [(child, origins_of(child)) for child in node.children]
        for _, limit in limits:
            origins = origins if limit is None else origins & limit
        found = [part for child, limit in limits if limit is None for part in self.parts(child, target, origins)]
        asked = any(limit is not None for _, limit in limits)
        if asked and not any(_only_of_results(child) for child in node.children):
            found.append(self._any_number(origins, target))
        return _merged(found)

    def _any(self, parts: list[Part], target: Target) -> Part:
        columns = {part.column for part in parts}
        if len(columns) > 1 or any(part.negated for part in parts):
            parts = [part if _is_key(part) else self._keys([part], target) for part in parts]
        sql = " UNION ALL ".join(f"({part.sql})" for part in parts)
        return Part(parts[0].column, sql, tuple(param for part in parts for param in part.params))

    def _keys(self, parts: list[Part], target: Target) -> Part:
        first = next((part for part in parts if part.rows and not part.negated), None)
        if first is not None:
            return self._keys_of_results(first, [part for part in parts if part is not first])
        conditions = " AND ".join(part.condition("t") for part in parts)
        params = tuple(param for part in parts for param in part.params)
        return Part("id", f"SELECT t.id FROM {target.table} t WHERE {conditions}", params)

    def _keys_of_results(self, first: Part, others: list[Part]) -> Part:
        """Results among which the side table itself says of which sample and measurement they are."""
        renamed = [replace(part, column=_BESIDE[part.column]) for part in others]
        conditions = "".join(f" AND {part.condition('t')}" for part in renamed)
        params = tuple(param for part in (first, *others) for param in part.params)
        sql = f"SELECT t.record FROM ({first.rows}) AS t(record, sample, measurement) WHERE TRUE{conditions}"
        return Part("id", sql, params)

    def _values(self, field: Field, match: Match, target: Target, origins: frozenset[str]) -> Part:
        if field.direct:
            return self._direct(field, match, target)
        parts = [
            self._of_route(
                route, levels, f"v.field = ANY (%s) AND {match.sql}", (field.stored_keys, *match.params), origins
            )
            for route, levels in routes_of(field, target).items()
        ]
        return parts[0] if len(parts) == 1 else self._any(parts, target)

    def _direct(self, field: Field, match: Match, target: Target) -> Part:
        """A field that is looked up where it is, on the nearest record that has it."""
        level = next(level for level in target.routes if level in field.direct)
        route, sql = target.routes[level], field.direct[level].format(match=match)
        if level == Level.MEASUREMENT and route.value == "sample":
            sql = f"SELECT m.sample_id FROM measurements_measurement m WHERE m.id IN ({sql})"
        return Part(route.column, route.wrap.format(sql, visible=self.visible), match.column_params)

    def _of_route(
        self, route: Route, levels: Iterable[Level], condition: str, params: tuple[Any, ...], origins: frozenset[str]
    ) -> Part:
        wanted = sorted(levels)
        sql = f" FROM search_value v WHERE {condition} AND v.level = ANY (%s)"
        given: tuple[Any, ...] = (*params, wanted)
        if Level.RESULT in wanted and origins != ORIGINS:
            only = wanted == [Level.RESULT]
            sql += f" AND {'' if only else '(v.level <> %s OR '}v.origin = ANY (%s){'' if only else ')'}"
            given = (*given, *(() if only else (Level.RESULT.value,)), sorted(origins))
        if route.value != "record" or Level.RESULT in wanted:
            sql += f" AND v.{route.value} IS NOT NULL"
        if Level.RESULT in wanted or Level.MEASUREMENT in wanted:
            sql += " AND NOT EXISTS (SELECT FROM core_tombstone gone WHERE gone.id = v.measurement)"
        keys = route.wrap.format(f"SELECT v.{route.value}{sql}", visible=self.visible)
        own = route.value == "record" and wanted == [Level.RESULT]
        return Part(route.column, keys, given, rows=f"SELECT v.record, v.sample, v.measurement{sql}" if own else "")

    def _any_number(self, origins: frozenset[str], target: Target) -> Part:
        """Records with any number of these origins."""
        route = target.routes.get(Level.RESULT)
        if route is None:
            return Part("id", f"SELECT t.id FROM {target.table} t WHERE FALSE", ())
        return self._of_route(route, [Level.RESULT], "v.origin = ANY (%s)", (sorted(origins),), ORIGINS)

    def _words(self, text: str, target: Target) -> Part:
        """A text anywhere: in searchable fields, and in the names of what is referred to."""
        match = Match("v.text ILIKE %s", (f"%{_escaped(text)}%",))
        searchable = sorted(key for field in self.catalogue.values() if field.searchable for key in field.stored_keys)
        names = [named(table, columns, text) for table, columns in _NAMED.items()]
        refs = " UNION ALL ".join(one.sql for one in names)
        grouped: dict[Route, list[Level]] = {}
        for level, route in target.routes.items():
            if level != Level.RESULT:
                grouped.setdefault(route, []).append(level)
        parts = []
        for route, levels in grouped.items():
            in_text = (f"v.field = ANY (%s) AND {match.sql}", (searchable, *match.params))
            in_names = (f"v.ref IN ({refs})", tuple(param for one in names for param in one.params))
            parts += [self._of_route(route, levels, sql, params, ORIGINS) for sql, params in (in_text, in_names)]
        return self._any(parts, target)

    def _relation(self, node: Relation, target: Target) -> Part:
        about = TARGETS[_ABOUT[node.about]]
        inner = self.parts(node.inner, about)
        if node.tail is not None:
            inner = _merged([*inner, *self.parts(node.tail, about)])
        condition = " AND ".join(part.condition("x") for part in inner)
        sql = reached(node.name, node.about, condition, self.visible, of_processes=target.name == "processes")
        params = tuple(param for part in inner for param in part.params)
        return Part(target.lineage.column, target.lineage.wrap.format(sql, visible=self.visible), params)


class Visible:
    """Says in SQL that a project may be seen: `format(visible, "p.project_id")`."""

    def __init__(self, projects: Sequence[UUID] | None) -> None:
        self.projects = projects

    def __format__(self, column: str) -> str:
        if self.projects is None:
            return "TRUE"
        keys = ", ".join(f"'{UUID(str(key))}'" for key in self.projects)
        return f"{column} = ANY (ARRAY[{keys}]::uuid[])"


def routes_of(field: Field, target: Target) -> dict[Route, list[Level]]:
    """How a field's values reach a kind of record: its own or the nearest record's, and those of results."""
    recorded = [level for level in target.routes if level in _RECORDED and level in field.levels]
    found: dict[Route, list[Level]] = {}
    for level in [*recorded[:1], *(level for level in (Level.RESULT,) if level in field.levels & target.levels)]:
        found.setdefault(target.routes[level], []).append(level)
    return found


def _only_of_results(node: Node) -> bool:
    """Whether a condition speaks of numbers with an origin only, so that one that holds has such an origin."""
    return isinstance(node, Condition | Exists) and node.field.levels == frozenset({Level.RESULT})


def _merged(parts: list[Part]) -> list[Part]:
    """One part for each column: the keys that are in all of its sets and in none of its negated ones."""
    merged = []
    for column in dict.fromkeys(part.column for part in parts):
        own = [part for part in parts if part.column == column]
        kept, left_out = [p for p in own if not p.negated], [p for p in own if p.negated]
        if not kept:
            sql = " UNION ALL ".join(f"({part.sql})" for part in left_out)
        else:
            sql = " INTERSECT ".join(f"({part.sql})" for part in kept)
            sql = " EXCEPT ".join([f"({sql})", *(f"({part.sql})" for part in left_out)])
        params = tuple(param for part in (*kept, *left_out) for param in part.params)
        rows = own[0].rows if len(own) == 1 and kept else ""
        merged.append(Part(column, sql, params, negated=not kept, rows=rows))
    return merged


def _is_key(part: Part) -> bool:
    return part.column == "id" and not part.negated


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
