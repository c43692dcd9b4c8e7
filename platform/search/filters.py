"""`?q=`: the query language as a filter of lists, on pages and in REST, and the filters of kept queries."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework.response import Response

from core.filters import RecordFilters, ReferenceFilter, SearchFilter
from core.problems import Answered, problem
from search.language import QueryError
from search.models import SavedQuery
from search.selectors import narrowed


class QueryRefused(Answered):
    """A query that cannot be understood, as a problem document with its position."""

    def __init__(self, query: str, error: QueryError) -> None:
        super().__init__(str(error))
        self.query = query
        self.error = error

    def as_problem(self) -> Response:
        """400, with the position and a line with a caret."""
        error = self.error
        return problem(
            400,
            str(error),
            errors={"q": [error.message]},
            query=self.query,
            start=error.start,
            end=error.end,
            caret=error.caret(),
        )


class QueryFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Rows that a query finds.

    Args:
        about: What is listed: a name of `search.targets.TARGETS`.
    """

    def __init__(self, about: str, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text",
            "A query, such as `material:LLZTO and initial_discharge_capacity > 120 mAh/g`; see the reference of the "
            "query language.",
        )
        super().__init__(**kwargs)
        self.about = about

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The rows.

        Raises:
            QueryRefused: The query cannot be understood.
        """
        if not value:
            return qs
        try:
            return narrowed(qs, value, self.parent.request.user, self.about)
        except QueryError as error:
            raise QueryRefused(value, error) from error


class SavedQueryFilters(RecordFilters):
    """Filters of kept queries."""

    project = ReferenceFilter("project", "slug")
    name = django_filters.CharFilter(lookup_expr="iexact")
    about = django_filters.ChoiceFilter(choices=SavedQuery.About.choices)
    search = SearchFilter("name", "text", "note")

    class Meta:
        model = SavedQuery
        fields: tuple[str, ...] = ()
