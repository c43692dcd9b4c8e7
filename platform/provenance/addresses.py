"""Addresses of lineage: of a record's graph page, and of records in the REST API."""

from __future__ import annotations

from django.urls import reverse

from provenance.graph import Kind, More, Node, Side

API_ROUTES = {
    Kind.MATERIAL: "material",
    Kind.PUBLICATION: "publication",
    Kind.SAMPLE: "sample",
    Kind.CELL: "cell",
    Kind.PROCESS: "process",
    Kind.MEASUREMENT: "measurement",
    Kind.FILE: "file",
    Kind.RUN: "run",
    Kind.RESULT: "result",
    Kind.COMPARISON: "comparison",
}
"""Names of the lists that records have in the REST API."""


def lineage_page(node: Node, side: Side | None = None) -> str:
    """The graph page of a node; empty for numbers that stand together, which are no record."""
    if node.id.startswith("results-"):
        return ""
    path = reverse("lineage", args=[node.kind, node.id])
    return f"{path}?direction={side}" if side else path


def page_of_node(node: Node) -> str:
    """Where a node of a drawing leads."""
    return node.page


def page_of_more(more: More, node: Node) -> str:
    """Where left-out neighbours lead: to the graph around the node they belong to."""
    return lineage_page(node, more.side)
