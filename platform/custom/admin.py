"""Admin page of the fields that projects define."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.access import OWNS, has_role
from core.admin import RecordAdmin, RecordForm, Rows
from custom.models import ProjectField
from custom.services import change_field, create_field, delete_field


@admin.register(ProjectField)
class ProjectFieldAdmin(RecordAdmin):
    """Fields of projects; their owners decide about them."""

    empty_text = "A field is what a project records beside the platform's own, such as the humidity of its dry room."
    list_display = ("label", "key", "on", "kind", "required", "retired", "project")
    list_filter = ("on", "kind", "required", "retired", "project")
    list_select_related = ("project",)
    search_fields = ("label", "key", "description")
    fieldsets = (
        (None, {"fields": ("project", "on", "label", "key", "kind", "quantity", "unit", "choices", "description")}),
        ("In forms", {"fields": ("required", "order", "retired")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Owners of the project."""
        may = super().has_change_permission(request, obj)
        return may if obj is None else may and has_role(request.user, obj.project, OWNS)

    def write(self, request: HttpRequest, form: RecordForm, rows: Rows, *, change: bool) -> None:
        """By the service, which asks for the right to do so."""
        if not change:
            made = create_field(actor=request.user, **form.entered())
            form.instance.pk = made.pk
        elif form.changes():
            stored = self.stored(form)
            change_field(stored, actor=request.user, expected_version=form.expected_version, **form.changes())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Only while no record has a value of it."""
        delete_field(obj, actor=request.user)
