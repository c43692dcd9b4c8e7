"""REST of lineage: the graph around any record."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictParameters
from core.serializers import address
from core.tabular import asked_format
from provenance.selectors import KINDS, MOST_DEPTH, Direction, Node, lineage

_DIRECTIONS = ("up", "down", "both")
_WITHOUT_ADDRESS = {"dataset"}


class NodeSerializer(serializers.Serializer[Any]):
    """A record in the graph."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.URLField(allow_null=True)
    simulated = serializers.BooleanField()


class EdgeSerializer(serializers.Serializer[Any]):
    """What went into what, and as what."""

    from_ = serializers.UUIDField()
    to = serializers.UUIDField()
    role = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name in Python."""
        fields = super().get_fields()
        return {"from": fields.pop("from_"), **fields}


class GraphSerializer(serializers.Serializer[Any]):
    """Nodes, the record itself first, and edges from what was there before to what was made of it."""

    nodes = NodeSerializer(many=True)
    edges = EdgeSerializer(many=True)
    truncated = serializers.BooleanField()


class LineageViewSet(StrictParameters, viewsets.ViewSet):
    """Where a record came from and what came of it."""

    parameters = {"retrieve": ("direction", "depth", "format")}

    def known_parameters(self) -> set[str]:
        """A graph has no fields to choose."""
        return super().known_parameters() - {"fields"}

    @extend_schema(
        operation_id="lineage_retrieve",
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=KINDS),
            OpenApiParameter("direction", str, enum=_DIRECTIONS, description="`both` where it is missing."),
            OpenApiParameter("depth", int, description=f"How many edges to go, at most {MOST_DEPTH}."),
            OpenApiParameter("format", str, enum=["json"]),
        ],
        responses=GraphSerializer,
    )
    def retrieve(self, request: Request, kind: str, key: UUID) -> Response:
        """The graph around one record, as far as one may see it."""
        asked_format(request.query_params.get("format"), ("json",))
        if kind not in KINDS:
            raise Http404
        graph = lineage(
            request.user,
            kind,
            key,
            direction=_direction(request.query_params.get("direction", "both")),
            depth=_depth(request.query_params.get("depth", str(MOST_DEPTH))),
        )
        if graph is None:
            raise Http404
        return Response(
            {
                "nodes": [_node(node, request) for node in graph.nodes.values()],
                "edges": [{"from": str(e.source), "to": str(e.target), "role": e.role} for e in graph.edges],
                "truncated": graph.truncated,
            }
        )


def _node(node: Node, request: Request) -> dict[str, Any]:
    url = None if node.kind in _WITHOUT_ADDRESS else address(request, node.kind, node.key)
    return {"id": str(node.id), "kind": node.kind, "label": node.label, "url": url, "simulated": node.simulated}


def _direction(text: str) -> Direction:
    if text not in _DIRECTIONS:
        raise ValidationError({"direction": f"{text[:20]!r} is none of {', '.join(_DIRECTIONS)}."})
    return cast("Direction", text)


def _depth(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 <= int(text[:9]) <= MOST_DEPTH):
        raise ValidationError({"depth": f"{text[:20]!r} is not a number from 0 to {MOST_DEPTH}."})
    return int(text)
