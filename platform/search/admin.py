"""Admin page of queries under a name."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from core.admin import RecordAdmin, RecordForm
from core.admin.base import Rows
from search.models import SavedQuery
from search.services import change_query, save_query


@admin.register(SavedQuery)
class SavedQueryAdmin(RecordAdmin):
    """Queries that people keep."""

    empty_text = "A search is kept from the lists of samples, cells and measurements, by “Keep this query”."
    list_display = ("name", "about", "text", "project")
    list_filter = ("about", "project")
    list_select_related = ("project",)
    search_fields = ("name", "text")
    fieldsets = ((None, {"fields": ("project", "name", "about", "text", "note")}),)

    def write(self, request: HttpRequest, form: RecordForm, rows: Rows, *, change: bool) -> None:
        """Keeps it if it can be understood."""
        del rows
        if not change:
            form.instance.pk = save_query(actor=request.user, **form.entered()).pk
            return
        changes = form.changes()
        if changes:
            change_query(self.stored(form), actor=request.user, expected_version=form.expected_version, **changes)
