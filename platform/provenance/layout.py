"""Where the nodes of a graph are drawn: layers from what was there first down to what came last. Pure, no database.

Layers by longest path, order within a layer by barycentres over long edges split into single steps (the method of
Sugiyama, Tagawa and Toda, IEEE Trans. SMC 11, 1981, 109), places by isotonic regression, which is exact and short.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from provenance.graph import Edge, Graph, More, in_order

_SWEEPS = 12
_STRAIGHTNESS = 8
_BEND_WEIGHT = 0.35
"""Room that a bend of a long edge takes, as a part of a node's."""


@dataclass(frozen=True)
class Place:
    """The centre of a node: `x` in node widths, `layer` from 0 at the top."""

    x: float
    layer: int


@dataclass(frozen=True)
class Layout:
    """Places of nodes and the bends of edges.

    Attributes:
        places: By node id; what a folded view leaves out has a place under `more_key`.
        bends: Of each edge, from source to target: places between them, one on each layer that it crosses.
        layers: How many layers there are.
        width: Between the outermost centres, in node widths.
    """

    places: Mapping[str, Place]
    bends: Mapping[Edge, tuple[Place, ...]]
    layers: int
    width: float


def more_key(more: More) -> str:
    """Id under which left-out neighbours are placed."""
    return f"more-{more.node}-{more.kind}-{more.side}"


def lay_out(graph: Graph) -> Layout:
    """Places every node and every group of left-out neighbours.

    Raises:
        ValueError: The graph has a cycle.
    """
    pairs = {edge: (edge.source, edge.target) for edge in graph.edges}
    layer = _layers(graph)
    stubs = []
    for more in graph.more:
        key = more_key(more)
        layer[key] = layer[more.node] + (1 if more.side == "down" else -1)
        stubs.append((key, more.node) if more.side == "up" else (more.node, key))
    lowest = min(layer.values())
    layer = {node: number - lowest for node, number in layer.items()}
    chains = {edge: _chain(edge, source, target, layer) for edge, (source, target) in pairs.items()}
    links = [link for chain in chains.values() for link in pairwise(chain)] + stubs
    rows = _ordered(layer, links)
    x = _placed(rows, links)
    places = {node: Place(x[node], number) for node, number in layer.items()}
    shown = {node: place for node, place in places.items() if not _is_bend(node)}
    bends = {edge: tuple(places[bend] for bend in chain[1:-1]) for edge, chain in chains.items()}
    width = max(place.x for place in places.values()) - min(place.x for place in places.values())
    return Layout(shown, bends, max(layer.values()) + 1, width)


def _layers(graph: Graph) -> dict[str, int]:
    """The layer of each node: as high as what it came from allows, but what came from nothing next to its first use."""
    before, after = graph.neighbours("up"), graph.neighbours("down")
    layer: dict[str, int] = {}
    for node in in_order(graph):
        layer[node.id] = 1 + max((layer[source] for source in before.get(node.id, ())), default=-1)
    for node in reversed(in_order(graph)):
        if not before.get(node.id) and after.get(node.id):
            layer[node.id] = min(layer[target] for target in after[node.id]) - 1
    return layer


def _chain(edge: Edge, source: str, target: str, layer: dict[str, int]) -> list[str]:
    """The nodes of an edge with a bend on each layer between; bends are added to the layers."""
    crossed = range(layer[source] + 1, layer[target])
    bends = [f"\0{source}\0{target}\0{edge.read}\0{number}" for number in crossed]
    layer.update(zip(bends, crossed, strict=True))
    return [source, *bends, target]


def _is_bend(node: str) -> bool:
    return node.startswith("\0")


def _ordered(layer: Mapping[str, int], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The nodes of each layer from left to right, with few crossings."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for node, number in layer.items():
        rows[number].append(node)
    above, below = _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        numbers = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
        for number in numbers:
            other = rows[number - 1] if downwards else rows[number + 1]
            _by_barycentre(rows[number], other, above if downwards else below)
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _neighbours(links: Sequence[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        above[target].append(source)
        below[source].append(target)
    return above, below


def _by_barycentre(row: list[str], other: Sequence[str], neighbours: Mapping[str, list[str]]) -> None:
    position = {node: place for place, node in enumerate(other)}
    here = {node: place for place, node in enumerate(row)}

    def _centre(node: str) -> tuple[float, int]:
        found = [position[near] for near in neighbours.get(node, ()) if near in position]
        return (sum(found) / len(found) if found else float(here[node]), here[node])

    row.sort(key=_centre)


def _crossings(rows: Sequence[Sequence[str]], below: Mapping[str, list[str]]) -> int:
    """How often links cross, layer by layer."""
    count = 0
    for upper, lower in pairwise(rows):
        position = {node: place for place, node in enumerate(lower)}
        ends: list[int] = []
        for node in upper:
            own = sorted(position[target] for target in below.get(node, ()) if target in position)
            count += sum(end > place for place in own for end in ends)
            ends.extend(own)
    return count


def _placed(rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]) -> dict[str, float]:
    """The x of each node: near its neighbours, in its order, never closer than its width."""
    above, below = _neighbours(links)
    x = {node: float(place) for row in rows for place, node in enumerate(row)}
    for sweep in range(_SWEEPS):
        near = (above, below)[sweep % 2] if sweep < _SWEEPS - 2 else None
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [_mean(node, x, near, above, below) for node in row]
            x.update(zip(row, spread(wanted, [_room(a, b) for a, b in pairwise(row)]), strict=True))
    return x


def _mean(
    node: str,
    x: Mapping[str, float],
    near: Mapping[str, list[str]] | None,
    above: Mapping[str, list[str]],
    below: Mapping[str, list[str]],
) -> float:
    """Where a node would be if only its neighbours counted; long edges are held straight."""
    around = near.get(node, []) if near is not None else [*above.get(node, []), *below.get(node, [])]
    weights = [_STRAIGHTNESS if _is_bend(node) and _is_bend(other) else 1 for other in around]
    total = sum(weight * x[other] for weight, other in zip(weights, around, strict=True))
    return total / sum(weights) if around else x[node]


def _room(left: str, right: str) -> float:
    """Least distance of two neighbours in a layer."""
    return ((_BEND_WEIGHT if _is_bend(left) else 1) + (_BEND_WEIGHT if _is_bend(right) else 1)) / 2


def spread(wanted: Sequence[float], rooms: Sequence[float]) -> list[float]:
    """Places as close to the wanted ones as the least distances between neighbours allow.

    The least sum of squares: isotonic regression by pooling adjacent violators (Ayer et al., Ann. Math. Statist. 26,
    1955, 641) of the wanted places less the room that lies before each of them.

    Args:
        wanted: Where each one would be.
        rooms: Least distance of each from the next; one shorter.
    """
    offsets = [0.0]
    for room in rooms:
        offsets.append(offsets[-1] + room)
    pools: list[tuple[float, int]] = []
    for place, offset in zip(wanted, offsets, strict=False):
        mean, size = place - offset, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean, size = (mean * size + other * others) / (size + others), size + others
        pools.append((mean, size))
    flat = [mean for mean, size in pools for _ in range(size)]
    return [mean + offset for mean, offset in zip(flat, offsets, strict=True)] if wanted else []
