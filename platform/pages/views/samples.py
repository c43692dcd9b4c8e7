"""Samples: the list, and a sample with its synthesis, its neighbours and its measurements."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.access import EDITS, has_role
from measurements.models import Measurement
from pages.forms import RecordFilter, UploadForm, sample_kinds
from pages.forwarding import forwarded
from pages.listing import count_of, listed, page_of
from pages.querying import asked, matching, offered
from pages.selectors.lineage import history_of
from pages.selectors.measurements import measurements_of
from samples.models import Sample
from samples.selectors import composition_of
from samples.thermal_sketch import sketch


@login_required
@require_safe
def sample_list(request: HttpRequest) -> HttpResponse:
    """All samples but cells, newest first, filtered by what the address says."""
    form = RecordFilter(request.GET, user=request.user, kinds=sample_kinds())
    form.is_valid()
    rows = listed(request, Sample.objects.visible_to(request.user).exclude(kind=Sample.Kind.CELL))
    rows = rows.select_related("project", "material", "morphology", "production__process")
    rows = rows.annotate(measurement_count=count_of(Measurement.objects.all(), "sample"))
    question = asked(request, "samples")
    rows = matching(rows, question, request.user)
    if kind := form.chosen("kind"):
        rows = rows.filter(kind=kind)
    if project := form.chosen("project"):
        rows = rows.filter(project=project)
    rows = form.narrowed(rows)
    context = {"form": form, "page": page_of(request, rows), "asked": question, **offered(request, question)}
    return render(request, "pages/samples.html", context, status=question.status)


@login_required
@require_safe
def sample_page(request: HttpRequest, project: str, code: str) -> HttpResponse:
    """One sample. A cell has a page of its own."""
    samples = Sample.objects.visible_to(request.user).select_related("project", "material", "morphology", "created_by")
    sample = get_object_or_404(samples, project__slug=project, code__iexact=code)
    if sample.kind == Sample.Kind.CELL:
        return redirect("cell", project=sample.project.slug, code=sample.code)
    if elsewhere := forwarded(request, sample):
        return elsewhere
    history = history_of(sample, request.user)
    measurements = measurements_of(sample, request.user)
    context = {
        "sample": sample,
        "history": history,
        "sketches": {step.process.pk: sketch(step.thermal_steps) for step in history.before},
        "composition": composition_of(sample),
        "measurements": measurements,
        "going_on": any(line.is_going_on for line in measurements),
        "can_edit": has_role(request.user, sample.project, EDITS),
        "upload": UploadForm(user=request.user),
    }
    return render(request, "pages/sample.html", context)
