"""Lists that are no lists of records: one's own tokens, notices and uploads, and what the server knows.

They come in pages of JSON like all lists, and whole as CSV or Parquet; none of them is edited in a workbook.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from core.list_export import send_list
from core.tabular import asked_format

TABLE_FORMATS: Final = ("json", "csv", "parquet")
_FORMAT: Final = OpenApiParameter(
    "format", str, enum=TABLE_FORMATS, description="`csv` and `parquet` send every row, not a page."
)


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

    @extend_schema(parameters=[_FORMAT])
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
