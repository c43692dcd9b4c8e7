"""Admin page of samples: what it is, where it came from, what became of it, and files to be measured from it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.admin import Copyable, Draft, Reach, RecordAdmin, Rows
from core.admin.show import chip, counted, link, links, simulated_chip
from core.admin.skin import Select
from core.admin.uploads import DropForm, receive, say_received
from core.fields import shown
from custom.admin_forms import WithCustomValues
from measurements.models import Measurement, Technique
from samples.models import Cell, Process, ProcessInput, ProcessOutput, Sample
from samples.selectors import OWN_FACTS, amount_left, composition_of, free_code, mass_left

_RECENT = 20
USED_SAMPLE = "inputs__sample__id__exact"
"""What the list of processes is asked for, to show those that took a sample in."""
_GONE = frozenset({Sample.Status.CONSUMED, Sample.Status.DISCARDED, Sample.Status.LOST})


class SampleForm(DropForm):
    """A sample with files of it. Cells have a page of their own."""

    technique = forms.ChoiceField(
        label="Technique",
        required=False,
        choices=[("", "the file tells"), *Technique.choices],
        help_text="Of the files dropped here.",
        widget=Select,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            kind: Any = self.fields["kind"]
            kind.choices = [choice for choice in kind.choices if choice[0] != Sample.Kind.CELL]


def count_of(model: Any, field: str) -> Any:
    """How many rows of another model point at a sample: a subquery, so that counts do not multiply."""
    rows = model.objects.filter(**{field: OuterRef("pk")}).order_by().values(field)
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)


@admin.register(Sample)
class SampleAdmin(Copyable, WithCustomValues, RecordAdmin):
    """Powders, mixtures, bodies, electrodes: everything with a label that is not a cell."""

    form = SampleForm
    list_display = ("code", "name", "kind", "substance", "state", "made_by", "use_count", "measurement_count", "origin")
    list_filter = ("kind", "status", "source", "simulated", "project")
    list_select_related = ("material", "production__process")
    search_fields = ("code", "name", "material__name", "lot", "supplier")
    autocomplete_fields = ("material",)
    fieldsets = (
        (None, {"fields": ("project", "code", "name", "kind", "material", "morphology", "status", "amount")}),
        ("Files", {"fields": ("files", "technique")}),
        (
            "Origin",
            {
                "fields": (
                    "source", "supplier", "lot", "certificate", "particle_size_d50", "opened_on", "air_exposure",
                    "location", "simulated",
                ),
                "classes": ("collapse",),
            },
        ),
        (
            "Pellet",
            {
                "fields": (
                    "diameter", "thickness", "relative_density", "density_method", "mass_before_firing",
                    "mass_after_firing", "balance_resolution",
                ),
                "classes": ("collapse",),
            },
        ),
        ("Note", {"fields": ("note",), "classes": ("collapse",)}),
    )  # fmt: skip
    error_places = {"file": "files"}
    own_facts = OWN_FACTS[Sample]

    def draft(self, request: HttpRequest, original: Sample) -> Draft:
        """With a code that is free."""
        draft = super().draft(request, original)
        draft.values["code"] = proposed_code(draft, original)
        return draft

    def get_queryset(self, request: HttpRequest) -> Any:
        """Cells have a list of their own; here they can only be chosen."""
        rows = super().get_queryset(request)
        if not self.is_list(request):
            return rows
        return rows.exclude(kind=Sample.Kind.CELL).annotate(
            uses_=count_of(ProcessInput, "sample"), measurements_=count_of(Measurement, "sample")
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The sample's page; that of the cell where it is one."""
        sample = self.get_object(request, object_id)
        if sample is not None and Cell.objects.filter(pk=sample.pk).exists():
            return redirect("admin:samples_cell_change", sample.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def write(self, request: HttpRequest, form: Any, rows: Rows, *, change: bool) -> None:
        """The sample, then its files."""
        super().write(request, form, rows, change=change)
        subject = Sample.objects.get(pk=form.instance.pk)
        say_received(request, receive(request, form, subject=subject, technique=form.cleaned_data["technique"]))

    def offered(self, samples: QuerySet[Any]) -> QuerySet[Any]:
        """With what is left of each, where it is to be chosen."""
        with_left: QuerySet[Any] = samples.annotate(left_=mass_left(""))
        return with_left

    def offered_as(self, sample: Any) -> str:
        """The code with what tells two lots apart: `NCM622-3 · lot 7 · 12.4 g left`."""
        gone = sample.get_status_display() if sample.status in _GONE else ""
        lot = f"lot {sample.lot}" if sample.lot else ""
        return " · ".join(filter(None, (sample.code, lot, gone or amount_left(sample.left_))))

    def panel(self, request: HttpRequest, obj: Sample) -> SafeString:
        """Where it came from, what became of it, what was measured."""
        return render_to_string("admin/samples/sample/panel.html", around(obj, request))

    @admin.display(description="material", ordering="material__name")
    def substance(self, sample: Sample) -> str:
        """Of a pure substance."""
        return link(sample.material)

    @admin.display(description="status", ordering="status")
    def state(self, sample: Sample) -> str:
        """Whether it can be used."""
        return chip(sample.get_status_display(), {"consumed": "mute"}.get(sample.status, ""))

    @admin.display(description="made by")
    def made_by(self, sample: Sample) -> str:
        """The process that gave it."""
        production = getattr(sample, "production", None)
        return link(production.process) if production else ""

    @admin.display(description="used in", ordering="uses_")
    def use_count(self, sample: Any) -> str:
        """In how many processes it went."""
        return counted(sample.uses_, "samples_process", **{USED_SAMPLE: sample.pk})

    @admin.display(description="measurements", ordering="measurements_")
    def measurement_count(self, sample: Any) -> str:
        """How often it was measured."""
        return counted(sample.measurements_, "measurements_measurement", sample__id__exact=sample.pk)

    @admin.display(description="")
    def origin(self, sample: Sample) -> str:
        """Marks what is not real."""
        return simulated_chip(sample)


def proposed_code(draft: Draft, original: Sample) -> str:
    """A code for a sample like another one, in the project that the draft begins in."""
    return free_code(original.project, original.code) if "project" in draft.values else original.code


def around(sample: Sample, request: HttpRequest) -> dict[str, Any]:
    """What the panel of a sample or a cell shows: neighbours in the lineage, composition, measurements."""
    production = getattr(sample, "production", None)
    if production is not None and not Reach.of(request).may_see(production.process):
        production = None
    seen = Sample.objects.visible_to(request.user)
    inputs = production.process.inputs.select_related("sample", "material") if production else None
    made_from = inputs.filter(Q(sample=None) | Q(sample__in=seen)) if inputs is not None else []
    used = sample.usages.filter(process__in=Process.objects.visible_to(request.user)).select_related("process")
    measurements = (
        Measurement.objects.filter(sample=sample)
        .select_related("sample")
        .annotate(files_=Count("files"))
        .order_by("-created_at")[:_RECENT]
    )
    return {
        "sample": sample,
        "production": link(production.process) if production else "",
        "made_from": links(row.sample or row.material for row in made_from),
        "amount": shown(sample, "amount"),
        "used": [
            (link(row.process), row.get_role_display(), links(o.sample for o in row.process.outputs.all()))
            for row in used.prefetch_related(Prefetch("process__outputs", _outputs(seen)))
        ],
        "composition": [
            (
                link(part.material),
                "" if part.fraction is None else f"{100 * part.fraction:.4g} %",
                part.morphology or "",
            )
            for part in composition_of(sample)
        ],
        "measurements": [(link(m), m.files_, simulated_chip(m)) for m in measurements],
    }


def _outputs(seen: Any) -> Any:
    return ProcessOutput.objects.filter(sample__in=seen).select_related("sample")
