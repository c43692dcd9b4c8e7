"""Admin pages of runs and of the tables they stored: which code, which bytes, which values, and what came out."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from analysis_tasks.models import AnalysisRun, Artifact
from analysis_tasks.services import rerun
from core.admin import Reach, ReadOnlyAdmin, require
from core.admin.show import chip, counted, facts, link, number, plain, sentences, simulated_chip, table, when, words
from core.tables import Table
from measurements.admin.readings import job_facts
from measurements.admin.story import results_table
from measurements.store import load_table

_ROWS = 200


@admin.register(AnalysisRun)
class AnalysisRunAdmin(ReadOnlyAdmin):
    """Executions of kernels."""

    list_display = ("kernel", "state_chip", "subject_link", "measured", "result_count", "queued", "took", "mark")
    list_select_related = ("release", "subject", "measurement__sample")
    list_filter = ("state", "release__name", "subject__project")
    search_fields = ("release__name", "subject__code", "error")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of results and whether a slot points at it."""
        rows = super().get_queryset(request)
        return rows.annotate(results_=Count("results", distinct=True), current_=Count("current_in", distinct=True))

    def get_urls(self) -> list[Any]:
        """Adds computing again."""
        again = self.admin_site.admin_view(self.rerun_view)
        return [path("<uuid:pk>/rerun/", again, name="analysis_tasks_analysisrun_rerun"), *super().get_urls()]

    def rerun_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Computes again: where nothing changed, to compare; else with today's values and code."""
        run = get_object_or_404(self.get_queryset(request), pk=pk)
        require(request.method == "POST", "A run is asked for by its button.")
        again, _ = rerun(run, actor=request.user)
        messages.success(
            request, "The run is repeated to compare." if again.verifies_id else "A new run is on its way."
        )
        return redirect("admin:analysis_tasks_analysisrun_change", again.pk)

    def headline(self, request: HttpRequest, obj: AnalysisRun) -> SafeString:
        """Results first, then everything they rest on."""
        results = list(obj.results.select_related("run__release", "publication", "person").order_by("quantity"))
        return format_html(
            "{}{}{}{}{}{}{}",
            job_facts(obj),
            sentences(obj.warnings),
            format_html("<h3>Results {}</h3>{}", simulated_chip(obj.measurement), results_table(results))
            if results
            else "",
            _lineage(obj),
            format_html("<h3>Values it read</h3>{}", _parameters(obj)),
            format_html(
                "<details><summary>Environment</summary>{}</details>",
                facts((words(key), plain(value)) for key, value in obj.environment.items()),
            )
            if obj.environment
            else "",
            self._again(obj) if Reach.of(request).may_edit(obj) else "",
        )

    def _again(self, run: AnalysisRun) -> SafeString:
        address = reverse("admin:analysis_tasks_analysisrun_rerun", args=[run.pk])
        return format_html(
            '<p><button class="co-button" formaction="{}" formmethod="post" formnovalidate>Compute again</button></p>',
            address,
        )

    @admin.display(description="run", ordering="release__name")
    def kernel(self, run: AnalysisRun) -> str:
        """Kernel and version."""
        return str(run.release)

    @admin.display(description="state", ordering="state")
    def state_chip(self, run: AnalysisRun) -> str:
        """Where it stands."""
        return chip(run.state)

    @admin.display(description="sample", ordering="subject__code")
    def subject_link(self, run: AnalysisRun) -> str:
        """Of which sample."""
        return link(run.subject)

    @admin.display(description="measurement")
    def measured(self, run: AnalysisRun) -> str:
        """Of which measurement."""
        return link(run.measurement, run.measurement.get_technique_display() or "measurement")

    @admin.display(description="results", ordering="results_")
    def result_count(self, run: Any) -> str:
        """How many numbers it gave."""
        return counted(run.results_, "analysis_tasks_result", run__id__exact=run.pk)

    @admin.display(description="queued", ordering="queued_at")
    def queued(self, run: AnalysisRun) -> str:
        """When it was asked for."""
        return when(run.queued_at)

    @admin.display(description="CPU time", ordering="seconds")
    def took(self, run: AnalysisRun) -> str:
        """How long the kernel computed."""
        return "" if run.seconds is None else f"{run.seconds:.2g} s"

    @admin.display(description="")
    def mark(self, run: Any) -> SafeString | str:
        """Whether tables show it."""
        return chip("current") if run.current_ else ""


