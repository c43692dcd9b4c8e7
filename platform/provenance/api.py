"""REST of provenance: the lineage of a record in several forms, what rests on a sample, and crates to download."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.addresses import public_address
from core.api import StrictParameters
from core.filters import as_uuid
from core.serializers import address, brief
from core.tabular import asked_format
from provenance.addresses import API_ROUTES, page_of_more, page_of_node
from provenance.drawing import draw
from provenance.exports.crate import TooLargeForCrateError, crate_pieces, select
from provenance.graph import DIRECTIONS, Direction, Edge, Graph, Kind, Node, folded
from provenance.selectors import LIMIT, NoSuchRecordError, TooMuchError, impact, lineage
from samples.models import Sample

_FORMATS = ("json", "prov-json", "prov-n", "svg")
_MOST = 10_000
T = TypeVar("T")
_CRATES = (Kind.COMPARISON, Kind.CELL, Kind.SAMPLE, Kind.MEASUREMENT, Kind.RUN)


class TooMuch(APIException):
    """The question is bigger than a request may ask."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE


_NODE = inline_serializer(
    "LineageNode",
    {
        "id": serializers.CharField(help_text="UUID; of numbers that stand together, `results-` and their source."),
        "kind": serializers.CharField(help_text=", ".join(Kind)),
        "label": serializers.CharField(),
        "detail": serializers.CharField(),
        "url": serializers.CharField(allow_null=True, help_text="In this API."),
        "page": serializers.CharField(help_text="Path of its page."),
        "simulated": serializers.BooleanField(),
        "stale": serializers.ListField(child=serializers.CharField(), help_text="Why it is not today's answer."),
        "state": serializers.CharField(help_text="Of a run that is not current: superseded, failed ..."),
        "started_at": serializers.DateTimeField(allow_null=True),
        "ended_at": serializers.DateTimeField(allow_null=True),
        "attributes": serializers.DictField(),
    },
)
_EDGE = inline_serializer(
    "LineageEdge",
    {
        "from": serializers.CharField(help_text="What was there before."),
        "to": serializers.CharField(help_text="What came of it."),
        "role": serializers.CharField(),
        "fraction": serializers.FloatField(allow_null=True, help_text="Weight fraction, 0 to 1."),
        "detail": serializers.CharField(),
    },
)
_GRAPH = inline_serializer(
    "Lineage",
    {
        "start": serializers.CharField(),
        "direction": serializers.ChoiceField(choices=DIRECTIONS),
        "depth": serializers.IntegerField(allow_null=True),
        "truncated": serializers.BooleanField(),
        "nodes": _NODE.__class__(many=True),
        "edges": _EDGE.__class__(many=True),
    },
)
_REFERENCE = inline_serializer(
    "LineageReference", {"id": serializers.UUIDField(), "url": serializers.URLField(), "label": serializers.CharField()}
)
_IMPACT = inline_serializer(
    "Impact",
    {
        "sample": _REFERENCE,
        "cells": _REFERENCE.__class__(many=True),
        "samples": serializers.IntegerField(help_text="Other samples made of it."),
        "measurements": _REFERENCE.__class__(many=True),
        "results": serializers.IntegerField(),
        "comparisons": _REFERENCE.__class__(many=True),
        "frozen": _REFERENCE.__class__(many=True, help_text="Frozen comparisons that rest on it."),
        "truncated": serializers.BooleanField(),
    },
)


class _View(StrictParameters, APIView):
    """A question with its own parameters."""

    known: ClassVar[tuple[str, ...]] = ()

    def known_parameters(self) -> set[str]:
        """Names that this view understands."""
        return set(self.known)


