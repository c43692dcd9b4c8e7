"""Runs: the list, one with the provenance of every number, its tables, and running it again."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import EDITS, has_role
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Artifact
from analysis_tasks.services import rerun
from core.jobs import State
from measurements.store import load_table
from measurements.tables import label_of
from pages import curves
from pages.errors import show_in
from pages.forms import ParameterForm
from pages.listing import page_of
from pages.selectors.cycles import cycles_artifact
from pages.selectors.measurements import by_kernel
from pages.selectors.runs import current_run_ids, parameter_rows, visible_runs
from pages.sending import sent


@login_required
@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """All runs, newest first; `?state=` picks those in one state."""
    state = request.GET.get("state", "")
    rows = visible_runs(request.user).filter(verifies=None).order_by("-queued_at")
    if state in State.values:
        rows = rows.filter(state=state)
    context = {"page": page_of(request, rows), "state": state, "states": State.values}
    return render(request, "pages/runs.html", context)


@login_required
@require_safe
def run_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One run: what it gave, and everything that decided it."""
    return _page(request, _run(request, pk), None)


@login_required
@require_safe
def run_bytes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The file that a run was computed from; of a series, a crate with all of them."""
    run = _run(request, pk)
    files = {entry.dataset.file_id for entry in run.inputs.select_related("dataset")}
    if not files:
        raise Http404("This run has no file behind it.")
    if len(files) == 1:
        return redirect("file", files.pop())
    return redirect(f"{reverse('crate-api')}?run={run.pk}")


@login_required
@require_POST
def run_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Computes again: with other parameters a new run, with the same ones a run that verifies this one."""
    run = _run(request, pk)
    form = _form(run, parameter_rows(run, request.user), request.POST)
    if form is None:
        raise Http404("This kernel is not installed any more.")
    if form.is_valid():
        try:
            again, created = rerun(run, actor=request.user, parameters=form.given())
        except ValidationError as error:
            show_in(form, error)
        else:
            words = "Queued as a new run." if created else "A run with exactly these values exists: here it is."
            messages.success(request, words)
            return redirect(again)
    return _page(request, run, form, status=422)


@login_required
@require_safe
def cycles_chart(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Capacity and efficiency over the cycle, for the chart."""
    artifact = cycles_artifact(_run(request, pk))
    if artifact is None:
        raise Http404("This run has no per-cycle table.")
    return curves.response(curves.cycles_of(load_table(artifact.blob)))


@login_required
@require_safe
def table_csv(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """A table of a run in full precision, as CSV."""
    run = _run(request, pk)
    artifact = get_object_or_404(Artifact.objects.select_related("blob"), run=run, name=name)
    table = load_table(artifact.blob)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([label_of(column) for column in table])
    writer.writerows(zip(*(column.values.tolist() for column in table), strict=True))
    answer = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{run.subject.code}-{name}.csv"'
    return answer


@login_required
@require_safe
def table_as(request: HttpRequest, pk: UUID, name: str, form: str) -> HttpResponseBase:
    """A table of a run as a file for other programs: CSV, Parquet or Battery Data Format."""
    run = _run(request, pk)
    artifact = get_object_or_404(Artifact.objects.select_related("blob"), run=run, name=name)
    return sent(load_table(artifact.blob), form, f"{run.subject.code}-{name}")


def _run(request: HttpRequest, pk: UUID) -> AnalysisRun:
    return get_object_or_404(visible_runs(request.user), pk=pk)


def _form(run: AnalysisRun, rows: list[Any], data: Any = None) -> ParameterForm | None:
    kernel = KERNELS.get(run.release.name)
    if kernel is None:
        return None
    used = {row.key: row.value for row in rows}
    return ParameterForm(data, kernel=kernel, chosen=run.given, used=used)


def _page(request: HttpRequest, run: AnalysisRun, form: ParameterForm | None, *, status: int = 200) -> HttpResponse:
    rows = parameter_rows(run, request.user)
    results = by_kernel(run, run.results.all())
    libraries = run.environment.get("libraries", {})
    context = {
        "run": run,
        "parameters": rows,
        "results": [result for result in results if not result.index],
        "indexed": [result for result in results if result.index],
        "inputs": run.inputs.select_related("dataset__file__blob", "dataset__file__uploader").order_by("order"),
        "sources": run.sources.select_related("source__release", "source__subject").order_by("order"),
        "artifacts": run.artifacts.order_by("name"),
        "verifications": run.verifications.order_by("queued_at"),
        "environment": [(key, value) for key, value in run.environment.items() if key != "libraries"],
        "libraries": libraries.items(),
        "is_current": run.pk in current_run_ids(run.measurement),
        "stale": list(run.staleness.all()),
        "can_edit": has_role(request.user, run.measurement.sample.project, EDITS),
        "form": form or _form(run, rows),
    }
    return render(request, "pages/run.html", context, status=status)
