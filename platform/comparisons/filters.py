"""What comparisons can be filtered by, on pages and in REST."""

from __future__ import annotations

import django_filters

from comparisons.models import Comparison, FrozenComparison
from core.filters import RecordFilters, ReferenceFilter, SearchFilter, StrictFilters, TimeFilter
from search.filters import QueryFilter


class ComparisonFilters(RecordFilters):
    """Filters of comparisons."""

    q = QueryFilter("comparisons")
    project = ReferenceFilter("project", "slug")
    slug = django_filters.CharFilter(lookup_expr="iexact")
    about = django_filters.ChoiceFilter(choices=Comparison.About, help_text="What its rows are.")
    cell = ReferenceFilter("rows__subject", "code", distinct=True, help_text="Id or code of a cell that stands in it.")
    sample = ReferenceFilter("rows__subject", "code", distinct=True, help_text="Id or code of a sample that does.")
    measurement = django_filters.UUIDFilter("rows__measurement", distinct=True, help_text="Id of a measurement.")
    search = SearchFilter("slug", "title", "caption")

    class Meta:
        model = Comparison
        fields: tuple[str, ...] = ()


class FrozenFilters(StrictFilters):
    """Filters of frozen comparisons."""

    comparison = ReferenceFilter("comparison", "slug")
    project = ReferenceFilter("comparison__project", "slug")
    cell = ReferenceFilter("numbers__subject", "code", distinct=True, help_text="Id or code of a cell or sample in it.")
    run = django_filters.UUIDFilter("numbers__run", distinct=True, help_text="Id of a run behind one of its numbers.")
    sha256 = django_filters.CharFilter(help_text="Hash of its content.")
    frozen_by = django_filters.CharFilter("frozen_by__username", help_text="User name.")
    frozen_after = TimeFilter("frozen_at", "gte")
    frozen_before = TimeFilter("frozen_at", "lt")
    search = SearchFilter("title", "reason", "comparison__slug")

    class Meta:
        model = FrozenComparison
        fields: tuple[str, ...] = ()
