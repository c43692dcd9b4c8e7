"""Admin pages of measurements and cell tests: drop the instrument's file, watch it become numbers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.safestring import SafeString

from analysis_tasks.models import AnalysisRun
from core.admin import RecordAdmin, RecordForm, RowForm, Rows, RowsInline
from core.admin.facets import WorkFilter
from core.admin.show import chip, link, simulated_chip, when
from core.admin.uploads import DropForm, receive, say_received
from core.fields import as_entered, shown
from custom.admin_forms import WithCustomValues
from measurements.admin.story import editable_by, story
from measurements.models import CellTest, FileReading, Measurement, RawFile, Technique, TestStep
from measurements.services import change_measurement, create_measurement
from samples.models import Cell, Sample


class MeasurementForm(DropForm):
    """A measurement with its files."""

    def clean_sample(self) -> Sample:
        """A sample; cells are tested elsewhere."""
        sample: Sample = self.cleaned_data["sample"]
        if Cell.objects.filter(pk=sample.pk).exists():
            self.add_error("sample", f"{sample} is a cell; record a cell test, which keeps rate and voltage window.")
        return sample


class MeasuredAdmin(WithCustomValues, RecordAdmin):
    """What measurements and cell tests have in common."""

    error_places = {"file": "files"}
    list_select_related = ("sample", "instrument")
    search_fields = ("sample__code", "sample__name", "files__name", "note")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A technique that nobody names is found in the file."""
        if db_field.name == "technique":
            kwargs["choices"] = [("", "as the file says"), *Technique.choices]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With file counts and states in the list."""
        rows = super().get_queryset(request)
        if not self.is_list(request):
            return rows
        own = OuterRef("pk")
        files = RawFile.objects.filter(measurement=own).order_by().values("measurement").annotate(n=Count("pk"))
        readings = FileReading.objects.filter(file__measurement=own).order_by("-queued_at")
        runs = AnalysisRun.objects.filter(measurement=own).order_by("-queued_at")
        return rows.annotate(
            files_=Subquery(files.values("n")),
            work_state=Coalesce(Subquery(runs.values("state")[:1]), Subquery(readings.values("state")[:1])),
        )

    def write(self, request: Any, form: Any, rows: Rows, *, change: bool) -> None:
        """The measurement with its files; bytes that are known lead to the measurement they belong to."""
        if not change and form.cleaned_data["files"]:
            self._receive_new(request, form)
        else:
            self._write_record(request, form, change=change)
            measurement = Measurement.objects.get(pk=form.instance.pk)
            say_received(request, receive(request, form, subject=measurement.sample, measurement=measurement))
        if "steps" in rows and rows["steps"].is_changed():
            self._write_steps(request, form.instance.pk, rows["steps"].living())

    def _write_record(self, request: Any, form: RecordForm, *, change: bool) -> None:
        if change:
            super().write(request, form, {}, change=True)
            return
        conditions = form.entered()
        sample, technique = conditions.pop("sample"), conditions.pop("technique", "")
        made = create_measurement(
            actor=request.user,
            subject=Sample.objects.get(pk=sample.pk),
            technique=technique,
            conditions={"id": form.instance.id, **conditions},
        )
        form.instance.pk = made.pk

    def _receive_new(self, request: Any, form: DropForm) -> None:
        conditions = form.entered()
        sample, technique = conditions.pop("sample"), conditions.pop("technique", "")
        files, form.cleaned_data["files"] = form.cleaned_data["files"], form.cleaned_data["files"][:1]
        subject = Sample.objects.get(pk=sample.pk)
        first = receive(
            request, form, subject=subject, technique=technique, conditions={"id": form.instance.id, **conditions}
        )[0]
        form.instance.pk = first.measurement.pk
        form.cleaned_data["files"] = files[1:]
        more = receive(request, form, subject=subject, measurement=first.measurement)
        say_received(request, [first, *more])

    def _write_steps(self, request: Any, pk: UUID, rows: list[RowForm]) -> None:
        steps = [
            {
                "kind": row.instance.kind,
                "rate": row.instance.rate,
                "cycles": row.instance.cycles,
                "duration": as_entered(row.instance, "duration"),
                "at_cycle": row.instance.at_cycle,
                "state_of_charge": row.instance.state_of_charge,
            }
            for row in rows
        ]
        change_measurement(CellTest.objects.get(pk=pk), actor=request.user, steps=steps)

    def get_urls(self) -> list[Any]:
        """Adds the part of the page that follows the work."""
        return [
            path("<uuid:pk>/story/", self.admin_site.admin_view(self.story_view), name=f"{self._name}_story"),
            *super().get_urls(),
        ]

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def story_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What became of the files so far, for the page that shows it."""
        measurement = get_object_or_404(Measurement.objects.visible_to(request.user), pk=pk)
        return HttpResponse(story(measurement, editable=editable_by(request, measurement)))

    def headline(self, request: HttpRequest, obj: Measurement) -> SafeString:
        """What became of the files so far."""
        measurement = Measurement.objects.select_related("sample").get(pk=obj.pk)
        return story(measurement, editable=editable_by(request, measurement))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The page of the measurement, where its files appear."""
        return _to_page(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stays on the page where a file has just been dropped."""
        return (_to_page(request, obj) if request.FILES else None) or super().response_change(request, obj)

    @admin.display(description="measurement", ordering="technique")
    def title(self, measurement: Measurement) -> str:
        """What was measured."""
        return measurement.get_technique_display() or "not known yet"

    @admin.display(description="sample", ordering="sample__code")
    def subject(self, measurement: Measurement) -> str:
        """On what."""
        return link(measurement.sample)

    @admin.display(description="files", ordering="files_")
    def file_count(self, measurement: Any) -> int:
        """How many files it has."""
        return measurement.files_ or 0

    @admin.display(description="state")
    def state(self, measurement: Any) -> str:
        """Where the work on its newest file stands."""
        return chip(measurement.work_state) if measurement.work_state else ""

    @admin.display(description="measured", ordering="measured_at")
    def measured(self, measurement: Measurement) -> str:
        """When."""
        return when(measurement.measured_at)

    @admin.display(description="")
    def origin(self, measurement: Measurement) -> str:
        """Marks what is not real."""
        return simulated_chip(measurement)


