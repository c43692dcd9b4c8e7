"""Pages of lists: numbered ones for records, a cursor for results, which are many and keep coming.

A page size that is no number or beyond the limit is refused, never silently replaced.
"""

from __future__ import annotations

from typing import Any

from django.core.paginator import InvalidPage
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request

PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000


def page_size_of(request: Request) -> int:
    """The page size that a request asks for.

    Raises:
        ValidationError: It is no whole number from 1 to the limit.
    """
    text = request.query_params.get("page_size")
    if text is None:
        return PAGE_SIZE
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PAGE_SIZE:
        return int(text[:9])
    raise ValidationError({"page_size": f"{text[:20]!r} is not a whole number from 1 to {MAX_PAGE_SIZE}."})


class NumberedPages(PageNumberPagination):
    """`?page=2&page_size=100`: with the total count, for tables that a person leafs through."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int:
        """Rows per page."""
        return page_size_of(request)

    def page_of(self, queryset: Any, request: Request, view: Any) -> Any:
        """The rows of the page, as a query that has not been asked yet.

        Raises:
            NotFound: There is no such page.
        """
        del view
        self.request = request
        paginator = self.django_paginator_class(queryset, self.get_page_size(request))
        try:
            self.page = paginator.page(self.get_page_number(request, paginator))
        except InvalidPage as error:
            raise NotFound(f"There is no such page; the last one is {paginator.num_pages}.") from error
        return self.page.object_list


class CursorPages(CursorPagination):
    """`?cursor=...`: follow `next`; nothing is skipped or shown twice while new rows come in."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    ordering = ("-created_at", "-id")

    def get_page_size(self, request: Request) -> int:
        """Rows per page."""
        return page_size_of(request)

    def page_of(self, queryset: Any, request: Request, view: Any) -> list[Any]:
        """The keys of the page's rows, in their order."""
        fields = {name.removeprefix("-") for name in self.get_ordering(request, queryset, view)}
        rows: Any = self.paginate_queryset(queryset.values("pk", *(fields - {"pk"})), request, view)
        return [row["pk"] for row in rows]
