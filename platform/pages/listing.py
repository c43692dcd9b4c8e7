"""Lists in pages: which part of a list is shown, as its address says, and counts beside its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import Form
from django.http import HttpRequest
from django.utils.functional import cached_property

from core.withdrawal import standing, withdrawn

Rows = TypeVar("Rows", bound=QuerySet[Any])

PAGE_SIZE = 50

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


MOST_COUNTED = 10_000
"""Rows that are counted: nobody leafs further, and counting a million takes longer than showing fifty of them."""


class CappedPaginator(_Paginator):
    """Pages of a list of which only the first rows are counted."""

    @cached_property
    def counted(self) -> int:
        """How many rows there are, at most one more than are counted."""
        rows: Any = self.object_list
        return counted(rows) if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return isinstance(self.object_list, QuerySet) and self.counted > MOST_COUNTED

    @property
    def count(self) -> int:
        """Rows that one can leaf through."""
        return MOST_COUNTED if self.is_capped else self.counted


def counted(rows: QuerySet[Any]) -> int:
    """How many rows there are, at most one more than `MOST_COUNTED`."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the address asks for (`?page=2`); the nearest one where it asks for nonsense."""
    return CappedPaginator(rows, size).get_page(request.GET.get("page"))


def listed(request: HttpRequest, rows: Rows) -> Rows:
    """Rows without what was withdrawn; nothing else where the address asks for it (`?withdrawn=true`)."""
    return withdrawn(rows) if request.GET.get("withdrawn") == "true" else standing(rows)


def count_of(related: QuerySet[Any], by: str) -> Coalesce:
    """How many related rows each row has. A subquery, so that the database counts for the rows of one page only."""
    counted = related.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def said_of(form: Form) -> str:
    """What is wrong with a form, in a line."""
    return " ".join(str(message) for messages in form.errors.values() for message in messages)
