"""REST of the query language: what is understood of a query, what could come next in it, and queries under a name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import RecordViewSet, StrictParameters
from core.listing import Listing
from search import services
from search.filters import SavedQueryFilters
from search.models import SavedQuery
from search.selectors import completion, explained
from search.serializers import CompletionSerializer, SavedQuerySerializer, UnderstoodSerializer
from search.targets import TARGETS

_ABOUT = OpenApiParameter("about", str, enum=SavedQuery.About.values, description="What is searched; cells by default.")
_QUERY = OpenApiParameter("q", str, description="The query.")


class QueryView(StrictParameters, APIView):
    """What is understood of a query."""

    def known_parameters(self) -> set[str]:
        """Names that this view understands."""
        return {"q", "about"}

    @extend_schema(operation_id="query_retrieve", parameters=[_QUERY, _ABOUT], responses=UnderstoodSerializer)
    def get(self, request: Request) -> Response:
        """The query in one spelling and in words, or what is wrong with it and where."""
        found = explained(request.query_params.get("q", ""), request.user, _about(request))
        return Response(UnderstoodSerializer(asdict(found)).data)


class CompletionView(StrictParameters, APIView):
    """What could come next in a query."""

    def known_parameters(self) -> set[str]:
        """Names that this view understands."""
        return {"q", "about", "at"}

    @extend_schema(
        operation_id="query_completions_retrieve",
        parameters=[
            _QUERY,
            _ABOUT,
            OpenApiParameter("at", int, description="Position of the cursor; the end of the query by default."),
        ],
        responses=CompletionSerializer,
    )
    def get(self, request: Request) -> Response:
        """Proposals, and the part of the query that they would replace."""
        text = request.query_params.get("q", "")
        at = request.query_params.get("at", str(len(text)))
        if not (at.isascii() and at.isdigit()) or len(at) > 9:
            raise ValidationError({"at": f"{at[:20]!r} is no position in a query."})
        found = completion(text, int(at), request.user, _about(request))
        return Response(CompletionSerializer(asdict(found)).data)


class SavedQueryViewSet(RecordViewSet):
    """Queries under a name, for everybody in their project."""

    queryset = SavedQuery.objects.select_related("created_by", "project")
    serializer_class = SavedQuerySerializer
    listing = Listing(SavedQuerySerializer)
    filterset_class = SavedQueryFilters
    ordering_fields = ("name", "about", "created_at", "updated_at")

    def write_new(self, data: dict[str, Any]) -> Any:
        """Keeps it if it can be understood."""
        return services.save_query(actor=self.request.user, **data)

    def write_change(self, record: Any, version: int | None, data: dict[str, Any]) -> Any:
        """Changes it."""
        return services.change_query(record, actor=self.request.user, expected_version=version, **data)


def _about(request: Request) -> str:
    about = request.query_params.get("about", "cells")
    if about not in TARGETS.known:
        raise ValidationError({"about": f"{about[:20]!r} cannot be searched; there are {', '.join(TARGETS.names())}."})
    return about
