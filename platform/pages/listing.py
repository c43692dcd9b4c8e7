"""Lists in pages: which part of a list is shown, as its address says, and counts beside its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from core.withdrawal import standing, withdrawn

Rows = TypeVar("Rows", bound=QuerySet[Any])

PAGE_SIZE = 50


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the address asks for (`?page=2`); the nearest one where it asks for nonsense."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def listed(request: HttpRequest, rows: Rows) -> Rows:
    """Rows without what was withdrawn; nothing else where the address asks for it (`?withdrawn=true`)."""
    return withdrawn(rows) if request.GET.get("withdrawn") == "true" else standing(rows)


def count_of(related: QuerySet[Any], by: str) -> Coalesce:
    """How many related rows each row has. A subquery, so that the database counts for the rows of one page only."""
    counted = related.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
