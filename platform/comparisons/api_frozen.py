"""REST of frozen comparisons, and of freezing and sharing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require_write
from comparisons import services
from comparisons.arranging import transposed
from comparisons.exports import EXPORTS
from comparisons.filters import FrozenFilters
from comparisons.models import FrozenComparison
from comparisons.selectors import against_today, frozen_table
from comparisons.serializers import ComparisonTableSerializer, table_as_json
from comparisons.serializers_frozen import (
    FreezeSerializer,
    FrozenSerializer,
    FrozenStateSerializer,
    NewShareSerializer,
    ShareSerializer,
    state_as_json,
)
from comparisons.state import NAMES, TableState
from comparisons.table import ComparisonTable
from core.addresses import public_address
from core.api import VisibleRecords
from core.api_lists import ROWS_FORMAT, answer_rows
from core.tabular import asked_format

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet

    _View = GenericViewSet[Any]
else:
    _View = object

FORMATS = ("json", *EXPORTS)
TABLE_RESPONSES: dict[Any, Any] = {
    (200, "application/json"): ComparisonTableSerializer,
    **{(200, export.media_type.partition(";")[0]): OpenApiTypes.BINARY for export in EXPORTS.values()},
}
TABLE_FORMAT = OpenApiParameter("format", str, enum=FORMATS)
_TOLD: dict[str, str] = {
    "q": "Query whose records stand in rows after those chosen by hand.",
    "columns": "Texts of columns, one in each; those that are saved where it is left out.",
    "rows": "Keys of the rows to show, one in each.",
    "pin": "Keys of rows that stand first, one in each.",
    "sort": "Column to order by; `-` before it: from large to small.",
    "group": "Column whose equal values stand together.",
    "aggregate": "`1`: one row for each group.",
    "differs": "`1`: only columns in which rows differ.",
    "transpose": "`1`: rows as columns, in every form but JSON.",
    "baseline": "Key of the row that others are held against.",
    "simulated": "`1`: simulated rows count in aggregates, baselines and rankings.",
    "per": "`mass`, `area` or `total`: normalisation of currents and capacities.",
    "figure": "What the page draws.",
    "x": "Column of a scatter plot.",
    "y": "Column of a scatter plot or of bars.",
    "colour": "Column whose values colour the curves.",
    "dash": "Column whose values dash the curves.",
    "facet": "Column whose values divide the figure into panels.",
    "cycles": "Which curves of each row, by commas: numbers, `first`, `last`, `best`.",
}
STATE_PARAMETERS = [
    OpenApiParameter(name, str, many=name in ("columns", "rows", "pin"), description=_TOLD[name]) for name in NAMES
]


def state_of(request: Request) -> TableState | None:
    """How the request asks to look at a table; None where it says nothing, which means: as it was saved.

    Raises:
        ValidationError: There is no such way; the message says which there are.
    """
    given = {name: request.query_params.getlist(name) for name in NAMES if name in request.query_params}
    if not given:
        return None
    try:
        return TableState.from_lists(given)
    except ValueError as error:
        name, _, words = str(error).partition(": ")
        raise ValidationError({name: words}) from error


def send_table(request: Request, table: ComparisonTable, name: str, *, transpose: bool = False) -> HttpResponseBase:
    """The table in the form that the request asks for; JSON is data and never turned."""
    form = asked_format(request.query_params.get("format"), FORMATS)
    if form == "json":
        return Response(table_as_json(table, request))
    export = EXPORTS[form]
    table = transposed(table) if transpose else table
    headers = {"Content-Disposition": f'attachment; filename="{name}{export.suffix}"'}
    return HttpResponse(export.write(table), content_type=export.media_type, headers=headers)


class FrozenViewSet(VisibleRecords):
    """Frozen comparisons: tables as they stood on one day. They never change, and say what would be different today."""

    queryset = FrozenComparison.objects.select_related("comparison__project", "frozen_by").defer(
        "content", "definition"
    )
    serializer_class = FrozenSerializer
    filterset_class = FrozenFilters
    ordering_fields = ("frozen_at", "title", "number")
    parameters = {"table": ("format",)}

    @extend_schema(parameters=[TABLE_FORMAT], responses=TABLE_RESPONSES, filters=False)
    @action(detail=True, pagination_class=None)
    def table(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The table as it was frozen: each number with its origin of that day."""
        frozen = self.get_object()
        return send_table(request, frozen_table(frozen, request.user), f"{frozen.comparison.slug}-{frozen.number}")

    @extend_schema(responses=FrozenStateSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def changes(self, request: Request, **kwargs: Any) -> Response:
        """Which numbers would change today: old, new, the difference and why; who changed what is behind it."""
        return Response(state_as_json(against_today(self.get_object(), request.user), request))


class Freezing(_View):
    """Adds freezing and sharing to the views of comparisons."""

    @extend_schema(request=FreezeSerializer, responses={201: FrozenSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def freeze(self, request: Request, **kwargs: Any) -> Response:
        """Keeps the table as it stands, with its hash and the results behind each number."""
        comparison = self.get_object()
        asked = FreezeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            frozen = services.freeze(comparison, actor=request.user, **asked.validated_data)
        except KeyError as error:
            raise ValidationError({"state": str(error.args[0])}) from error
        data = FrozenSerializer(frozen, context={"request": request}).data
        return Response(data, status=status.HTTP_201_CREATED, headers={"Location": data["url"]})

    @extend_schema(methods=["get"], parameters=[ROWS_FORMAT], responses=ShareSerializer(many=True), filters=False)
    @extend_schema(methods=["post"], request=ShareSerializer, responses={201: NewShareSerializer}, filters=False)
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def shares(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Shares of it. `POST` makes one: its address is in the answer and nowhere else."""
        comparison = self.get_object()
        require_write(request.user, comparison)
        if request.method == "GET":
            listed = comparison.shares.select_related("created_by")
            return answer_rows(request, ShareSerializer, listed, name="shares")
        asked = ShareSerializer(data=request.data)
        asked.fields["frozen"].queryset = comparison.frozen.all()  # type: ignore[attr-defined]
        asked.is_valid(raise_exception=True)
        made, token = services.share(comparison, actor=request.user, **asked.validated_data)
        page = public_address(reverse("shared", args=[token]), request)
        return Response({**ShareSerializer(made).data, "page": page}, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[OpenApiParameter("share", OpenApiTypes.UUID, OpenApiParameter.PATH)], responses={204: None}
    )
    @action(detail=True, methods=["delete"], url_path="shares/(?P<share>[0-9a-fA-F-]{36})", url_name="share")
    def revoke(self, request: Request, share: str, **kwargs: Any) -> Response:
        """Makes a share useless from now on."""
        found = get_object_or_404(self.get_object().shares.select_related("comparison__project"), pk=_key(share))
        services.revoke_share(found, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
