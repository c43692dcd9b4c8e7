"""Uploading: a page for many files at once, and the door that takes one file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower, StrIndex
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Project
from measurements.readers import READERS
from measurements.services import Received, receive_file
from pages.errors import show_in
from pages.forms import UploadForm
from pages.views.files import report
from samples.models import Sample

_OFFERED = 12


@login_required
@require_safe
def upload_page(request: HttpRequest) -> HttpResponse:
    """Where files are dropped."""
    context = {
        "form": UploadForm(user=request.user),
        "formats": [reader.label for reader in READERS],
        "may_upload": Project.objects.editable_by(request.user).exists(),
    }
    return render(request, "pages/upload.html", context)


@login_required
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Takes one file. The page's script asks for JSON; a plain form is led to the measurement."""
    form = UploadForm(request.POST, request.FILES, user=request.user)
    received = _received(request, form) if form.is_valid() else None
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    if received is None:
        if wants_json:
            return JsonResponse({"errors": form.errors}, status=422)
        return render(request, "pages/upload.html", {"form": form, "may_upload": True}, status=422)
    if wants_json:
        told = report(received.file)
        if not received.created:
            told["sentence"] = f"This file was here already. {told['sentence']}".strip()
        return JsonResponse(told, status=201 if received.created else 200)
    if not received.created:
        messages.info(request, f"{received.file.name} was here already; this is its measurement.")
    return redirect(received.measurement)


@login_required
@require_safe
def subjects(request: HttpRequest) -> JsonResponse:
    """Samples and cells to choose from: those that match what was typed, or whose code occurs in a file's name."""
    rows = Sample.objects.editable_by(request.user).select_related("project").order_by("-created_at")
    proposed = ""
    if name := request.GET.get("name", ""):
        fitting = _named_in(rows, name)
        proposed = _address(fitting[0]) if len(fitting) == 1 else ""
        found = fitting or list(rows[:_OFFERED])
    else:
        typed = request.GET.get("q", "").rpartition("/")[2]
        found = list(rows.filter(code__icontains=typed)[:_OFFERED])
    offered = [{"value": _address(sample), "label": sample.get_kind_display()} for sample in found]
    return JsonResponse({"subjects": offered, "proposed": proposed})


def _named_in(rows: QuerySet[Sample], name: str) -> list[Sample]:
    """Samples whose code stands in the file's name; of codes that contain one another, the longest."""
    named: Any = rows.alias(place=StrIndex(Value(name.casefold()), Lower("code"))).filter(place__gt=0)
    found: list[Sample] = list(named[: 10 * _OFFERED])
    longest = [
        sample
        for sample in found
        if not any(
            sample.code.casefold() in other.code.casefold() and sample.code.casefold() != other.code.casefold()
            for other in found
        )
    ]
    return longest[:_OFFERED]


def _address(sample: Sample) -> str:
    return f"{sample.project.slug}/{sample.code}"


def _received(request: HttpRequest, form: UploadForm) -> Received | None:
    file: Any = form.cleaned_data["file"]
    try:
        return receive_file(
            actor=request.user,
            subject=form.cleaned_data["subject"],
            name=file.name,
            chunks=file.chunks(),
            technique=form.cleaned_data["technique"],
            conditions=form.conditions(),
        )
    except PermissionDenied as error:
        form.add_error("subject", str(error))
    except ValidationError as error:
        show_in(form, error)
    return None
