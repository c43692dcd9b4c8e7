"""What projects can be filtered by."""

from __future__ import annotations

import django_filters

from accounts.access import Role
from accounts.models import Project, RerunPolicy
from core.filters import RecordFilters, SearchFilter


class ProjectFilters(RecordFilters):
    """Filters of projects."""

    slug = django_filters.CharFilter(lookup_expr="iexact")
    member = django_filters.CharFilter("memberships__user__username", distinct=True, help_text="User name.")
    role = django_filters.ChoiceFilter(
        field_name="memberships__role", choices=Role.choices, distinct=True, help_text="A role that somebody has."
    )
    rerun_policy = django_filters.ChoiceFilter(
        choices=RerunPolicy.choices, help_text="What happens to its results when they are stale."
    )
    search = SearchFilter("slug", "name", "description")

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()