class LineageView(_View):
    """What a record came from and what came of it."""

    known = ("direction", "depth", "limit", "results", "format")

    @extend_schema(
        operation_id="lineage_retrieve",
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(Kind)),
            OpenApiParameter("key", str, OpenApiParameter.PATH, description="UUID; a comparison also by its slug."),
            OpenApiParameter("direction", str, enum=DIRECTIONS, description="`up` to its sources; both by default."),
            OpenApiParameter("depth", int, description="At most so many edges from the record; all by default."),
            OpenApiParameter("limit", int, description=f"At most so many nodes, the nearest; {LIMIT} by default."),
            OpenApiParameter("results", str, enum=["together", "each"], description="Numbers by source, or alone."),
            OpenApiParameter("format", str, enum=_FORMATS),
        ],
        responses={
            (200, "application/json"): _GRAPH,
            (200, "text/provenance-notation"): OpenApiTypes.STR,
            (200, "image/svg+xml"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, kind: str, key: str) -> HttpResponseBase:
        """The graph as JSON, as W3C PROV (`prov-json`, `prov-n`), or drawn (`svg`)."""
        form = asked_format(request.query_params.get("format"), _FORMATS)
        direction = _choice(request, "direction", DIRECTIONS, "both")
        depth = _number(request, "depth", None, 0, 100)
        each = _choice(request, "results", ("together", "each"), "together") == "each"
        limit = _number(request, "limit", LIMIT, 1, _MOST)
        graph = _asked(
            lambda: lineage(_kind(kind), key, request.user, direction=direction, depth=depth, limit=limit, each=each)
        )
        if form == "json":
            return Response(_graph_as_json(graph, request, direction, depth))
        write, media = _WRITERS[form]
        return HttpResponse(write(graph), content_type=media)


class ImpactView(_View):
    """What rests on a sample."""

    @extend_schema(
        operation_id="impact_sample_retrieve",
        parameters=[OpenApiParameter("key", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses=_IMPACT,
    )
    def get(self, request: Request, key: str) -> Response:
        """Which cells used this sample, and which measurements, numbers and comparisons rest on them."""
        found = Sample.objects.visible_to(request.user).filter(pk=_uuid(key)).first()
        if found is None:
            raise Http404
        rests = _asked(lambda: impact(found, request.user))
        return Response(
            {
                "sample": brief(request, "sample", found),
                "cells": [brief(request, "cell", cell) for cell in rests.cells],
                "samples": rests.samples,
                "measurements": [brief(request, "measurement", row) for row in rests.measurements],
                "results": rests.results,
                "comparisons": [brief(request, "comparison", row) for row in rests.comparisons],
                "frozen": [brief(request, "frozen", row) for row in rests.frozen],
                "truncated": rests.truncated,
            }
        )


class CrateView(_View):
    """Files, runs and provenance of a selection in one zip."""

    known = (*_CRATES, "license")

    @extend_schema(
        operation_id="exports_crate_retrieve",
        parameters=[
            *(OpenApiParameter(kind, str, description=f"A {kind}, by id; name one record.") for kind in _CRATES),
            OpenApiParameter("license", str, description="Address of the licence that the data are given under."),
        ],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """A Process Run Crate (RO-Crate 1.1) of one comparison, cell, sample, measurement or run."""
        named = [kind for kind in _CRATES if kind in request.query_params]
        if len(named) != 1:
            raise ValidationError({"comparison": f"Name one record to export, by one of {', '.join(_CRATES)}."})
        [kind] = named
        licence = request.query_params.get("license", "")
        if licence and not licence.startswith(("https://", "http://")):
            raise ValidationError(
                {"license": "Give the licence's address, such as https://spdx.org/licenses/CC-BY-4.0."}
            )
        selection = _asked(lambda: select(kind, request.query_params[kind], request.user))
        site = public_address("/", request).rstrip("/")
        name = slugify(selection.graph.nodes[selection.graph.start].label) or str(kind)
        return StreamingHttpResponse(
            crate_pieces(selection, licence=licence, site=site),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}.crate.zip"'},
        )


def _graph_as_json(graph: Graph, request: Request, direction: Direction, depth: int | None) -> dict[str, Any]:
    return {
        "start": graph.start,
        "direction": direction,
        "depth": depth,
        "truncated": graph.truncated,
        "nodes": [_node_as_json(node, request) for node in graph.nodes.values()],
        "edges": [_edge_as_json(edge) for edge in graph.edges],
    }


def _node_as_json(node: Node, request: Request) -> dict[str, Any]:
    is_record = node.kind in API_ROUTES and not node.id.startswith("results-")
    key = node.attributes["slug"] if node.kind is Kind.COMPARISON else node.id
    return {
        "id": node.id,
        "kind": node.kind,
        "label": node.label,
        "detail": node.detail,
        "url": address(request, API_ROUTES[node.kind], key) if is_record else None,
        "page": node.page,
        "simulated": node.simulated,
        "stale": list(node.stale),
        "state": node.state,
        "started_at": node.started,
        "ended_at": node.ended,
        "attributes": node.attributes,
    }


def _edge_as_json(edge: Edge) -> dict[str, Any]:
    return {
        "from": edge.source,
        "to": edge.target,
        "role": edge.role,
        "fraction": edge.fraction,
        "detail": edge.detail,
    }


def _svg(graph: Graph) -> str:
    return draw(folded(graph), address=page_of_node, more_address=page_of_more)


def _prov_json(graph: Graph) -> str:
    from provenance.exports.w3c_prov import as_prov_json

    return as_prov_json(graph)


def _prov_n(graph: Graph) -> str:
    from provenance.exports.w3c_prov import as_prov_n

    return as_prov_n(graph)


_WRITERS: dict[str, tuple[Callable[[Graph], str], str]] = {
    "prov-json": (_prov_json, "application/json"),
    "prov-n": (_prov_n, "text/provenance-notation; charset=utf-8"),
    "svg": (_svg, "image/svg+xml"),
}


def _asked(question: Callable[[], T]) -> T:
    """The answer, or what a client should read where there is none."""
    try:
        return question()
    except NoSuchRecordError as error:
        raise Http404 from error
    except TooLargeForCrateError as error:
        raise ValidationError({"comparison": str(error)}) from error
    except TooMuchError as error:
        raise TooMuch(str(error)) from error


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as error:
        raise Http404 from error


def _uuid(text: str) -> UUID:
    found = as_uuid(text)
    if found is None:
        raise Http404
    return found


def _choice(request: Request, name: str, offered: tuple[Any, ...], default: Any) -> Any:
    wanted = request.query_params.get(name, default)
    if wanted not in offered:
        raise ValidationError({name: f"{wanted[:20]!r} is not offered here; there are {', '.join(offered)}."})
    return wanted


def _number(request: Request, name: str, default: Any, least: int, most: int) -> Any:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:9]) <= most:
        raise ValidationError({name: f"{text[:20]!r} is no whole number from {least} to {most}."})
    return int(text)
