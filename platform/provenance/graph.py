"""The lineage graph as plain values: what records are, what came of what, and how to look at a part of it.

Selectors fill it from the database; drawing, REST and the exports only read it. Edges point the way things went, from
what was there before to what came of it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    """What a node is. `cell` and `sample` share one table; `result` is one number, or all numbers of one source."""

    MATERIAL = "material"
    PUBLICATION = "publication"
    SAMPLE = "sample"
    CELL = "cell"
    PROCESS = "process"
    MEASUREMENT = "measurement"
    FILE = "file"
    DATASET = "dataset"
    RUN = "run"
    RESULT = "result"
    COMPARISON = "comparison"


ACTIVITIES = frozenset({Kind.PROCESS, Kind.MEASUREMENT, Kind.RUN})
"""Kinds that happened; all others are things."""

Direction = Literal["up", "down", "both"]
DIRECTIONS: tuple[Direction, ...] = ("up", "down", "both")
Side = Literal["up", "down"]


@dataclass(frozen=True)
class Agent:
    """Who or what took part in an activity.

    Attributes:
        id: Key, unique among agents.
        kind: A person, an instrument, or the worker that computed.
        name: What people call it.
        role: What it did there.
        orcid: Of a person, empty where it is not known.
    """

    id: str
    kind: Literal["person", "instrument", "software"]
    name: str
    role: str
    orcid: str = ""


@dataclass(frozen=True)
class Node:
    """A record, or the numbers of one source together.

    Attributes:
        id: The record's UUID; of numbers that stand together, `results-` and the UUID of their source.
        kind: What it is.
        label: What people call it.
        detail: One line more, such as what kind of sample.
        page: Path of its page.
        simulated: It was made by a model, or rests on what was.
        stale: Why it is not today's answer, in words; empty where it is.
        state: `queued`, `failed` ... of a run, `superseded` where another run took its place; else empty.
        started: When an activity began.
        ended: When it ended.
        attributes: Further facts: hashes, versions, units.
        agents: Who took part.
    """

    id: str
    kind: Kind
    label: str
    detail: str = ""
    page: str = ""
    simulated: bool = False
    stale: tuple[str, ...] = ()
    state: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    agents: tuple[Agent, ...] = ()


@dataclass(frozen=True)
class Edge:
    """What came of what.

    Attributes:
        source: Node that was there before.
        target: Node that came of it.
        role: What the source was there for.
        fraction: Weight fraction of a component, 0 to 1.
        detail: Mass, locator, values that were read; for a person.
        read: The target only read values of the source (a run reads a cell's active mass).
    """

    source: str
    target: str
    role: str
    fraction: float | None = None
    detail: str = ""
    read: bool = False


@dataclass(frozen=True)
class More:
    """Neighbours that were left out of a view.

    Attributes:
        node: Whose neighbours.
        kind: What they are.
        side: Whether they lie up or down of it.
        count: How many.
    """

    node: str
    kind: Kind
    side: Side
    count: int


@dataclass(frozen=True)
class Graph:
    """A part of the lineage around one record.

    Attributes:
        start: Node that was asked about.
        nodes: By id; the start is among them.
        edges: Between these nodes.
        truncated: There is more than the limit allowed.
        more: What a folded view leaves out.
    """

    start: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    truncated: bool = False
    more: tuple[More, ...] = ()

    def neighbours(self, side: Side) -> dict[str, list[str]]:
        """Ids of the nodes next to each one, on one side, each once, in the order of the edges."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for edge in self.edges:
            here, there = (edge.target, edge.source) if side == "up" else (edge.source, edge.target)
            found[here][there] = None
        return {node: list(others) for node, others in found.items()}

    def distances(self) -> dict[str, int]:
        """How many edges each node lies from the start, going only up or only down."""
        found = {self.start: 0}
        for side in _SIDES:
            for node, distance in _walk(self.neighbours(side), self.start):
                found[node] = min(distance, found.get(node, distance))
        return found


_SIDES: tuple[Side, Side] = ("up", "down")


def union(first: Graph, second: Graph) -> Graph:
    """Two graphs around the same start as one."""
    edges = tuple(dict.fromkeys((*first.edges, *second.edges)))
    nodes = {**first.nodes, **second.nodes}
    return replace(first, nodes=nodes, edges=edges, truncated=first.truncated or second.truncated)


def within(graph: Graph, depth: int) -> Graph:
    """What lies at most `depth` edges from the start, with the edges that lead there."""
    near = {node for node, distance in graph.distances().items() if distance <= depth}
    edges = tuple(edge for edge in graph.edges if edge.source in near and edge.target in near)
    return replace(graph, nodes={key: node for key, node in graph.nodes.items() if key in near}, edges=edges)


def folded(graph: Graph, *, siblings: int = 8, at_most: int = 200) -> Graph:
    """A view small enough to be drawn: of many neighbours of one kind the first few, and how many more there are.

    Args:
        graph: What to look at.
        siblings: How many neighbours of one kind of one node are kept.
        at_most: How many nodes are kept; those next to the start first.
    """
    sides = {side: graph.neighbours(side) for side in _SIDES}
    kept, queue = {graph.start: None}, deque((graph.start, side) for side in _SIDES)
    visited: dict[tuple[str, Side], None] = {}
    while queue:
        here, side = queue.popleft()
        if (here, side) in visited:
            continue
        visited[here, side] = None
        for group in _by_kind(graph, sides[side].get(here, ())).values():
            known = [node for node in group if node in kept]
            room = min(siblings - len(known), at_most - len(kept))
            chosen = [node for node in group if node not in kept][: max(room, 0)]
            kept.update(dict.fromkeys(chosen))
            queue.extend((node, side) for node in (*known, *chosen))
    more = [
        More(here, kind, side, count)
        for here, side in visited
        for kind, group in _by_kind(graph, sides[side].get(here, ())).items()
        if (count := sum(node not in kept for node in group))
    ]
    edges = tuple(edge for edge in graph.edges if edge.source in kept and edge.target in kept)
    return replace(graph, nodes={node: graph.nodes[node] for node in kept}, edges=edges, more=tuple(more))


def in_order(graph: Graph) -> list[Node]:
    """All nodes, each after everything that it came from.

    Raises:
        ValueError: The graph has a cycle.
    """
    after, waiting = graph.neighbours("down"), dict.fromkeys(graph.nodes, 0)
    for targets in after.values():
        for target in targets:
            waiting[target] += 1
    ready = deque(node for node, count in waiting.items() if count == 0)
    ordered = []
    while ready:
        node = ready.popleft()
        ordered.append(graph.nodes[node])
        for target in after.get(node, ()):
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    if len(ordered) < len(graph.nodes):
        raise ValueError("The lineage has a cycle.")
    return ordered


def _walk(neighbours: Mapping[str, Iterable[str]], start: str) -> Iterator[tuple[str, int]]:
    """Every node that can be reached, with its distance, nearest first."""
    seen, queue = {start}, deque([(start, 0)])
    while queue:
        here, distance = queue.popleft()
        yield here, distance
        fresh = [node for node in neighbours.get(here, ()) if node not in seen]
        seen.update(fresh)
        queue.extend((node, distance + 1) for node in fresh)


def _by_kind(graph: Graph, nodes: Iterable[str]) -> dict[Kind, list[str]]:
    found: dict[Kind, list[str]] = defaultdict(list)
    for node in nodes:
        found[graph.nodes[node].kind].append(node)
    return found
