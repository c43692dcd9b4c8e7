"""Lists that are no lists of records: one's own tokens, what the server knows, members of a project, shares.

They come in pages of JSON like all lists, and whole as CSV or Parquet; none of them is edited in a workbook.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.list_export import send_list, send_rows
from core.tabular import asked_format

TABLE_FORMATS: Final = ("json", "csv", "parquet")
ROWS_FORMAT: Final = OpenApiParameter(
    "format", str, enum=TABLE_FORMATS, description="`csv` and `parquet` send every row."
)


def answer_rows(request: Request, serializer: type[Any], rows: Any, *, name: str) -> HttpResponseBase:
    """A list that belongs to a record, whole, in the form that the request asks for.

    Args:
        request: With `?format=`; JSON where it is left out.
        serializer: Class of the serializer of a row.
        rows: What is listed.
        name: Of a downloaded file, without suffix.

    Raises:
        ValidationError: The form is not offered.
    """
    form = asked_format(request.query_params.get("format"), TABLE_FORMATS)
    shown = serializer(rows, many=True, context={"request": request}).data
    return Response(shown) if form == "json" else send_rows(serializer(), iter([shown]), form, name=name)


class TabledList:
    """Base of their views.

    Attributes:
        list_formats: How such a list is sent.
    """

    list_formats: ClassVar[tuple[str, ...]] = TABLE_FORMATS

    def listed(self) -> Any:
        """All that the request asks for: a query, or a sequence."""
        view: Any = self
        return view.filter_queryset(view.get_queryset())

    @extend_schema(parameters=[ROWS_FORMAT])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A page; everything with `format=csv` or `parquet`."""
        view: Any = self
        form = asked_format(request.query_params.get("format"), TABLE_FORMATS)
        rows = self.listed()
        if form != "json":
            return send_list(view, rows, form)
        answer: HttpResponseBase = view.get_paginated_response(
            view.get_serializer(view.paginate_queryset(rows), many=True).data
        )
        return answer
