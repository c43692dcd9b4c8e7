"""Tags and project fields of a record: one form for every kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import writing
from accounts.access import project_of, require_write
from core.records import StaleVersionError
from custom.forms import CustomForm
from custom.models import Customised
from custom.selectors import tags_in
from notes.targets import find
from pages.errors import show_in


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def record_fields(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Shows the form, and stores what was entered."""
    record = find(kind, pk, request.user)
    if record is None or not isinstance(record, Customised):
        raise Http404
    require_write(request.user, record)
    project = project_of(record)
    known = [tag for tag, _ in tags_in(project).most_common()]
    form = CustomForm(request.POST or None, record=record, known_tags=known)
    if request.method == "POST" and form.is_valid() and _stored(request, record, form):
        return redirect(f"{record.get_absolute_url()}#fields")
    context = {"form": form, "record": record, "project": project}
    return render(request, "pages/record_fields.html", context, status=422 if form.errors else 200)


def _stored(request: HttpRequest, record: Any, form: CustomForm) -> bool:
    version = form.cleaned_data["version"]
    try:
        writing.change(record, actor=request.user, expected_version=version, **form.entered())
    except ValidationError as refusal:
        show_in(form, refusal)
        return False
    except StaleVersionError:
        typed: Any = form.data
        newest = type(record)._base_manager.values_list("version", flat=True).get(pk=record.pk)
        form.data = {**typed.dict(), "version": newest}
        form.add_error(None, "Somebody changed this record meanwhile. Look at it again, then save yours once more.")
        return False
    messages.success(request, "Saved.")
    return True
