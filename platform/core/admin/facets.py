"""Filters of the admin's lists that offer only what the person may see: no name of a closed project, no stranger."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import RelatedFieldListFilter, SimpleListFilter
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest

from accounts.models import User
from accounts.selectors import colleagues_of
from core.jobs import State


class VisibleRelatedFilter(RelatedFieldListFilter):
    """Related records as choices, from those that `visible_to` shows."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Those that the person may see; people are colleagues."""
        model = field.remote_field.model
        if model is User:
            rows: Any = colleagues_of(request.user)
        elif hasattr(model._default_manager, "visible_to"):
            rows = model._default_manager.visible_to(request.user)
        else:
            return super().field_choices(field, request, model_admin)
        return [(row.pk, str(row)) for row in rows]


def of_visible_records(model: type[models.Model], entry: Any) -> Any:
    """The entry of a `list_filter`, with choices that the person may see where it names related records."""
    if not isinstance(entry, str):
        return entry
    field: Any = None
    holder: Any = model
    try:
        for name in entry.split("__"):
            field = holder._meta.get_field(name)
            holder = field.related_model or holder
    except FieldDoesNotExist:
        return entry
    return (entry, VisibleRelatedFilter) if field is not None and field.is_relation else entry


class WorkFilter(SimpleListFilter):
    """Where the newest work on a record stands; the list annotates it."""

    title = "state"
    parameter_name = "state"
    state_of = "work_state"
    """The annotation that holds it."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All states that work can have, and none."""
        del request, model_admin
        return [*((str(state), str(state)) for state in State), ("none", "nothing asked for")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """The rows that are asked for."""
        del request
        value = self.value()
        if not value:
            return queryset
        wanted: dict[str, Any] = {f"{self.state_of}__isnull": True} if value == "none" else {self.state_of: value}
        return queryset.filter(**wanted)
