"""What the autocompletes of the admin offer: each record in the words that help to choose it, not only by its name.

An admin page says which (`offered`, `offered_as`). The view stands in front of Django's own, at the same address.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase


class Autocomplete(AutocompleteJsonView):
    """The records that match what was typed, in the words of their admin page."""

    def get_queryset(self) -> QuerySet[Any]:
        """With what the words are made of."""
        rows: QuerySet[Any] = super().get_queryset()
        return self.model_admin.offered(rows) if hasattr(self.model_admin, "offered") else rows

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """Key and words."""
        text = self.model_admin.offered_as(obj) if hasattr(self.model_admin, "offered_as") else str(obj)
        return {"id": str(getattr(obj, to_field_name)), "text": text}


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    """Answers the boxes in which records are chosen, for who may sign in to the admin."""
    site = admin.site
    return site.admin_view(Autocomplete.as_view(admin_site=site))(request)
