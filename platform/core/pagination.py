"""Pages of lists: numbered ones for who leafs through, a cursor for who wants all; every list has both.

A page size that is no number or beyond the limit is refused, never silently replaced.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as ValidationFailed
from django.core.paginator import InvalidPage
from django.db.models import Q
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

_TIMES: Final = ("created_at", "queued_at", "received_at", "frozen_at")
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

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Without `count` where the request asked for a cursor."""
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        return {**described, "required": ["results"]}


class CursorPages(CursorPagination):
    """`?cursor=...`: follow `next`; nothing is skipped or shown twice while new rows come in, however many are equal.

    A cursor holds the values of the row that the page begins after, in the order of the list; the key makes the order
    total. PostgreSQL sorts NULL as the largest value, and so does the condition here.
    """

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int:
        """Rows per page."""
        return page_size_of(request)

    def page_of(self, queryset: Any, request: Request, view: Any) -> list[Any]:
        """The keys of the page's rows, in their order.

        Raises:
            ValidationError: The cursor is none of this list.
        """
        self.request = request
        self._address = request.build_absolute_uri()
        size = self.get_page_size(request)
        order = _order(request, queryset, view)
        names = [name.removeprefix("-") for name in order]
        place = _Place.read(request.query_params.get(self.cursor_query_param, ""), queryset.model, names)
        backwards = place is not None and place.backwards
        asked = _reversed(order) if backwards else order
        rows = queryset.order_by(*asked)
        if place is not None:
            rows = rows.filter(_beyond(asked, place.values))
        found = list(rows.values_list("pk", *names)[: size + 1])
        more = len(found) > size
        found = found[:size][::-1] if backwards else found[:size]
        before, after = (more, True) if backwards else (place is not None, more)
        self._previous = _Place(found[0][1:], tuple(names), backwards=True) if found and before else None
        self._next = _Place(found[-1][1:], tuple(names)) if found and after else None
        return [row[0] for row in found]

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page."""
        keys = self.page_of(queryset, request, view)
        rows = queryset.in_bulk(keys)
        return [rows[key] for key in keys if key in rows]

    def get_next_link(self) -> str | None:
        """Address of the page after this one."""
        return self._link(self._next)

    def get_previous_link(self) -> str | None:
        """Address of the page before this one."""
        return self._link(self._previous)

    def _link(self, place: _Place | None) -> str | None:
        if place is None:
            return None
        return str(replace_query_param(self._address, self.cursor_query_param, place.written()))


@dataclass(frozen=True)
class _Place:
    """A row that a page begins after, or ends before."""

    values: Sequence[Any]
    names: tuple[str, ...]
    backwards: bool = False

    def written(self) -> str:
        """As a text for an address."""
        content = orjson.dumps([self.backwards, self.names, list(self.values)])
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, model: Any, names: Sequence[str]) -> _Place | None:
        """What was written; None where a list begins.

        Raises:
            ValidationError: It was not written here, or for another order.
        """
        if not text:
            return None
        try:
            backwards, written, values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            fields = [model._meta.pk if name == "pk" else model._meta.get_field(name) for name in names]
            if written != list(names):
                raise ValueError(f"a cursor by {written}")  # noqa: TRY301 (said below)
            known = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        except (ValueError, TypeError, FieldDoesNotExist, ValidationFailed) as error:
            words = "This cursor is none of this list in this order; begin again with an empty one."
            raise ValidationError({"cursor": words}) from error
        return cls(known, tuple(names), backwards=backwards is True)


def _order(request: Request, queryset: Any, view: Any) -> list[str]:
    """Names to order by, ending with the key; the newest first where nothing else is asked for."""
    if request.query_params.get("ordering") or not (getattr(view, "ordering_fields", None)):
        order = [name for backend in view.filter_backends for name in _asked_by(backend, request, queryset, view)]
    else:
        known = {field.name for field in queryset.model._meta.get_fields()}
        order = [f"-{name}" for name in _TIMES if name in known][:1]
    return [*(name for name in order if name.removeprefix("-") != "pk"), "pk"]


def _asked_by(backend: Any, request: Request, queryset: Any, view: Any) -> Sequence[str]:
    made = backend()
    return made.get_ordering(request, queryset, view) or () if hasattr(made, "get_ordering") else ()


def _reversed(order: Sequence[str]) -> list[str]:
    return [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """The condition for rows that stand after one with these values."""
    beyond, equal = Q(pk__in=[]), Q()
    for name, value in zip(order, values, strict=True):
        field = name.removeprefix("-")
        beyond |= equal & _after(field, value, falling=name.startswith("-"))
        equal &= Q(**{f"{field}__isnull": True}) if value is None else Q(**{field: value})
    return beyond


def _after(field: str, value: Any, *, falling: bool) -> Q:
    if falling:
        return Q(**{f"{field}__isnull": False}) if value is None else Q(**{f"{field}__lt": value})
    if value is None:
        return Q(pk__in=[])
    return Q(**{f"{field}__gt": value}) | Q(**{f"{field}__isnull": True})
