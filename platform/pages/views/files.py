"""Files: their bytes, how far they are, and naming the columns of those that do not say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require_write
from analysis_tasks.models import AnalysisRun
from core.jobs import ENDED, State
from measurements.models import FileReading, RawFile
from measurements.readers import READERS
from measurements.services import request_reading
from measurements.store import open_blob
from pages.mapping import MappingForm
from pages.selectors.measurements import reading_state
from pages.templatetags.cosinter import state_word


@login_required
@require_safe
def download(request: HttpRequest, pk: UUID) -> FileResponse:
    """The bytes as they came, always as an attachment: an uploaded page never opens in this site's name."""
    file = get_object_or_404(RawFile.objects.visible_to(request.user).select_related("blob"), pk=pk)
    answer = FileResponse(
        open_blob(file.blob), as_attachment=True, filename=file.name, content_type="application/octet-stream"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private"
    return answer


@login_required
@require_safe
def status(request: HttpRequest, pk: UUID) -> JsonResponse:
    """How far a file is, for the page that sent it."""
    files = RawFile.objects.visible_to(request.user).select_related("measurement__sample")
    return JsonResponse(report(get_object_or_404(files, pk=pk)))


@login_required
@require_POST
def map_columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Reads a table again with the meanings and units that a person gave its columns."""
    files = RawFile.objects.visible_to(request.user).select_related("measurement__sample__project")
    file = get_object_or_404(files, pk=pk)
    require_write(request.user, file.measurement)
    reading = get_object_or_404(FileReading.objects.exclude(proposal={}).filter(file=file).order_by("-queued_at")[:1])
    form = MappingForm(request.POST, reading=reading)
    if form.is_valid():
        request_reading(file, options=form.options(), actor=request.user)
        messages.success(request, f"{file.name} is read with these columns.")
        return redirect(file.measurement)
    context = {"file": file, "form": form, "measurement": file.measurement}
    return render(request, "pages/file_map.html", context, status=422)


def report(file: RawFile) -> dict[str, Any]:
    """State of a file in words: recognised as what, read or not and why, analysed or not and why."""
    reading = file.readings.order_by("-queued_at").first()
    runs = list(AnalysisRun.objects.filter(inputs__dataset__file=file, verifies=None).order_by("-queued_at"))
    state = reading_state(reading)
    sentence = reading.error if reading else ""
    if reading is not None and reading.state == State.SUCCEEDED:
        label = READERS[reading.reader].label if reading.reader in READERS else reading.format
        sentence = f"Recognised as {label}."
        failed = next((run for run in runs if run.state == State.FAILED), None)
        if failed is not None:
            state, sentence = "failed", failed.error
        elif any(run.state not in ENDED for run in runs):
            state = str(State.RUNNING)
    if state == "asks":
        sentence = "This table does not say what its columns are. Name them on the measurement's page."
    ended = reading is not None and reading.state in ENDED and all(run.state in ENDED for run in runs)
    return {
        "state": state,
        "state_label": state_word(state),
        "sentence": sentence,
        "title": str(file.measurement),
        "url": reverse("measurement", args=[file.measurement_id]),
        "status": reverse("file-status", args=[file.pk]),
        "finished": ended,
    }
