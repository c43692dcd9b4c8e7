"""The lineage of a record as a drawing and as a list; of a sample also what rests on it. The address is the state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from accounts.models import User
from provenance.addresses import lineage_page, page_of_more, page_of_node
from provenance.drawing import LEGEND, draw, sign
from provenance.graph import DIRECTIONS, Direction, Edge, Graph, Kind, Node, folded, in_order
from provenance.selectors import NoSuchRecordError, TooMuchError, impact, lineage
from samples.models import Sample

_DEPTHS = (2, 4, 8)
_LISTED = 300


@dataclass(frozen=True)
class Line:
    """A node in the list, with what it came from and its own graph."""

    node: Node
    sources: list[tuple[Node, Edge]]
    lineage: str


@login_required
@require_safe
def lineage_page_of(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The graph around one record: `?direction=up|down|both&depth=4`."""
    try:
        graph = lineage(Kind(kind), key, request.user, direction=_direction(request), depth=_depth(request))
    except (NoSuchRecordError, ValueError):
        raise Http404("There is no such record.") from None
    except TooMuchError as error:
        return render(request, "pages/lineage_refused.html", {"sentence": str(error)}, status=503)
    view, start = folded(graph), graph.nodes[graph.start]
    context = {
        "start": start,
        "graph": graph,
        "view": view,
        "hidden": len(graph.nodes) - len(view.nodes),
        "drawing": _safe(draw(view, address=page_of_node, more_address=page_of_more)),
        "legend": [(_safe(sign(group)), words) for group, words in LEGEND],
        "lines": list(_lines(graph))[:_LISTED],
        "unlisted": max(0, len(graph.nodes) - _LISTED),
        "links": _links(request),
        "api": f"/api/v1/lineage/{start.kind}/{start.id}/?{request.GET.urlencode()}",
        "impact": _impact(start, request.user),
        "crate": start.kind if start.kind in {Kind.COMPARISON, Kind.CELL, Kind.MEASUREMENT, Kind.RUN} else "",
    }
    return render(request, "pages/lineage.html", context)


def _direction(request: HttpRequest) -> Direction:
    wanted = request.GET.get("direction")
    return next((known for known in DIRECTIONS if known == wanted), "both")


def _depth(request: HttpRequest) -> int | None:
    text = request.GET.get("depth", "")
    return min(int(text), 100) if text.isascii() and text.isdigit() and int(text[:6]) > 0 else None


def _links(request: HttpRequest) -> dict[str, list[dict[str, Any]]]:
    """The choices as addresses, with the one that holds."""
    directions = {"up": "where it came from", "down": "what came of it", "both": "both ways"}
    depths: dict[int | None, str] = {number: f"{number} steps" for number in _DEPTHS}
    depths[None] = "all"
    here, depth = _direction(request), _depth(request)
    return {
        "directions": [
            {"words": words, "address": _address(way, depth), "chosen": way == here}
            for way, words in directions.items()
        ],
        "depths": [
            {"words": words, "address": _address(here, number), "chosen": number == depth}
            for number, words in depths.items()
        ],
    }


def _address(direction: str, depth: int | None) -> str:
    return f"?direction={direction}" + (f"&depth={depth}" if depth else "")


def _lines(graph: Graph) -> Iterator[Line]:
    """All nodes, each after what it came from."""
    into: dict[str, list[tuple[Node, Edge]]] = {}
    for edge in graph.edges:
        into.setdefault(edge.target, []).append((graph.nodes[edge.source], edge))
    for node in in_order(graph):
        yield Line(node, into.get(node.id, []), lineage_page(node))


def _impact(start: Node, user: User | Any) -> Any:
    if start.kind not in {Kind.SAMPLE, Kind.CELL}:
        return None
    return impact(Sample.objects.visible_to(user).get(pk=start.id), user)


def _safe(svg: str) -> SafeString:
    """A drawing of ours: every text in it was escaped when it was drawn."""
    return mark_safe(svg)  # noqa: S308