def _lineage(run: AnalysisRun) -> SafeString | str:
    inputs = run.inputs.select_related("dataset__file").order_by("order")
    return facts(
        (
            ("kernel", link(run.release)),
            ("sample", link(run.subject)),
            ("measurement", link(run.measurement)),
            ("input", _joined(link(entry.dataset) for entry in inputs)),
            ("tables", _joined(link(artifact, words(artifact.name)) for artifact in run.artifacts.all())),
            ("takes the place of", link(run.supersedes, "an earlier run") if run.supersedes else ""),
            ("repeats", link(run.verifies, "this run") if run.verifies else ""),
            ("SHA-256 of the output", _hash(run.output_sha256)),
        )
    )


def _joined(parts: Any) -> SafeString | str:
    return format_html_join(", ", "{}", ((part,) for part in parts))


def _hash(value: str) -> SafeString | str:
    return format_html('<code class="co-hash">{}</code>', value) if value else ""


def _parameters(run: AnalysisRun) -> SafeString | str:
    described = {entry["key"]: entry for entry in run.release.parameters}
    sources = {entry.parameter: entry for entry in run.context.all()}
    records = _records(sources.values())
    rows = []
    for key, value in run.parameters.items():
        entry = described.get(key, {})
        source = sources.get(key)
        rows.append(
            (
                words(key),
                _value(value, entry.get("unit", "")),
                link(records.get(source.record_id), words(source.field)) if source else "set or default",
                entry.get("description", ""),
            )
        )
    return table(("value", "", "from", "meaning"), rows)


def _records(sources: Any) -> dict[Any, models.Model]:
    """The records that values were read from, fetched once for each kind."""
    wanted: dict[str, set[Any]] = {}
    for source in sources:
        wanted.setdefault(source.record, set()).add(source.record_id)
    found: dict[Any, models.Model] = {}
    for label, keys in wanted.items():
        found |= apps.get_model(label)._default_manager.in_bulk(list(keys))
    return found


def _value(value: Any, unit: str) -> str:
    if value is None or value == "":
        return "unknown"
    if isinstance(value, float) and unit:
        return number(value, unit)
    return plain(value)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    """Tables that runs stored."""

    list_display = ("title", "run_link", "subject", "row_count")
    list_select_related = ("run__release", "run__subject", "run__measurement__sample")
    list_filter = ("name", "run__release__name")
    search_fields = ("name", "run__subject__code")

    def headline(self, request: HttpRequest, obj: Artifact) -> SafeString:
        """The table itself, as far as a page can hold it."""
        stored = load_table(obj.blob)
        note = f"The first {_ROWS} of {obj.rows:,} rows." if obj.rows > _ROWS else f"{obj.rows:,} rows."
        return format_html(
            '{}<p class="co-mute">{}</p>{}',
            facts((("run", link(obj.run)), ("sample", link(obj.run.subject)))),
            note,
            _shown(obj, stored),
        )

    @admin.display(description="table", ordering="name")
    def title(self, artifact: Artifact) -> str:
        """Its name."""
        return words(artifact.name)

    @admin.display(description="run")
    def run_link(self, artifact: Artifact) -> str:
        """Which run made it."""
        return link(artifact.run, str(artifact.run.release))

    @admin.display(description="sample")
    def subject(self, artifact: Artifact) -> str:
        """Of which sample."""
        return link(artifact.run.subject)

    @admin.display(description="rows", ordering="rows")
    def row_count(self, artifact: Artifact) -> str:
        """How long it is."""
        return f"{artifact.rows:,}"


def _shown(artifact: Artifact, stored: Table) -> SafeString | str:
    labels = [column["label"] for column in artifact.columns]
    columns = [column.values for column in stored]
    rows = islice(zip(*columns, strict=True), _ROWS)
    return table(labels, ([_cell(value) for value in row] for row in rows), numbers=range(len(labels)))


def _cell(value: Any) -> str:
    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, float):
        return "" if item != item else f"{item:.6g}"  # noqa: PLR0124 (only NaN differs from itself)
    return plain(item)