@admin.register(Measurement)
class MeasurementAdmin(MeasuredAdmin):
    """Measurements of samples that are no cells."""

    empty_text = "Drop a file on the page of a sample, or add a measurement. Tests of cells have a list of their own."
    form = MeasurementForm
    list_display = ("title", "subject", "instrument", "measured", "file_count", "state", "origin")
    list_filter = (WorkFilter, "technique", "measured_at", "simulated", "instrument", "sample__project")
    autocomplete_fields = ("sample", "instrument", "publication")
    fieldsets = (
        (None, {"fields": ("sample", "files", "technique", "instrument", "operator", "measured_at", "temperature")}),
        ("Reported", {"fields": ("publication", "locator"), "classes": ("collapse", "co-late")}),
        ("More", {"fields": ("note", "simulated"), "classes": ("collapse", "co-late")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Tests of cells have a list of their own."""
        rows = super().get_queryset(request)
        tests = CellTest.objects.filter(pk=OuterRef("pk"))
        return rows.exclude(Exists(tests)) if self.is_list(request) else rows

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The measurement's page; that of the cell test where it is one."""
        measurement = self.get_object(request, object_id)
        if measurement is not None and CellTest.objects.filter(pk=measurement.pk).exists():
            return redirect("admin:measurements_celltest_change", measurement.pk)
        return super().change_view(request, object_id, form_url, extra_context)


class StepsInline(RowsInline):
    """The test's program."""

    model = TestStep
    fields = ("kind", "rate", "cycles", "duration", "at_cycle", "state_of_charge")
    first_rows = 0
    verbose_name_plural = "Steps of the program"


@admin.register(CellTest)
class CellTestAdmin(MeasuredAdmin):
    """Tests of cells: rate, window, temperature, and the cycler's files."""

    form = DropForm
    list_display = ("title", "subject", "rate", "at_temperature", "measured", "file_count", "state", "origin")
    list_filter = (WorkFilter, "technique", "measured_at", "simulated", "instrument", "sample__project")
    autocomplete_fields = ("instrument", "publication", "protocol")
    inlines = (StepsInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "sample", "files", "technique", "rate", "lower_voltage", "upper_voltage", "temperature",
                    "instrument", "operator", "measured_at",
                )
            },
        ),
        ("Program", {"fields": ("protocol", "cycle_offset"), "classes": ("collapse", "co-late")}),
        ("Reported", {"fields": ("publication", "locator", "window_text"), "classes": ("collapse", "co-late")}),
        ("More", {"fields": ("note", "simulated"), "classes": ("collapse", "co-late")}),
    )  # fmt: skip

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only cells are tested."""
        if db_field.name == "sample":
            kwargs["queryset"] = Sample.objects.visible_to(request.user).filter(kind=Sample.Kind.CELL).order_by("code")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "sample" and field is not None:
            field.label = "Cell"
        return field

    @admin.display(description="temperature", ordering="temperature")
    def at_temperature(self, test: CellTest) -> str:
        """As entered."""
        return shown(test, "temperature")


def _to_page(request: HttpRequest, obj: Any) -> HttpResponse | None:
    """Where to go after saving, unless a person asked for something else."""
    if {"_addanother", "_popup"} & set(request.POST):
        return None
    return redirect(f"admin:measurements_{obj._meta.model_name}_change", obj.pk)
