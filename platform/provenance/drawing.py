"""A lineage graph as SVG: every node a link, kinds told apart by shape and colour, simulated and stale ones marked.

One text serves all doors. Colours stand as presentation attributes, so that the file looks right alone; the pages'
style sheet goes before them and gives the colours of the chosen theme. No style attributes, no scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import pairwise

from provenance.graph import Edge, Graph, Kind, More, Node
from provenance.layout import Layout, Place, lay_out, more_key

WIDTH, HEIGHT = 172, 42
_GAP_X, _GAP_Y, _MARGIN, _LITTLE = 18, 34, 14, 40
_LETTERS, _SMALL_LETTERS = 22, 27
_GROUND, _INK, _MUTED, _LINE = "#ffffff", "#1c2228", "#58626d", "#b8c0c8"
_COLOURS = {"origin": "#3f7a38", "thing": "#b4531a", "act": "#58626d", "data": "#0a5a85", "answer": "#1c2228"}
_GROUPS = {
    Kind.MATERIAL: "origin",
    Kind.PUBLICATION: "origin",
    Kind.SAMPLE: "thing",
    Kind.CELL: "thing",
    Kind.PROCESS: "act",
    Kind.MEASUREMENT: "act",
    Kind.RUN: "act",
    Kind.FILE: "data",
    Kind.DATASET: "data",
    Kind.RESULT: "data",
    Kind.COMPARISON: "answer",
}
LEGEND = (
    ("origin", "material or publication"),
    ("thing", "sample or cell"),
    ("act", "process, measurement or run"),
    ("data", "file, data or numbers"),
    ("answer", "comparison"),
)
Address = Callable[[Node], str]
MoreAddress = Callable[[More, Node], str]


def draw(graph: Graph, *, address: Address, more_address: MoreAddress) -> str:
    """The graph as an SVG document.

    Args:
        graph: A folded view; 200 nodes are a page full.
        address: Where a node leads, empty for nowhere.
        more_address: Where a group of left-out neighbours leads.
    """
    layout = lay_out(graph)
    left = min(place.x for place in [*layout.places.values(), *_all_bends(layout)])
    width = round(layout.width * (WIDTH + _GAP_X) + WIDTH + 2 * _MARGIN)
    height = layout.layers * (HEIGHT + _GAP_Y) - _GAP_Y + 2 * _MARGIN
    pen = _Pen(graph, layout, left)
    title = escape(f"Lineage of {graph.nodes[graph.start].label}")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" class="lineage" role="group" aria-label="{title}" font-family="sans-serif" '
            'font-size="12">',
            f'<rect class="lineage__ground" width="{width}" height="{height}" fill="{_GROUND}"/>',
            *pen.edges(),
            *(pen.node(node, address(node)) for node in graph.nodes.values()),
            *(pen.more(more, more_address(more, graph.nodes[more.node])) for more in graph.more),
            "</svg>",
        ]
    )


def sign(group: str) -> str:
    """A small drawing of a group's shape, for the legend."""
    return (
        f'<svg class="lineage lineage--sign" viewBox="-1 -1 26 16" width="26" height="16" aria-hidden="true">'
        f'<g class="lineage__node lineage__node--{group}">{_shape(group, 24, 14, _COLOURS[group])}</g></svg>'
    )


def _all_bends(layout: Layout) -> Iterator[Place]:
    return (bend for bends in layout.bends.values() for bend in bends)


class _Pen:
    """Draws at the places of one layout."""

    def __init__(self, graph: Graph, layout: Layout, left: float) -> None:
        self.graph, self.layout, self.left = graph, layout, left

    def node(self, node: Node, address: str) -> str:
        """A node: its shape with two lines of text, as a link."""
        x, y = self._corner(self.layout.places[node.id])
        group = _GROUPS[node.kind]
        marks = [
            f"lineage__node--{group}",
            "lineage__node--start" * (node.id == self.graph.start),
            "lineage__node--simulated" * node.simulated,
            "lineage__node--stale" * bool(node.stale),
            "lineage__node--past" * (node.state == "superseded"),
        ]
        stroke = "#6a3a9e" if node.simulated else "#835400" if node.stale else _COLOURS[group]
        words = _words(node)
        drawn = (
            f'<g class="lineage__node {" ".join(filter(None, marks))}" transform="translate({x} {y})">'
            f"<title>{escape(words)}</title>{_shape(group, WIDTH, HEIGHT, stroke, simulated=node.simulated)}"
            f'<text class="lineage__label" x="{WIDTH / 2:g}" y="18" text-anchor="middle" font-weight="600" '
            f'fill="{_INK}">{escape(_short(node.label))}</text>'
            f'<text class="lineage__detail" x="{WIDTH / 2:g}" y="33" text-anchor="middle" font-size="11" '
            f'fill="{_MUTED}">{escape(_short(_second_line(node), _SMALL_LETTERS))}</text></g>'
        )
        return _linked(drawn, address, words)

    def more(self, more: More, address: str) -> str:
        """How many neighbours are left out."""
        x, y = self._corner(self.layout.places[more_key(more)])
        words = f"+{more.count} more"
        drawn = (
            f'<g class="lineage__more" transform="translate({x} {y})">'
            f'<text x="{WIDTH / 2:g}" y="18" text-anchor="middle" fill="{_MUTED}">{words}</text>'
            f'<text x="{WIDTH / 2:g}" y="33" text-anchor="middle" font-size="11" fill="{_MUTED}">{_plural(more)}</text>'
            "</g>"
        )
        return _linked(drawn, address, f"{words} {_plural(more)}")

    def edges(self) -> Iterator[str]:
        """All edges, those that only read values dashed, fractions written beside their beginning."""
        for edge in self.graph.edges:
            yield self._edge(edge)
        for more in self.graph.more:
            ends = [self._centre(self.layout.places[key]) for key in (more.node, more_key(more))]
            top, bottom = sorted(ends, key=lambda end: end[1])
            yield _path([_end(top, 1), _end(bottom, -1)], "lineage__edge lineage__edge--read")

    def _edge(self, edge: Edge) -> str:
        source, target = (self._centre(self.layout.places[key]) for key in (edge.source, edge.target))
        bends = [self._centre(bend) for bend in self.layout.bends[edge]]
        start, end = _end(source, 1), _end(target, -1)
        drawn = _path([start, *bends, end], "lineage__edge" + " lineage__edge--read" * edge.read, dashed=edge.read)
        if edge.fraction is None:
            return drawn
        percent = f"{100 * edge.fraction:.1f}".removesuffix(".0")
        second = bends[0] if bends else end
        x, y = start[0] + (second[0] - start[0]) * 0.25, start[1] + 13
        return drawn + (
            f'<text class="lineage__fraction" x="{x:.0f}" y="{y:.0f}" font-size="11" text-anchor="middle" '
            f'fill="{_MUTED}">{percent} %</text>'
        )

    def _centre(self, place: Place) -> tuple[float, float]:
        x = _MARGIN + WIDTH / 2 + (place.x - self.left) * (WIDTH + _GAP_X)
        return x, _MARGIN + HEIGHT / 2 + place.layer * (HEIGHT + _GAP_Y)

    def _corner(self, place: Place) -> tuple[int, int]:
        x, y = self._centre(place)
        return round(x - WIDTH / 2), round(y - HEIGHT / 2)


