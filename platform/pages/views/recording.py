"""Adding a record, changing one, and what their forms ask while they are typed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_edit_lab_wide, require_write
from measurements.models import CellTest
from pages.recording import KINDS, OFFERED_KINDS, form_of, key_of, offered
from samples.admin.configuration import answer
from samples.models import Cell, Sample
from samples.thermal_sketch import drawing, typed_steps

_MORE_EXACTLY: dict[str, tuple[str, Any]] = {"sample": ("cell", Cell), "measurement": ("test", CellTest)}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_record(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of a new record, filled from another one where the address names it."""
    form = form_of(kind)
    require_edit_lab_wide(request.user)
    return _drawn(form.add_view(request))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_record(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """The form of a record as it is stored."""
    form = form_of(kind)
    record = get_object_or_404(KINDS[kind].objects.visible_to(request.user), pk=pk)
    require_write(request.user, record)
    exactly, model = _MORE_EXACTLY.get(kind, ("", None))
    if model is not None and model.objects.filter(pk=pk).exists():
        return redirect("record-change", kind=exactly, pk=pk)
    return _drawn(form.change_view(request, str(pk)))


@login_required
@require_safe
def choose(request: HttpRequest, kind: str) -> JsonResponse:
    """Records to choose from, that match what was typed."""
    if kind not in OFFERED_KINDS:
        raise Http404
    return JsonResponse({"offered": offered(form_of(kind), request, request.GET.get("q", "").strip())})


@login_required
@require_safe
def configuration(request: Any) -> JsonResponse:
    """The text of a cell's layers or the layers of its text; its samples are named as they stand on the label."""
    asked = request.GET.copy()
    asked.setlist("sample", [key_of(Sample, text, request.user) for text in asked.getlist("sample")])
    request.GET = asked
    return answer(request)


@login_required
@require_safe
def thermal_sketch(request: HttpRequest) -> HttpResponse:
    """The thermal program of the form as it is typed; 204 where a box cannot be read yet, so that the drawing stays."""
    try:
        return HttpResponse(drawing(typed_steps(dict(request.GET.lists()))))
    except ValidationError:
        return HttpResponse(status=204)


def _drawn(response: HttpResponse) -> HttpResponse:
    if response.status_code == 403:
        raise PermissionDenied
    return response
