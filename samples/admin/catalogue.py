"""Admin pages of what the whole laboratory shares: materials, publications, instruments, words, protocols."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest

from analysis_tasks.models import Result
from core.admin import Copyable, Draft, RecordAdmin
from core.admin.show import counted
from core.fields import shown
from samples.models import Instrument, Material, Protocol, Publication, Sample, Term
from samples.selectors import OWN_FACTS, next_revision


@admin.register(Material)
class MaterialAdmin(RecordAdmin):
    """Substances under the names people use for them."""

    list_display = ("name", "formula", "family", "capacity", "sample_count")
    list_filter = ("family",)
    search_fields = ("name", "formula", "family", "cas")
    fieldsets = (
        (None, {"fields": ("name", "formula", "family")}),
        ("Properties", {"fields": ("theoretical_capacity", "density", "cas")}),
        ("Note", {"fields": ("note",)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of samples in the list."""
        rows = super().get_queryset(request)
        return (
            rows.annotate(samples_=Count("samples", filter=_seen(request, Sample, "samples")))
            if self.is_list(request)
            else rows
        )

    @admin.display(description="theoretical capacity", ordering="theoretical_capacity")
    def capacity(self, material: Material) -> str:
        """As entered."""
        return shown(material, "theoretical_capacity")

    @admin.display(description="samples", ordering="samples_")
    def sample_count(self, material: Any) -> str:
        """Samples of the pure substance."""
        return counted(material.samples_, "samples_sample", material__id__exact=material.pk)


@admin.register(Publication)
class PublicationAdmin(RecordAdmin):
    """Papers that reported values come from."""

    list_display = ("label", "title", "journal", "year", "result_count")
    search_fields = ("label", "title", "authors", "journal", "doi")
    list_filter = ("year",)
    fieldsets = (
        (None, {"fields": ("label", "title", "authors", "journal", "year", "doi")}),
        ("Note", {"fields": ("note",)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of reported values in the list."""
        rows = super().get_queryset(request)
        return (
            rows.annotate(results_=Count("results", filter=_seen(request, Result, "results")))
            if self.is_list(request)
            else rows
        )

    @admin.display(description="reported values", ordering="results_")
    def result_count(self, publication: Any) -> str:
        """How many numbers come from it."""
        return counted(publication.results_, "analysis_tasks_result", publication__id__exact=publication.pk)


@admin.register(Instrument)
class InstrumentAdmin(RecordAdmin):
    """Devices, with what their files do not say."""

    empty_text = "Furnaces, mills, cyclers: with their channel, calibration and the time zone of their clocks."
    list_display = ("name", "kind", "manufacturer", "model", "channel", "time_zone")
    list_filter = ("kind",)
    search_fields = ("name", "manufacturer", "model", "serial")
    fieldsets = (
        (None, {"fields": ("name", "kind", "manufacturer", "model", "serial")}),
        ("Use", {"fields": ("channel", "time_zone", "location", "calibration")}),
        ("Note", {"fields": ("note",)}),
    )


@admin.register(Term)
class TermAdmin(RecordAdmin):
    """Words of the controlled vocabularies."""

    list_display = ("label", "vocabulary", "description")
    list_filter = ("vocabulary",)
    search_fields = ("label",)
    fieldsets = ((None, {"fields": ("vocabulary", "label", "description")}),)


@admin.register(Protocol)
class ProtocolAdmin(Copyable, RecordAdmin):
    """Plans of processes and tests."""

    empty_text = "A protocol is the plan that a process or a test follows; each change of it is a new revision."
    list_display = ("name", "revision", "kind", "project")
    list_filter = ("project",)
    list_select_related = ("project",)
    search_fields = ("name", "kind")
    fieldsets = ((None, {"fields": ("project", "name", "revision", "kind", "instructions")}),)
    own_facts = OWN_FACTS[Protocol]

    def draft(self, request: HttpRequest, original: Protocol) -> Draft:
        """As the next revision."""
        draft = super().draft(request, original)
        draft.values["revision"] = next_revision(original) if "project" in draft.values else 1
        return draft


def _seen(request: HttpRequest, model: Any, name: str) -> Q:
    """Only what this person may see is counted."""
    return Q(**{f"{name}__in": model.objects.visible_to(request.user)})
