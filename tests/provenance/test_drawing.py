"""The drawing: layers in order, nothing on top of anything else, every node a link, marks to be seen and heard."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.drawing import draw
from provenance.graph import Edge, Graph, Kind, Node, folded
from provenance.layout import lay_out, spread
from tests import rest


def parsed(text):
    """Our own drawing as XML."""
    return ET.fromstring(text)  # noqa: S314


SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw_):
    """Acyclic graphs of up to 25 nodes."""
    count = draw_(st.integers(1, 25))
    nodes = {f"n{n}": Node(f"n{n}", draw_(st.sampled_from(list(Kind))), f"node {n}") for n in range(count)}
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] < pair[1])
    chosen = draw_(st.sets(pairs, max_size=40)) if count > 1 else set()
    return Graph("n0", nodes, tuple(Edge(f"n{a}", f"n{b}", "role") for a, b in sorted(chosen)))


@given(graphs())
def test_edges_go_down_and_no_node_lies_on_another(graph):
    layout = lay_out(graph)
    assert set(layout.places) == set(graph.nodes)
    for edge in graph.edges:
        source, target = layout.places[edge.source], layout.places[edge.target]
        assert source.layer < target.layer
        assert [bend.layer for bend in layout.bends[edge]] == list(range(source.layer + 1, target.layer))
    for layer in range(layout.layers):
        row = sorted(place.x for place in layout.places.values() if place.layer == layer)
        assert all(right - left > 1 - 1e-9 for left, right in pairwise(row))


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.3, 2)), min_size=1, max_size=20))
def test_places_keep_their_distance_and_the_balance_of_their_wishes(rows):
    wanted, rooms = [row[0] for row in rows], [row[1] for row in rows[1:]]
    placed = spread(wanted, rooms)
    gaps = [right - left for left, right in pairwise(placed)]
    assert all(gap >= room - 1e-9 for gap, room in zip(gaps, rooms, strict=True))
    assert sum(placed) == pytest.approx(sum(wanted), abs=1e-6)  # isotonic regression keeps the mean
    assert spread(placed, rooms) == pytest.approx(placed, abs=1e-6)


@given(graphs())
def test_the_drawing_is_xml_with_a_link_for_each_node(graph):
    svg = parsed(draw(folded(graph), address=lambda node: f"/{node.id}/", more_address=lambda *_: "/"))
    links = {link.get("href") for link in svg.iter(f"{SVG}a")}
    assert {f"/{key}/" for key in folded(graph).nodes} <= links
    assert not [element for element in svg.iter() if element.get("style")]


def test_marks_are_shapes_and_words_and_labels_are_escaped():
    node = Node("a", Kind.RUN, "<script>&", detail="of 'x'", simulated=True, stale=("mass was 2 and is 3",))
    text = draw(Graph("a", {"a": node}, ()), address=lambda _: '/"x"/', more_address=lambda *_: "")
    assert "<script>" not in text
    svg = parsed(text)
    [link] = svg.iter(f"{SVG}a")
    assert link.get("href") == '/"x"/'
    assert link.get("aria-label") == "run: <script>&. of 'x'. simulated. Stale: mass was 2 and is 3"
    [group] = [g for g in svg.iter(f"{SVG}g") if "lineage__node" in g.get("class")]
    assert {"lineage__node--simulated", "lineage__node--stale", "lineage__node--start"} <= set(
        group.get("class").split()
    )


def test_a_hundred_cells_are_folded_into_a_page(lab):
    nodes = {"c": Node("c", Kind.COMPARISON, "Table")}
    nodes |= {f"r{n}": Node(f"r{n}", Kind.CELL, f"cell {n}") for n in range(100)}
    graph = Graph("c", nodes, tuple(Edge(f"r{n}", "c", "row") for n in range(100)))
    text = draw(folded(graph), address=lambda _: "", more_address=lambda more, _: f"/?{more.side}")
    assert "+92 more" in text
    assert 'href="/?up"' in text


def test_the_drawing_by_rest(lab):
    answer = rest.client(lab.viewer).get(f"lineage/cell/{lab.cell.pk}/?format=svg")
    assert answer["Content-Type"] == "image/svg+xml"
    svg = parsed(answer.content)
    assert {link.get("href") for link in svg.iter(f"{SVG}a")} >= {
        lab.cell.get_absolute_url(),
        lab.run.get_absolute_url(),
    }