def _end(centre: tuple[float, float], side: int) -> tuple[float, float]:
    return centre[0], centre[1] + side * HEIGHT / 2


def _path(points: list[tuple[float, float]], name: str, *, dashed: bool = False) -> str:
    """A line downwards: smooth at its ends, straight where it passes other layers with little to either side."""
    pieces = [f"M{points[0][0]:.0f} {points[0][1]:.0f}"]
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        if 0 < number < len(points) - 2 and abs(x1 - x0) < _LITTLE:
            pieces.append(f"L{x1:.0f} {y1:.0f}")
        else:
            middle = (y0 + y1) / 2
            pieces.append(f"C{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}")
    dash = ' stroke-dasharray="2 4"' if dashed else ""
    return f'<path class="{name}" d="{"".join(pieces)}" fill="none" stroke="{_LINE}" stroke-width="1.3"{dash}/>'


def _shape(group: str, width: int, height: int, stroke: str, *, simulated: bool = False) -> str:
    """The outline of a group of kinds."""
    cut = height // 4
    dash = ' stroke-dasharray="5 3"' if simulated else ""
    look = f'class="lineage__shape" fill="{_GROUND}" stroke="{stroke}" stroke-width="1.5"{dash}'
    if group == "act":
        return f'<rect {look} width="{width}" height="{height}" rx="{height / 2:g}"/>'
    if group == "origin":
        corners = [(cut, 0), (width - cut, 0), (width, cut), (width, height - cut)]
        corners += [(width - cut, height), (cut, height), (0, height - cut), (0, cut)]
        return f'<polygon {look} points="{_points(corners)}"/>'
    if group == "data":
        fold = [(0, 0), (width - cut, 0), (width, cut), (width, height), (0, height)]
        ear = f'<path class="lineage__ear" d="M{width - cut} 0v{cut}h{cut}" fill="none" stroke="{stroke}"/>'
        return f'<polygon {look} points="{_points(fold)}"/>{ear}'
    frame = f'<rect {look} width="{width}" height="{height}" rx="3"/>'
    if group == "answer":
        inner = f'width="{width - 6}" height="{height - 6}"'
        frame += f'<rect class="lineage__ear" x="3" y="3" {inner} fill="none" stroke="{stroke}" stroke-width="0.75"/>'
    return frame


def _points(corners: Iterable[tuple[int, int]]) -> str:
    return " ".join(f"{x},{y}" for x, y in corners)


def _linked(drawn: str, address: str, words: str) -> str:
    if not address:
        return drawn
    return f'<a href="{escape(address)}" class="lineage__link" aria-label="{escape(words)}">{drawn}</a>'


def _words(node: Node) -> str:
    """Everything a node says, for the tooltip and for who cannot see it."""
    parts = [f"{node.kind}: {node.label}", node.detail, node.state, "simulated" * node.simulated]
    return ". ".join(filter(None, parts)) + "".join(f". Stale: {reason}" for reason in node.stale)


def _second_line(node: Node) -> str:
    marks = ["simulated" * node.simulated, "stale" * bool(node.stale), node.state]
    told = ", ".join(filter(None, marks))
    return f"{told}: {node.detail}" if told and node.detail else told or node.detail or str(node.kind)


def _short(text: str, letters: int = _LETTERS) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _plural(more: More) -> str:
    word = {Kind.PROCESS: "processes", Kind.FILE: "files"}.get(more.kind, f"{more.kind}s")
    return word if more.count > 1 else str(more.kind)
