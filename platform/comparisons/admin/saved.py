"""Admin page of saved comparisons: rows by choosing records, columns by their keys, and the table as it stands."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import writing
from comparisons.admin.drawn import drawn
from comparisons.columns import TABLE_S1
from comparisons.models import Comparison, ComparisonRow
from comparisons.selectors import comparison_table
from comparisons.services import add_subject, change_comparison, create_comparison, remove_row
from comparisons.services.saved import check_columns
from core.admin import RecordAdmin, RecordForm, RowForm, Rows, RowsInline, TextArea
from core.admin.show import sentences


class ComparisonForm(RecordForm):
    """A comparison; its columns are typed one to a line."""

    columns = forms.CharField(
        label="Columns",
        widget=TextArea(attrs={"rows": 10}),
        help_text="One column to a line: facts of the records (configuration, cathode, temperature, current_density, "
        "voltage_range, reference), any quantity such as coulombic_efficiency, or of a record further away: "
        "ancestor(process:co-sintering).temperature, measurement(eis).ionic_conductivity.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = TABLE_S1 if self.instance._state.adding else self.instance.columns
        if "slug" in self.fields:
            self.fields["slug"].label = "Address"
        self.initial["columns"] = "\n".join(keys)

    def clean_columns(self) -> list[str]:
        """The keys, each known.

        Raises:
            ValidationError: A column does not exist; near ones are offered.
        """
        keys = [line.strip() for line in self.cleaned_data["columns"].splitlines() if line.strip()]
        try:
            check_columns(keys)
        except ValidationError as error:
            raise ValidationError(error.message_dict["columns"]) from error
        return list(dict.fromkeys(keys))


class RowsOfComparison(RowsInline):
    """Cells, samples or measurements, in the order of the table."""

    model = ComparisonRow
    fields = ("subject", "measurement", "emphasised", "note")
    autocomplete_fields = ("subject", "measurement")
    first_rows = 2
    verbose_name = "row"
    verbose_name_plural = "Rows, in the order of the table"


@admin.register(Comparison)
class ComparisonAdmin(RecordAdmin):
    """Saved comparisons."""

    form = ComparisonForm
    list_display = ("title", "slug", "about", "project", "row_count", "table_page")
    list_filter = ("project", "about")
    list_select_related = ("project",)
    search_fields = ("title", "slug", "caption", "rows__subject__code")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (RowsOfComparison,)
    fieldsets = ((None, {"fields": ("project", "title", "slug", "caption", "about", "columns")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of rows."""
        rows = super().get_queryset(request)
        return rows.annotate(rows_=Count("rows", distinct=True)) if self.is_list(request) else rows

    def write(self, request: HttpRequest, form: RecordForm, rows: Rows, *, change: bool) -> None:
        """The comparison, then its rows, by their services."""
        if change:
            changes = form.changes()
            if changes:
                change_comparison(
                    self.stored(form), actor=request.user, expected_version=form.expected_version, **changes
                )
        else:
            form.instance.pk = create_comparison(actor=request.user, **form.entered()).pk
        if rows["rows"].is_changed():
            self._write_rows(request, self.stored(form), rows["rows"].living())

    def _write_rows(self, request: HttpRequest, comparison: Comparison, rows: list[RowForm]) -> None:
        for stored in comparison.rows.all():
            remove_row(stored, actor=request.user)
        for form in rows:
            data = form.cleaned_data
            try:
                row = add_subject(
                    comparison,
                    actor=request.user,
                    subject=data["subject"],
                    measurement=data["measurement"],
                    note=data.get("note", ""),
                )
            except ValidationError as error:
                raise ValidationError({"rows": error.messages}) from error
            if data.get("emphasised"):
                writing.change(row, actor=request.user, emphasised=True)

    def headline(self, request: HttpRequest, obj: Comparison) -> SafeString:
        """The table as it stands, each number leading to its origin."""
        shown = comparison_table(obj, request.user)
        body = drawn(shown)
        warnings = sentences([*shown.warnings, *(f"{row.code}: {w}" for row in shown.rows for w in row.warnings)])
        return format_html(
            '{}{}<p><a class="co-link" href="{}">Open as a page</a></p>',
            body or format_html('<p class="co-mute">{}</p>', "No rows yet: choose them below."),
            warnings,
            obj.get_absolute_url(),
        )

    @admin.display(description="rows", ordering="rows_")
    def row_count(self, comparison: Any) -> int:
        """How many rows were chosen by hand."""
        return int(comparison.rows_)

    @admin.display(description="table")
    def table_page(self, comparison: Comparison) -> SafeString:
        """The page that shows it."""
        return format_html('<a class="co-link" href="{}">open</a>', comparison.get_absolute_url())
