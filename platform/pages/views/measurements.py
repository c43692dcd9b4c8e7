"""Measurements: the list, and one with its files, curves, cycles and runs, which renews itself while work goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import EDITS, has_role
from analysis_tasks.kernels import plan
from analysis_tasks.models import Result
from core.jobs import State
from measurements.models import CellTest, DatasetTable, Measurement
from measurements.store import load_table
from pages import curves, figures
from pages.forms import RecordFilter, techniques
from pages.forwarding import forwarded
from pages.listing import listed, page_of
from pages.mapping import MappingForm
from pages.querying import asked, matching, offered
from pages.selectors.cycles import cycle_rows
from pages.selectors.measurements import FileReport, file_reports, lines_of, outcomes, visible_measurements
from pages.selectors.runs import (
    INSIGHTS,
    current_run_ids,
    main_run,
    said_once,
    suggestions,
    suggests,
    visible_runs,
)
from pages.sending import sent

_UNFINISHED = (State.QUEUED, State.RUNNING)


@login_required
@require_safe
def measurement_list(request: HttpRequest) -> HttpResponse:
    """All measurements, newest first, filtered by what the address says."""
    form = RecordFilter(request.GET, user=request.user, kinds=techniques())
    form.fields["kind"].label = "Technique"
    form.is_valid()
    rows = listed(request, visible_measurements(request.user))
    question = asked(request, "measurements")
    rows = matching(rows, question, request.user)
    if technique := form.chosen("kind"):
        rows = rows.filter(technique=technique)
    if project := form.chosen("project"):
        rows = rows.filter(sample__project=project)
    rows = form.narrowed(rows)
    page = page_of(request, rows)
    context = {
        "form": form,
        "page": page,
        "lines": lines_of(list(page.object_list)),
        "asked": question,
        **offered(request, question),
    }
    return render(request, "pages/measurements.html", context, status=question.status)


@login_required
@require_safe
def measurement_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One measurement."""
    context = _context(request, pk)
    return forwarded(request, context["measurement"]) or render(request, "pages/measurement.html", context)


@login_required
@require_safe
def measurement_live(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The part of it that changes while files are read and runs computed."""
    return render(request, "pages/parts/measurement_live.html", _context(request, pk))


@login_required
@require_safe
def curve(request: HttpRequest, pk: UUID, table: UUID) -> HttpResponse:
    """The curve of a dataset's table, from its preview."""
    tables = DatasetTable.objects.visible_to(request.user).select_related("dataset", "blob", "preview")
    stored = get_object_or_404(tables, pk=table, dataset__measurement=pk)
    needed = curves.columns_needed({column["name"] for column in stored.columns})
    if not needed:
        raise Http404("This table has no curve.")
    content = load_table(stored.preview or stored.blob, needed)
    return curves.response(curves.curve_of(content, stored.dataset.technique))


@login_required
@require_safe
def table_as(request: HttpRequest, pk: UUID, table: UUID, form: str) -> HttpResponseBase:
    """Every row of a dataset's table as a file for other programs: CSV, Parquet or Battery Data Format."""
    tables = DatasetTable.objects.visible_to(request.user).select_related("blob", "dataset__measurement__sample")
    stored = get_object_or_404(tables, pk=table, dataset__measurement=pk)
    return sent(load_table(stored.blob), form, f"{stored.dataset.measurement.sample.code}-{stored.name}")


def _context(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    measurements = Measurement.objects.visible_to(request.user)
    measurement = get_object_or_404(
        measurements.select_related("sample__project", "publication", "instrument", "operator", "created_by"), pk=pk
    )
    reports = file_reports(measurement)
    runs = list(visible_runs(request.user).filter(measurement=measurement).order_by("-queued_at"))
    current = current_run_ids(measurement)
    busy = any(report.state in _UNFINISHED for report in reports) or any(run.state in _UNFINISHED for run in runs)
    can_edit = has_role(request.user, measurement.sample.project, EDITS)
    standing = [run for run in runs if run.pk in current and run.preset == "default"]
    shown = main_run(standing)
    return {
        "measurement": measurement,
        "test": CellTest.objects.filter(pk=measurement.pk).select_related("protocol").first(),
        "reports": reports,
        "curves": _drawable(reports),
        "figures": figures.available(measurement),
        "mappings": {r.file.pk: MappingForm(reading=r.reading) for r in reports if r.reading and r.state == "asks"},
        "runs": runs,
        "current": current,
        "shown": shown,
        "outcomes": outcomes(run for run in standing if not run.release.name.startswith(INSIGHTS)),
        "warnings": said_once(run for run in standing if not suggests(run)),
        "suggestions": suggestions(standing),
        "reported": Result.objects.filter(measurement=measurement, run=None).select_related("publication", "person"),
        "cycles": cycle_rows(shown, every=request.GET.get("cycles") == "all") if shown else None,
        "busy": busy or _just_read(reports, runs),
        "can_edit": can_edit,
    }


def _drawable(reports: list[FileReport]) -> list[tuple[FileReport, DatasetTable]]:
    return [
        (report, table)
        for report in reports
        if not report.replaced
        for table in report.tables
        if table.rows and curves.columns_needed({column["name"] for column in table.columns})
    ]


def _just_read(reports: list[FileReport], runs: list[Any]) -> bool:
    """A file was read a moment ago and its runs are still to be planned."""
    recent = timezone.now() - timedelta(seconds=10)
    return not runs and any(
        report.dataset is not None
        and report.dataset.created_at > recent
        and plan(report.dataset.technique, {table.name for table in report.tables})
        for report in reports
    )
