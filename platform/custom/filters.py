"""Filters of records by tags and by the fields of their projects, and filters of those fields."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError

from core.filters import RecordFilters, ReferenceFilter, SearchFilter
from custom.models import ProjectField
from custom.selectors import meeting, words_of_record
from custom.values import ValueRefused


class TagFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Rows that carry all of the tags that are named, with commas between."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "Tags with commas between; rows carry all of them.")
        super().__init__("tags", **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The rows."""
        wanted = [" ".join(tag.split()) for tag in (value or "").split(",")]
        return qs.filter(tags__contains=[word for word in wanted if word]) if any(wanted) else qs


class CustomSearchFilter(SearchFilter):
    """Rows in which each word occurs in the named fields, in a tag or in a value of a project field."""

    def __init__(self, *names: str, **kwargs: Any) -> None:
        said = ", ".join(names).replace("__", " ")
        kwargs.setdefault("help_text", f"Words that occur in {said}, tags or fields of the project.")
        super().__init__(*names, **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The rows."""
        words = (value or "").split()
        for word in words:
            inside = Q(custom_words__icontains=word)
            qs = qs.alias(custom_words=words_of_record()).filter(self.lookups.for_value(word) | inside)
        return qs.distinct() if words and self.distinct else qs


class FieldFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Rows whose project field meets a condition; the parameter may be repeated."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text",
            "A condition on a field of the project: key (has a value), key=value, key>=value, key<=value or key~word; "
            "numbers with any fitting unit. May be repeated.",
        )
        super().__init__("fields", **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The rows.

        Raises:
            ValidationError: It is no condition, or no project has such a field.
        """
        if not value:
            return qs
        data = self.parent.data
        asked = data.getlist("field") if hasattr(data, "getlist") else [value]
        user = getattr(self.parent.request, "user", None)
        for condition in asked:
            try:
                qs = meeting(qs, condition.replace("\0", ""), user)
            except ValueRefused as error:
                raise ValidationError({"field": str(error)}) from error
        return qs


class CustomFilters(RecordFilters):
    """Filters of records with tags and project fields."""

    tag = TagFilter()
    field = FieldFilter()


class ProjectFieldFilters(RecordFilters):
    """Filters of the fields that projects define."""

    project = ReferenceFilter("project", "slug")
    on = django_filters.ChoiceFilter(choices=ProjectField.On.choices, help_text="Which records have it.")
    key = django_filters.CharFilter()
    kind = django_filters.ChoiceFilter(choices=ProjectField.Kind.choices)
    required = django_filters.BooleanFilter()
    retired = django_filters.BooleanFilter()
    search = SearchFilter("key", "label", "description")

    class Meta:
        model = ProjectField
        fields: tuple[str, ...] = ()
