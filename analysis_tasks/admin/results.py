"""Admin page of results: every number with its unit and its origin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis_tasks.models import Result
from core.admin import ReadOnlyAdmin
from core.admin.show import facts, label_of, link, number, plain, simulated_chip, when
from measurements.admin.story import origin


class QuantityFilter(admin.SimpleListFilter):
    """Chooses by quantity, under the name that people use."""

    title = "quantity"
    parameter_name = "quantity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Quantities that occur."""
        rows = model_admin.get_queryset(request).order_by("quantity").values_list("quantity", flat=True).distinct()
        return [(key, label_of(key)) for key in rows]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows of the chosen one."""
        return queryset.filter(quantity=self.value()) if self.value() else queryset


class OriginFilter(admin.SimpleListFilter):
    """Chooses by where numbers come from."""

    title = "origin"
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The three origins a number can have."""
        return [("run", "computed by a run"), ("publication", "reported"), ("person", "entered by a person")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows of the chosen one."""
        chosen = self.value()
        return (
            queryset.filter(**{f"{chosen}__isnull": False}) if chosen in {"run", "publication", "person"} else queryset
        )


@admin.register(Result)
class ResultAdmin(ReadOnlyAdmin):
    """Numbers."""

    list_display = ("label", "value_text", "of", "subject_link", "origin_text", "made", "mark")
    list_select_related = ("subject", "run__release", "publication", "person")
    list_filter = (QuantityFilter, OriginFilter, "simulated", "subject__project")
    search_fields = ("quantity", "subject__code", "publication__label")

    def headline(self, request: HttpRequest, obj: Result) -> SafeString:
        """The number and where it comes from."""
        return format_html(
            '<p class="co-big">{}</p>{}',
            number(obj.value, obj.unit, obj.uncertainty),
            facts(
                (
                    ("quantity", label_of(obj.quantity)),
                    ("as reported or entered", obj.text),
                    ("full precision", f"{obj.value!r} {obj.unit}"),
                    ("of", plain(obj.index)),
                    ("sample", link(obj.subject)),
                    ("measurement", link(obj.measurement)),
                    ("origin", origin(obj)),
                    ("said of it", plain(obj.qualifiers)),
                    ("stored", when(obj.created_at)),
                    ("", simulated_chip(obj)),
                )
            ),
        )

    @admin.display(description="quantity", ordering="quantity")
    def label(self, result: Result) -> str:
        """What people call it."""
        return label_of(result.quantity)

    @admin.display(description="value", ordering="value")
    def value_text(self, result: Result) -> SafeString:
        """With its unit."""
        return format_html(
            '<span class="co-nowrap">{}</span>', result.text or number(result.value, result.unit, result.uncertainty)
        )

    @admin.display(description="of")
    def of(self, result: Result) -> str:
        """Of what among many."""
        return plain(result.index)

    @admin.display(description="sample", ordering="subject__code")
    def subject_link(self, result: Result) -> str:
        """Of which sample."""
        return link(result.subject)

    @admin.display(description="origin")
    def origin_text(self, result: Result) -> SafeString | str:
        """Where it comes from."""
        return origin(result)

    @admin.display(description="stored", ordering="created_at")
    def made(self, result: Result) -> str:
        """When."""
        return when(result.created_at)

    @admin.display(description="")
    def mark(self, result: Result) -> str:
        """Marks what is not real."""
        return simulated_chip(result)
