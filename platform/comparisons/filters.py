"""What comparisons can be filtered by, on pages and in REST."""

from __future__ import annotations

import django_filters

from comparisons.models import Comparison
from core.filters import RecordFilters, ReferenceFilter, SearchFilter


class ComparisonFilters(RecordFilters):
    """Filters of comparisons."""

    project = ReferenceFilter("project", "slug")
    slug = django_filters.CharFilter(lookup_expr="iexact")
    cell = ReferenceFilter("rows__cell", "code", distinct=True, help_text="Id or code of a cell that stands in it.")
    search = SearchFilter("slug", "title", "caption")

    class Meta:
        model = Comparison
        fields: tuple[str, ...] = ()
