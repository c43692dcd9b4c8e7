"""Lineage: exactly the records that were there, both ways, as deep as asked, and nothing that one may not see."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import writing
from accounts.models import Membership, Project
from analysis_tasks.models import Result, Slot
from analysis_tasks.services import report_value
from comparisons.services import add_row
from measurements.models import CellTest
from provenance.graph import Edge, Graph, Kind, Node, folded, in_order, within
from provenance.selectors import NoSuchRecordError, TooMuchError, impact, lineage
from provenance.selectors.scope import capped
from samples.models import Process, ProcessInput, ProcessOutput, Publication, Sample
from samples.services import InputSpec, OutputSpec, change_cell, create_process
from tests import factories


def names(lab):
    """What the tests call each record of the laboratory."""
    found = {str(getattr(lab, name).pk): name for name in ("composite", "cell", "sintering", "assembly", "measurement")}
    found |= {str(getattr(lab, name).pk): name for name in ("file", "dataset", "run", "comparison")}
    for material, powder in zip(lab.materials, lab.powders, strict=True):
        found |= {str(material.pk): material.name, str(powder.pk): f"{material.name} lot"}
    found[f"results-{lab.run.pk}"] = "results"
    return found | {str(factories.material("Li").pk): "Li"}


def told(graph, lab):
    """The edges of a graph in words; of the runs only that of the kernel which the tests follow, and its numbers."""
    known, others = names(lab), other_runs(lab)
    edges = [edge for edge in graph.edges if not others & {edge.source, edge.target}]
    return {(known[edge.source], known[edge.target], edge.role) for edge in edges}


def other_runs(lab):
    """Nodes of further kernels that analysed the same data."""
    keys = [str(run.pk) for run in lab.measurement.runs.exclude(pk=lab.run.pk)]
    return {*keys, *(f"results-{key}" for key in keys)}


MADE = {
    ("NCM622", "NCM622 lot", "material"),
    ("LLZTO", "LLZTO lot", "material"),
    ("LBO", "LBO lot", "material"),
    ("NCM622 lot", "sintering", "component"),
    ("LLZTO lot", "sintering", "component"),
    ("LBO lot", "sintering", "component"),
    ("sintering", "composite", "product"),
}
BUILT = {
    ("composite", "assembly", "cathode"),
    ("assembly", "cell", "cell"),
    ("LLZTO", "cell", "electrolyte"),
    ("Li", "cell", "anode"),
}
MEASURED = {
    ("cell", "measurement", "measured"),
    ("measurement", "file", "recorded"),
    ("file", "dataset", "read"),
    ("dataset", "run", "data"),
    ("run", "results", "computed"),
    ("results", "comparison", "number"),
    ("cell", "comparison", "row"),
    ("cell", "run", "value read"),
    ("measurement", "run", "value read"),
}


def test_a_comparison_leads_back_to_the_materials(lab):
    graph = lineage(Kind.COMPARISON, "my-cells", lab.viewer, direction="up")
    assert told(graph, lab) == MADE | BUILT | MEASURED | {("NCM622", "run", "value read")}
    fractions = {names(lab)[edge.source]: edge.fraction for edge in graph.edges if edge.fraction is not None}
    assert fractions == {"NCM622 lot": 0.43, "LLZTO lot": 0.35, "LBO lot": 0.22}
    assert graph.nodes[str(lab.file.pk)].attributes["sha256"] == lab.file.blob_id
    assert not graph.truncated


def test_a_powder_leads_on_to_the_comparison(lab):
    graph = lineage(Kind.SAMPLE, lab.powders[2].pk, lab.viewer, direction="down")
    expected = MEASURED | {("LBO lot", "sintering", "component"), ("sintering", "composite", "product")}
    assert told(graph, lab) == expected | {("composite", "assembly", "cathode"), ("assembly", "cell", "cell")}


def test_a_composite_in_the_middle_has_both_sides(lab):
    graph = lineage(Kind.SAMPLE, lab.composite.pk, lab.viewer)
    down = {("composite", "assembly", "cathode"), ("assembly", "cell", "cell")}
    assert told(graph, lab) == MADE | MEASURED | down
    assert next(iter(graph.nodes)) == str(lab.composite.pk)


@pytest.mark.parametrize("kind", ["measurement", "file", "dataset", "run"])
def test_each_record_of_the_data_starts_a_lineage(lab, kind):
    graph = lineage(Kind(kind), getattr(lab, kind).pk, lab.viewer)
    assert {"NCM622", "composite", "comparison"} <= {names(lab).get(node) for node in graph.nodes}
    chain = ["measurement", "file", "dataset", "run", "results", "comparison"]
    assert set(pairwise(chain)) <= {edge[:2] for edge in told(graph, lab)}


def test_a_single_number_leads_to_its_run_and_to_the_table_that_shows_it(lab):
    number = lab.run.results.get(quantity="initial_discharge_capacity", index={})
    graph = lineage(Kind.RESULT, number.pk, lab.viewer)
    edges = {(edge.source, edge.target) for edge in graph.edges}
    assert (str(lab.run.pk), str(number.pk)) in edges
    assert (str(number.pk), str(lab.comparison.pk)) in edges
    assert graph.nodes[str(number.pk)].attributes["value"] == number.value
    other = lab.run.results.filter(index={"cycle": 1}).first()
    assert Kind.COMPARISON not in {node.kind for node in lineage(Kind.RESULT, other.pk, lab.viewer).nodes.values()}


def test_results_stand_together_unless_each_is_asked_for(lab):
    count = lab.run.results.count()
    together = lineage(Kind.RUN, lab.run.pk, lab.viewer, direction="down", depth=1)
    assert [node.attributes["count"] for node in together.nodes.values() if node.kind is Kind.RESULT] == [count]
    alone = lineage(Kind.RUN, lab.run.pk, lab.viewer, direction="down", depth=1, each=True)
    assert sum(node.kind is Kind.RESULT for node in alone.nodes.values()) == count


def test_reported_numbers_come_from_their_publication(lab):
    paper = writing.create(Publication(label="[45]", title="A paper"), actor=lab.owner)
    cell = factories.cell(lab.project)
    test = CellTest(sample=cell, technique="cycling", publication=paper, locator="Table S1, row 1")
    writing.create(test, actor=lab.owner)
    report_value(
        actor=lab.owner,
        subject=cell,
        measurement=test,
        quantity_key="initial_discharge_capacity",
        text="138.8 mAh/g",
        publication=paper,
        locator="Table S1, row 1",
    )
    add_row(lab.comparison, actor=lab.owner, cell=cell, test=test)
    up = lineage(Kind.COMPARISON, lab.comparison.pk, lab.viewer, direction="up")
    results = f"results-{test.pk}-{paper.pk}"
    edges = {(edge.source, edge.target, edge.role) for edge in up.edges}
    assert {(str(paper.pk), results, "reported"), (str(test.pk), results, "about")} <= edges
    assert {(str(paper.pk), str(test.pk), "reported"), (results, str(lab.comparison.pk), "number")} <= edges
    down = lineage(Kind.PUBLICATION, paper.pk, lab.viewer, direction="down")
    assert {node.kind for node in down.nodes.values()} == {
        Kind.PUBLICATION,
        Kind.MEASUREMENT,
        Kind.RESULT,
        Kind.COMPARISON,
    }


def test_depth_counts_edges(lab):
    start = lab.powders[0].pk
    far = lineage(Kind.SAMPLE, start, lab.viewer, direction="down")
    distances = far.distances()
    for depth in range(max(distances.values()) + 2):
        near = lineage(Kind.SAMPLE, start, lab.viewer, direction="down", depth=depth)
        assert set(near.nodes) == {node for node, distance in distances.items() if distance <= depth}, depth
        assert set(near.edges) == set(within(far, depth).edges), depth


def test_a_limit_keeps_the_nearest_and_says_so(lab):
    whole = lineage(Kind.CELL, lab.cell.pk, lab.viewer)
    part = lineage(Kind.CELL, lab.cell.pk, lab.viewer, limit=6)
    distances = whole.distances()
    assert part.truncated
    assert len(part.nodes) == 6
    assert max(distances[node] for node in part.nodes) == 1
    many = [factories.powder(lab.project, "LBO") for _ in range(5)]
    shown = lineage(Kind.MATERIAL, many[0].material_id, lab.viewer, direction="down", limit=4)
    assert shown.truncated
    assert len(shown.nodes) <= 4


def test_what_is_stale_says_why_and_so_does_what_rests_on_it(lab):
    Project.objects.update(rerun_policy="never")
    change_cell(lab.cell, actor=lab.owner, active_mass="4.2 mg")
    graph = lineage(Kind.CELL, lab.cell.pk, lab.viewer, direction="down")
    stale = {node.id: node.stale for node in graph.nodes.values() if node.stale and node.id not in other_runs(lab)}
    stale = {names(lab)[key]: reasons for key, reasons in stale.items()}
    assert stale["run"] == stale["results"] != ()
    assert "active mass" in stale["run"][0]
    assert stale["comparison"] == ("it shows numbers of 1 stale run",)
    assert set(stale) == {"run", "results", "comparison"}
    Slot.objects.update(current_run=None)
    graph = lineage(Kind.RUN, lab.run.pk, lab.viewer, direction="down")
    assert graph.nodes[str(lab.run.pk)].state == "superseded"


# -- access ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cell", "process", "measurement", "file", "dataset", "run", "comparison"])
def test_a_stranger_finds_no_lineage(lab, kind):
    record = {"process": lab.sintering}.get(kind) or getattr(lab, kind)
    assert lineage(Kind(kind), record.pk, lab.viewer).nodes
    with pytest.raises(NoSuchRecordError):
        lineage(Kind(kind), record.pk, lab.stranger)


def test_what_is_shared_shows_a_stranger_nothing_of_a_project(lab):
    graph = lineage(Kind.MATERIAL, lab.materials[0].pk, lab.stranger)
    assert [node.label for node in graph.nodes.values()] == ["NCM622"]
    assert graph.edges == ()


def test_a_closed_project_between_leaves_no_gap_that_can_be_noticed(lab):
    """Lot -> (closed: milling -> milled powder -> mixing) -> open mixture: seen from the open side there is nothing."""
    closed = factories.project()
    admin = factories.admin()
    milled = Sample(code="SECRET", kind="powder")
    create_process(
        actor=admin,
        project=closed,
        kind="milling",
        inputs=[InputSpec(sample=lab.powders[0], role="precursor")],
        outputs=[OutputSpec(milled)],
    )
    mixture = writing.create(Sample(project=lab.project, code="OPEN", kind="mixture"), actor=lab.owner)
    create_process(
        actor=admin,
        project=closed,
        kind="mixing",
        inputs=[InputSpec(sample=milled, role="precursor")],
        outputs=[OutputSpec(mixture)],
    )
    seen = lineage(Kind.SAMPLE, lab.powders[0].pk, lab.viewer, direction="down")
    assert "OPEN" not in {node.label for node in seen.nodes.values()}
    assert "milling" not in {node.label for node in seen.nodes.values()}
    assert len(lineage(Kind.SAMPLE, mixture.pk, lab.viewer).nodes) == 1
    everything = lineage(Kind.SAMPLE, lab.powders[0].pk, admin, direction="down")
    assert {"milling", "SECRET", "mixing", "OPEN"} <= {node.label for node in everything.nodes.values()}
    Membership.objects.create(project=closed, user=lab.viewer, role="viewer")
    opened = lineage(Kind.SAMPLE, lab.powders[0].pk, lab.viewer, direction="down")
    assert set(opened.nodes) == set(everything.nodes)


# -- impact ---------------------------------------------------------------------------------------------------------


def test_impact_names_what_rests_on_a_lot(lab):
    found = impact(lab.powders[2], lab.viewer)
    assert [cell.pk for cell in found.cells] == [lab.cell.pk]
    assert [row.pk for row in found.measurements] == [lab.measurement.pk]
    assert [row.pk for row in found.comparisons] == [lab.comparison.pk]
    assert (found.samples, found.results) == (1, Result.objects.count())
    assert not found.truncated
    unused = impact(factories.powder(lab.project, "LBO"), lab.viewer)
    assert (unused.cells, unused.measurements, unused.comparisons, unused.results) == ([], [], [], 0)


# -- cost -----------------------------------------------------------------------------------------------------------


def queries(question):
    with CaptureQueriesContext(connection) as captured:
        question()
    return len(captured)


def test_the_number_of_queries_does_not_grow(lab, receive):
    questions = [
        lambda: lineage(Kind.MATERIAL, lab.materials[0].pk, lab.viewer, direction="down"),
        lambda: lineage(Kind.COMPARISON, "my-cells", lab.viewer, direction="up"),
        lambda: lineage(Kind.CELL, lab.cell.pk, lab.viewer),
        lambda: impact(lab.powders[0], lab.viewer),
    ]
    few = [queries(question) for question in questions]
    for _ in range(3):
        cell = factories.cell(lab.project)
        receive(lab.owner, cell)
        add_row(lab.comparison, actor=lab.owner, cell=cell)
    assert [queries(question) for question in questions] == few
    assert max(few) <= 50


def test_a_question_that_takes_too_long_is_stopped(db):
    with pytest.raises(TooMuchError, match="smaller depth"):
        with capped(50), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
    with capped(1000), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() != ("1s",)


# -- against brute force --------------------------------------------------------------------------------------------


@st.composite
def laboratories(draw):
    """Processes over up to twelve samples: each takes samples with smaller numbers and gives one with a greater."""
    count = draw(st.integers(2, 12))
    steps = []
    for product in range(1, count):
        if draw(st.booleans()) or product == count - 1:
            sources = draw(st.sets(st.integers(0, product - 1), min_size=1, max_size=4))
            steps.append((sorted(sources), product, draw(st.integers(0, 3)) == 0))
    hidden = draw(st.sets(st.integers(0, count - 1), max_size=2))
    return SimpleNamespace(count=count, steps=steps, hidden=hidden, start=draw(st.integers(0, count - 1)))


@pytest.fixture
def two_projects(db):
    opened, closed = factories.project(), factories.project()
    return SimpleNamespace(
        open=opened, closed=closed, viewer=factories.member(opened, "viewer"), admin=factories.admin()
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lab=laboratories(), depth=st.one_of(st.none(), st.integers(0, 6)), side=st.sampled_from(["up", "down", "both"]))
def test_the_graph_equals_a_walk_in_python(two_projects, lab, depth, side):
    hidden = lab.hidden - {lab.start}
    samples = [
        Sample(project=two_projects.closed if place in hidden else two_projects.open, code=f"S{n}", kind="powder")
        for n, place in enumerate(range(lab.count), Sample.objects.count())
    ]
    Sample.objects.bulk_create(samples)
    edges, closed = set(), {str(samples[place].pk) for place in hidden}
    for sources, product, is_closed in lab.steps:
        project = two_projects.closed if is_closed else two_projects.open
        process = Process.objects.create(project=project, kind="mixing")
        closed |= {str(process.pk)} if is_closed else set()
        for place in sources:
            ProcessInput.objects.create(process=process, sample=samples[place], role="precursor")
            edges.add((str(samples[place].pk), str(process.pk)))
        ProcessOutput.objects.create(process=process, sample=samples[product])
        edges.add((str(process.pk), str(samples[product].pk)))
    start = str(samples[lab.start].pk)
    for user, out_of_sight in ((two_projects.viewer, closed), (two_projects.admin, set())):
        graph = lineage(Kind.SAMPLE, start, user, direction=side, depth=depth)
        visible = {edge for edge in edges if not out_of_sight & set(edge)}
        nodes, passed = brute_force(visible, start, side, depth)
        assert set(graph.nodes) == nodes
        assert {(edge.source, edge.target) for edge in graph.edges} == passed
        order = {node.id: place for place, node in enumerate(in_order(graph))}
        assert all(order[edge.source] < order[edge.target] for edge in graph.edges)


def brute_force(edges, start, side, depth):
    """Nodes within so many edges, going one way only; and the edges among those that were reached on each way."""
    nodes, passed = {start}, set()
    for way in ("up", "down") if side == "both" else (side,):
        reached = {start: 0}
        frontier = [start]
        while frontier:
            here = frontier.pop(0)
            if depth is not None and reached[here] == depth:
                continue
            for source, target in edges:
                near, far = (target, source) if way == "up" else (source, target)
                if near == here and far not in reached:
                    reached[far] = reached[here] + 1
                    frontier.append(far)
        nodes |= set(reached)
        passed |= {edge for edge in edges if set(edge) <= set(reached)}
    return nodes, passed


# -- views ----------------------------------------------------------------------------------------------------------


def fan(count):
    """A lot from which so many samples were made, by a process each."""
    nodes = {"lot": Node("lot", Kind.SAMPLE, "lot")}
    edges = []
    for number in range(count):
        for kind, key in ((Kind.PROCESS, f"p{number}"), (Kind.SAMPLE, f"s{number}")):
            nodes[key] = Node(key, kind, key)
        edges += [Edge("lot", f"p{number}", "precursor"), Edge(f"p{number}", f"s{number}", "product")]
    return Graph("lot", nodes, tuple(edges))


def test_many_siblings_are_folded_and_counted():
    view = folded(fan(45), siblings=8)
    assert len(view.nodes) == 1 + 8 + 8
    assert [(more.node, more.kind, more.side, more.count) for more in view.more] == [("lot", Kind.PROCESS, "down", 37)]
    assert folded(fan(8)).more == ()


def test_a_folded_view_never_shows_more_than_asked():
    view = folded(fan(300), siblings=300, at_most=200)
    assert len(view.nodes) == 200
    assert sum(more.count for more in view.more if more.node == "lot") == 300 - 199


def test_a_cycle_is_refused():
    nodes = {key: Node(key, Kind.SAMPLE, key) for key in "ab"}
    with pytest.raises(ValueError, match="cycle"):
        in_order(Graph("a", nodes, (Edge("a", "b", ""), Edge("b", "a", ""))))
