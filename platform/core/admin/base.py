"""What the pages of all records share: writing through services, refusals at their fields, and panels of what is known.

`RecordAdmin` is for records that people write, `ReadOnlyAdmin` for what the platform makes of them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts import writing
from accounts.selectors import readers_of
from core.admin.facets import of_visible_records
from core.admin.forms import RecordForm, Refusal, dressed
from core.admin.permissions import ByRole, Reach
from core.admin.rows import RowsFormSet
from core.admin.skin import ModelAdmin
from core.admin.withdrawn import WithdrawnFilter
from core.history.shape import root_of
from core.merging import readable
from core.models import Record
from core.records import StaleVersionError
from core.withdrawal import can_be_withdrawn

Rows = dict[str, RowsFormSet]
"""The lists of a page by their prefix."""


class SiteAdmin(ByRole, ModelAdmin):
    """Lists and pages that show what a person may see."""

    list_per_page = 50
    show_facets = ShowFacets.ALLOW
    list_filter_submit = False
    warn_unsaved_form = True
    compressed_fields = True
    change_form_template = "admin/cosinter/record.html"
    empty_text = ""
    """What an empty list says beside that it is empty: where such records come from."""

    class Media:
        css: ClassVar = {"all": ["admin/cosinter/admin.css"]}
        js: ClassVar = [
            "admin/cosinter/live.js", "admin/cosinter/drop.js", "admin/cosinter/labels.js", "admin/cosinter/rows.js",
        ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows this person may see."""
        rows: Any = super().get_queryset(request)
        shown: models.QuerySet[Any] = rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
        return shown

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Filters name only what the person may see; lists leave out what was withdrawn, unless somebody asks."""
        filters = [of_visible_records(self.model, entry) for entry in super().get_list_filter(request)]
        return [*filters, WithdrawnFilter] if can_be_withdrawn(self.model) else filters

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """The history of a record as the database wrote it, on the page that compares and restores."""
        if issubclass(self.model, Record) or can_be_withdrawn(self.model):
            kind = str(root_of(self.model)._meta.model_name)
            return redirect("history", kind="file" if kind == "rawfile" else kind, pk=object_id)
        return super().history_view(request, object_id, extra_context)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """For those who may only look, quantities with their units, and nothing that can only be filled in."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        looked_at = [
            (title, {**options, "fields": self.looked_at(request, options["fields"])}) for title, options in fieldsets
        ]
        return [(title, options) for title, options in looked_at if options["fields"]]

    def is_list(self, request: HttpRequest) -> bool:
        """Whether the page that is asked for is the list of records."""
        match = request.resolver_match
        return match is not None and str(match.url_name).endswith("_changelist")

    def panel(self, request: HttpRequest, obj: Any) -> SafeString | str:
        """What is known of a record beside its own fields, shown below them."""
        return ""

    def headline(self, request: HttpRequest, obj: Any) -> SafeString | str:
        """What matters first of a record, shown above its fields."""
        return ""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002 (Django's signature)
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """Adds what is known of the record."""
        if obj is not None:
            context["headline"] = self.headline(request, obj)
            context["panel"] = self.panel(request, obj)
            context["readers"] = readers_of(obj) if hasattr(self.model.objects, "visible_to") else None
        return super().render_change_form(request, context, add, change, form_url, obj)


class ReadOnlyAdmin(SiteAdmin):
    """Pages of what never changes by hand: files, datasets, runs, results."""

    read_only = True
    actions = None
    warn_unsaved_form = False
    show_add_link = False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """No form: the page tells what there is to know."""
        return ()


class RecordAdmin(SiteAdmin):
    """Pages of a record that people write."""

    form = RecordForm
    error_places: ClassVar[dict[str, str]] = {}

    def write(self, request: HttpRequest, form: RecordForm, rows: Rows, *, change: bool) -> None:
        """Stores what was entered. Records with a service of their own override this."""
        if change:
            if form.changes():
                stored = self.stored(form)
                writing.change(stored, actor=request.user, expected_version=form.expected_version, **form.changes())
        else:
            writing.create(form.instance, actor=request.user)

    def stored(self, form: RecordForm) -> Any:
        """The record as the database has it, without what was typed."""
        return self.model._base_manager.get(pk=form.instance.pk)

    def changeform_view(
        self,
        request: Any,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Shows the form; where a service refuses what was typed, shows it again with the reason."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (ValidationError, StaleVersionError, IntegrityError) as error:
            request.refusal = Refusal.of(error)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """The form, knowing who asks and what a service refused."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.request = request
        form.refusal = getattr(request, "refusal", None)
        form.error_places = self.error_places
        form.rows_prefixes = frozenset(self._rows_prefixes(request, obj))
        return form

    def _rows_prefixes(self, request: HttpRequest, obj: Any) -> list[str]:
        return [
            inline.get_formset(request, obj).get_default_prefix() for inline in self.get_inline_instances(request, obj)
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begins in the only project a person can write in, if there is one."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        reach = Reach.of(request)
        if "project" not in initial and len(reach.editable) == 1:
            initial["project"] = next(iter(reach.editable))
        return initial

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Quantities are text boxes that take any fitting unit."""
        return dressed(db_field) or super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Nothing yet: the record is written with its lists, at once."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Has the service write the record with its lists."""
        self.write(request, form, {formset.prefix: formset for formset in formsets}, change=change)
        form.instance._state.adding = False

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Asks before deleting; a record that others rest on is withdrawn instead, on the page of its history."""
        record = self.get_object(request, object_id)
        if record is None or not self._is_kept(request, record):
            return super().delete_view(request, object_id, extra_context)
        self.message_user(
            request, f"Other records rest on {record}. Withdraw it instead: say why, below.", messages.WARNING
        )
        return self.history_view(request, object_id)

    def _is_kept(self, request: HttpRequest, record: Any) -> bool:
        if not can_be_withdrawn(self.model) or not self.has_delete_permission(request, record):
            return False
        return bool(record.resting() or self.get_deleted_objects([record], request)[3])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Deletes through the service, which asks for the right to do so."""
        writing.delete(obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """Deletes each through the service; says which ones stay because others rest on them."""
        for record in queryset:
            try:
                with transaction.atomic():
                    self.delete_model(request, record)
            except models.ProtectedError:
                words = f"{record} stays: other records rest on it. Withdraw it instead, on the page of its history."
                self.message_user(request, words, messages.WARNING)
            except (PermissionDenied, ValidationError) as error:
                words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
                self.message_user(request, f"{record} stays: {words}", messages.WARNING)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:  # noqa: FBT001, FBT002
        """What the history says: each field with its old and new value."""
        if add:
            return [{"added": {}}]
        names = {f.name for f in form.instance._meta.concrete_fields}
        said = [
            f"{capfirst(str(form.fields[name].label or name))}: {self._shown_before(form, name)} → "
            f"{readable(form.fields[name], form.instance, name) or 'empty'}"
            for name in form.changed_data
            if name in names
        ]
        return "; ".join(said) or "Lists or files changed."

    def _shown_before(self, form: Any, name: str) -> str:
        before = form.initial.get(name)
        if before in (None, ""):
            return "empty"
        field = form.instance._meta.get_field(name)
        if isinstance(field, models.ForeignKey):
            known = field.remote_field.model._base_manager.filter(pk=before).first()
            return str(known or "empty")
        return str(dict(field.flatchoices).get(before, before))


def require(allowed: object, words: str = "") -> None:
    """Lets pass where something is allowed.

    Raises:
        PermissionDenied: It is not.
    """
    if not allowed:
        raise PermissionDenied(words)
