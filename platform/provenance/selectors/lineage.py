"""`lineage`: what a record came from and what came of it, as a graph, by a number of queries that does not grow.

Upwards and downwards the kinds of records are passed in one fixed order; only samples and processes are walked.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from comparisons.models import Comparison, ComparisonRow
from provenance.graph import Direction, Edge, Graph, Kind, Side, union, within
from provenance.selectors.nodes import load_nodes, visible_record
from provenance.selectors.relations import RELATIONS, Source, comparison_edges, edges_to, source_of, sources_from
from provenance.selectors.scope import Scope, capped, open_projects
from provenance.selectors.walk import material_edges

LIMIT = 1_000
_ORDER = (
    Kind.MATERIAL,
    Kind.PUBLICATION,
    Kind.PROCESS,
    Kind.SAMPLE,
    Kind.MEASUREMENT,
    Kind.FILE,
    Kind.DATASET,
    Kind.RUN,
)


class NoSuchRecordError(LookupError):
    """There is no such record, or the person may not see it."""


def lineage(
    kind: Kind,
    key: UUID | str,
    user: Any,
    *,
    direction: Direction = "both",
    depth: int | None = None,
    limit: int = LIMIT,
    each: bool = False,
) -> Graph:
    """The lineage of a record as this person may see it.

    Records in projects that are closed to the person are left out, with their edges and with what could be reached
    only through them.

    Args:
        kind: What the record is.
        key: Its UUID; a comparison also by its slug.
        user: Who asks.
        direction: `up` to what it came from, `down` to what came of it.
        depth: How many edges from the record; None for all.
        limit: At most so many nodes, the nearest; the graph says where there are more.
        each: Every number is a node, not all numbers of one source together.

    Raises:
        NoSuchRecordError: There is none, or this person may not see it.
        TooMuchError: The database took too long.
    """
    record = visible_record(kind, key, user)
    if record is None:
        raise NoSuchRecordError(f"There is no {kind} {str(key)[:60]!r}, or you may not see it.")
    steps = None if depth is None else depth // 2 + 1
    scope = Scope(user, open_projects(user), limit, steps, each or kind is Kind.RESULT)
    sides: tuple[Side, ...] = ("up", "down") if direction == "both" else (direction,)
    with capped():
        walks = [_Walk(kind, record, side, scope) for side in sides]
        graph = walks[0].graph() if len(walks) == 1 else union(walks[0].graph(), walks[1].graph())
        graph = _nearest(graph if depth is None else within(graph, depth), limit)
        kinds = {key: kind for walk in walks for kind, keys in walk.reached.items() for key in keys}
        sources = {key: source for walk in walks for key, source in walk.sources.items()}
        return load_nodes(graph, kinds, sources, user)


def _nearest(graph: Graph, limit: int) -> Graph:
    """The nodes next to the start, at most so many."""
    distances = graph.distances()
    if len(distances) <= limit:
        return graph
    near = set(sorted(distances, key=lambda node: (distances[node], node))[:limit])
    edges = tuple(edge for edge in graph.edges if edge.source in near and edge.target in near)
    return Graph(graph.start, {}, edges, truncated=True)


class _Walk:
    """One walk from a record, up or down. Cells are among the samples here.

    Attributes:
        reached: Keys by kind.
        sources: Numbers that were reached, by the id of their node.
    """

    def __init__(self, kind: Kind, record: Any, side: Side, scope: Scope) -> None:
        self.side, self.scope = side, scope
        self.start = str(record.pk)
        self.edges: dict[Edge, None] = {}
        self.truncated = False
        self.reached: dict[Kind, set[str]] = defaultdict(set)
        self.sources: dict[str, Source] = {}
        self.reached[Kind.SAMPLE if kind is Kind.CELL else kind].add(self.start)
        if kind is Kind.RESULT:
            self.sources[self.start] = source_of(record, each=True)
        if side == "up":
            self._go_up()
        else:
            self._go_down()

    def graph(self) -> Graph:
        """The edges passed, without nodes."""
        return Graph(self.start, {}, tuple(self.edges), truncated=self.truncated)

    def _go_up(self) -> None:
        if self.reached[Kind.COMPARISON]:
            edges, sources = comparison_edges(
                ComparisonRow.objects.filter(comparison__in=self.reached[Kind.COMPARISON]), self.scope
            )
            self.sources.update(sources)
            for edge in edges:
                self._pass(edge, Kind.RESULT if edge.source in sources else Kind.SAMPLE, Kind.COMPARISON)
        for source in self.sources.values():
            for kind, edge in edges_to(source):
                self._pass(edge, kind, Kind.RESULT)
        for kind in reversed(_ORDER):
            self._relations(kind)

    def _go_down(self) -> None:
        for kind in _ORDER:
            self._relations(kind)
        for source in sources_from(self.reached, self.scope):
            for kind, edge in edges_to(source):
                if edge.source in self.reached[kind]:
                    self.sources[source.key] = source
                    self._pass(edge, kind, Kind.RESULT)
        cells = {source.subject for source in self.sources.values()} | self.reached[Kind.SAMPLE]
        visible = Comparison.objects.visible_to(self.scope.user).order_by()
        rows = ComparisonRow.objects.filter(subject__in=cells, comparison__in=visible)
        edges, _ = comparison_edges(rows, self.scope) if cells else ([], {})
        for edge in edges:
            if edge.source in self.sources:
                self._pass(edge, Kind.RESULT, Kind.COMPARISON)
            elif edge.source in self.reached[Kind.SAMPLE]:
                self._pass(edge, Kind.SAMPLE, Kind.COMPARISON)

    def _relations(self, kind: Kind) -> None:
        """All edges at one end of the records of one kind that were reached."""
        if kind is Kind.SAMPLE:
            self._materials()
        for relation in RELATIONS:
            here = relation.source if self.side == "down" else relation.target
            if here is kind and self.reached[kind]:
                found = relation.find(self.reached[kind], self.side, self.scope)
                self.truncated |= len(found) > self.scope.limit
                for edge in found:
                    self._pass(edge, relation.source, relation.target)

    def _materials(self) -> None:
        samples, processes = set(self.reached[Kind.SAMPLE]), set(self.reached[Kind.PROCESS])
        into, out, more = material_edges(samples, processes, self.side, self.scope)
        self.truncated |= more
        for edge in into:
            self._pass(edge, Kind.SAMPLE, Kind.PROCESS)
        for edge in out:
            self._pass(edge, Kind.PROCESS, Kind.SAMPLE)

    def _pass(self, edge: Edge, source: Kind, target: Kind) -> None:
        self.edges[edge] = None
        self.reached[source].add(edge.source)
        self.reached[target].add(edge.target)
