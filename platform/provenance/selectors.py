"""The lineage of a record as a graph: what it was made from, and what was made of it.

There is no edge table: each kind of edge is read from the relation that records it. The walk goes level by level, with
one query for each kind of edge, and never past a record that the person may not see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

from django.db.models import QuerySet

from analysis_tasks.models import AnalysisRun, Result, RunInput
from comparisons.models import Comparison, ComparisonRow
from measurements.models import Dataset, Measurement, RawFile
from samples.models import LayerComponent, Material, Process, ProcessInput, ProcessOutput, Publication, Sample

Direction = Literal["up", "down", "both"]
MOST_NODES: Final = 2000
MOST_DEPTH: Final = 100


@dataclass(frozen=True)
class Node:
    """A record in the graph."""

    kind: str
    id: UUID
    label: str
    key: str
    simulated: bool = False


@dataclass(frozen=True)
class Edge:
    """What went into what, and as what."""

    source: UUID
    target: UUID
    role: str


@dataclass
class Graph:
    """Nodes and edges around a record.

    Attributes:
        nodes: By id, the record itself first.
        edges: Each once, from what was there before to what was made of it.
        truncated: There is more than `MOST_NODES`.
    """

    nodes: dict[UUID, Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    truncated: bool = False


@dataclass(frozen=True)
class _Relation:
    """A kind of edge: rows of `model` lead from one record to another; `role` is a field, or a word with a colon."""

    source_kind: str
    target_kind: str
    model: Any
    source: str
    target: str
    role: str


_KINDS: Final[dict[str, Any]] = {
    "material": Material,
    "publication": Publication,
    "sample": Sample,
    "process": Process,
    "measurement": Measurement,
    "file": RawFile,
    "dataset": Dataset,
    "run": AnalysisRun,
    "result": Result,
    "comparison": Comparison,
}
_SHOWN_WITH: Final = {"measurement": ("sample",), "dataset": ("file",), "run": ("release", "measurement__sample")}
_RELATIONS: Final = (
    _Relation("material", "sample", Sample, "material", "pk", ":substance"),
    _Relation("material", "sample", LayerComponent, "material", "layer__cell", "layer__role"),
    _Relation("material", "process", ProcessInput, "material", "process", "role"),
    _Relation("sample", "process", ProcessInput, "sample", "process", "role"),
    _Relation("process", "sample", ProcessOutput, "process", "sample", "role"),
    _Relation("sample", "measurement", Measurement, "sample", "pk", ":subject"),
    _Relation("sample", "comparison", ComparisonRow, "cell", "comparison", ":row"),
    _Relation("publication", "measurement", Measurement, "publication", "pk", ":conditions"),
    _Relation("measurement", "file", RawFile, "measurement", "pk", ":recorded"),
    _Relation("file", "dataset", Dataset, "file", "pk", ":read"),
    _Relation("dataset", "run", RunInput, "dataset", "run", "role"),
    _Relation("run", "result", Result, "run", "pk", "quantity"),
    _Relation("publication", "result", Result, "publication", "pk", "quantity"),
)
KINDS: Final = ("cell", *_KINDS)


def lineage(user: Any, kind: str, key: UUID, *, direction: Direction = "both", depth: int = MOST_DEPTH) -> Graph | None:
    """The graph around a record, as this person may see it.

    Args:
        user: Who asks.
        kind: One of `KINDS`.
        key: Id of the record.
        direction: `up` to what it came from, `down` to what came of it, or both.
        depth: How many edges to go at most.

    Returns:
        The graph, None where there is no such record for this person.
    """
    kind = "sample" if kind == "cell" else kind
    graph = Graph()
    start = _visible(user, kind, {key})
    if not start:
        return None
    graph.nodes.update(start)
    for going in ("up", "down"):
        if direction in {going, "both"}:
            _walk(graph, user, {kind: {key}}, upwards=going == "up", depth=depth)
    graph.edges = {edge: None for edge in graph.edges if {edge.source, edge.target} <= graph.nodes.keys()}
    return graph


def _walk(graph: Graph, user: Any, frontier: dict[str, set[UUID]], *, upwards: bool, depth: int) -> None:
    for _ in range(depth):
        reached: dict[str, set[UUID]] = defaultdict(set)
        for relation in _RELATIONS:
            here, there = (relation.source_kind, relation.target_kind)[:: -1 if upwards else 1]
            if frontier.get(here):
                edges = list(_edges(relation, frontier[here], upwards=upwards))
                graph.edges.update(dict.fromkeys(edges))
                reached[there] |= {edge.source if upwards else edge.target for edge in edges}
        frontier = {}
        for kind, keys in reached.items():
            found = _visible(user, kind, keys - graph.nodes.keys())
            room = MOST_NODES - len(graph.nodes)
            graph.truncated |= len(found) > room
            taken = dict(list(found.items())[:room])
            graph.nodes.update(taken)
            frontier[kind] = set(taken)
        if not any(frontier.values()):
            return


def _edges(relation: _Relation, keys: Iterable[UUID], *, upwards: bool) -> Iterable[Edge]:
    known = relation.target if upwards else relation.source
    rows: QuerySet[Any] = relation.model.objects.filter(
        **{f"{known}__in": list(keys), f"{relation.source}__isnull": False}
    )
    if relation.model is Result:
        rows = rows.filter(index={})  # of many values of one quantity only those that stand for the whole
    word = relation.role.removeprefix(":")
    columns = [relation.source, relation.target, *([] if relation.role.startswith(":") else [word])]
    for row in rows.values_list(*columns):
        yield Edge(row[0], row[1], (row[2] or "product") if len(row) > 2 else word)


def _visible(user: Any, kind: str, keys: set[UUID]) -> dict[UUID, Node]:
    if not keys:
        return {}
    rows = _KINDS[kind].objects.visible_to(user).filter(pk__in=keys).select_related(*_SHOWN_WITH.get(kind, ()))
    return {row.pk: _node(kind, row) for row in rows.order_by("pk")}


def _node(kind: str, row: Any) -> Node:
    shown_kind = "cell" if kind == "sample" and row.kind == Sample.Kind.CELL else kind
    return Node(shown_kind, row.pk, str(row), getattr(row, "slug", str(row.pk)), bool(getattr(row, "simulated", False)))
