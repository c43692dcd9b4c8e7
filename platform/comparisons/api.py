"""REST of comparisons: making, copying, choosing rows, and the filled table in every format."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require_write
from comparisons import services
from comparisons.api_frozen import (
    STATE_PARAMETERS,
    TABLE_FORMAT,
    TABLE_RESPONSES,
    Freezing,
    send_table,
    state_of,
)
from comparisons.filters import ComparisonFilters
from comparisons.models import Comparison, ComparisonRow
from comparisons.selectors import comparison_table
from comparisons.serializers import (
    ComparisonSerializer,
    CopySerializer,
    NewRowSerializer,
    RowSerializer,
)
from comparisons.state import NAMES, TableState
from core.api import RecordViewSet

_ROWS: Any = Prefetch("rows", ComparisonRow.objects.select_related("subject", "measurement__sample"))


class ComparisonViewSet(Freezing, RecordViewSet):
    """Comparisons: tables of cells, samples or measurements by quantities, such as `table-s1`.

    The address takes the slug or the id.
    """

    queryset = Comparison.objects.select_related("created_by", "project")
    serializer_class = ComparisonSerializer
    filterset_class = ComparisonFilters
    ordering_fields = ("slug", "title", "created_at", "updated_at")
    lookup_field = "slug"
    lookup_value_regex = "[^/]+"
    slug_field = "slug"
    parameters = {"table": ("format", *NAMES), "shares": ("format",)}

    def get_queryset(self) -> Any:
        """With their rows, which the filled table fetches by itself."""
        rows = super().get_queryset()
        return rows if self.action == "table" else rows.prefetch_related(_ROWS)

    def write_new(self, data: dict[str, Any]) -> Any:
        """A new one without rows, or a copy of another."""
        asked = dict(data)
        source = asked.pop("copy_of", None)
        if source is None:
            return services.create_comparison(actor=self.request.user, **asked)
        copied = {name: asked.pop(name) for name in ("slug", "title", "project") if name in asked}
        copy = services.copy_comparison(source, actor=self.request.user, **copied)
        return services.change_comparison(copy, actor=self.request.user, **asked) if asked else copy

    def write_change(self, record: Any, version: int | None, data: dict[str, Any]) -> Any:
        """Changes title, caption, columns or address."""
        return services.change_comparison(record, actor=self.request.user, expected_version=version, **data)

    @extend_schema(request=CopySerializer, responses={201: ComparisonSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def copy(self, request: Request, **kwargs: Any) -> Response:
        """A comparison of one's own with the same columns and rows; the original stays as it is."""
        comparison = self.get_object()
        asked = CopySerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        copy = services.copy_comparison(comparison, actor=request.user, **asked.validated_data)
        return self.answer(copy, status.HTTP_201_CREATED)

    @extend_schema(request=NewRowSerializer, responses={201: RowSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def rows(self, request: Request, **kwargs: Any) -> Response:
        """Adds a cell, a sample or a measurement at the end, whichever the rows of the comparison are."""
        comparison = self.get_object()
        require_write(request.user, comparison)
        asked = NewRowSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        row = services.add_row(comparison, actor=request.user, **asked.validated_data)
        return Response(RowSerializer(row, context=self.get_serializer_context()).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[OpenApiParameter("row", OpenApiTypes.UUID, OpenApiParameter.PATH)], responses={204: None}
    )
    @action(detail=True, methods=["delete"], url_path="rows/(?P<row>[0-9a-fA-F-]{36})", url_name="row")
    def row(self, request: Request, row: str, **kwargs: Any) -> Response:
        """Takes a row out."""
        comparison = self.get_object()
        services.remove_row(get_object_or_404(comparison.rows, pk=row), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[TABLE_FORMAT, *STATE_PARAMETERS], responses=TABLE_RESPONSES, filters=False)
    @action(detail=True, pagination_class=None)
    def table(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The filled table: each number with its origin. How it is looked at is in the address, as on its page."""
        comparison = self.get_object()
        state = state_of(request)
        try:
            table = comparison_table(comparison, request.user, state)
        except KeyError as error:
            raise ValidationError({"columns": str(error.args[0])}) from error
        return send_table(request, table, comparison.slug, transpose=_transpose(comparison, state))


def _transpose(comparison: Comparison, state: TableState | None) -> bool:
    return bool(comparison.state.get("transpose")) if state is None else state.transpose
