"""The filter of every list of records: what stands, what was withdrawn, or both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from core.withdrawal import standing, withdrawn


class WithdrawnFilter(SimpleListFilter):
    """Shows what stands unless somebody asks for something else."""

    title = "withdrawn"
    parameter_name = "withdrawn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What one can ask for."""
        del request, model_admin
        return [("true", "only withdrawn"), ("all", "with withdrawn")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The default has a name of its own."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": "not withdrawn"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that are asked for."""
        del request
        if self.value() == "true":
            return withdrawn(queryset)
        return queryset if self.value() == "all" else standing(queryset)
