"""Pages of lists: numbered ones for records, a cursor for results, which are many and keep coming.

A page size that is no number or beyond the limit is refused, never silently replaced.
"""

from __future__ import annotations

from rest_framework.exceptions import ValidationError
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


class CursorPages(CursorPagination):
    """`?cursor=...`: follow `next`; nothing is skipped or shown twice while new rows come in."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    ordering = ("-created_at", "-id")

    def get_page_size(self, request: Request) -> int:
        """Rows per page."""
        return page_size_of(request)
