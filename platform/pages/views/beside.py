"""What lies beside a record: saying something, changing what one said, attaching files, withdrawing either."""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require_write
from core.ranges import send_bytes
from core.records import StaleVersionError
from measurements.readers import READERS
from measurements.store import open_blob
from notes import services
from notes.models import MOST_CHARACTERS, Attachment, Comment
from notes.targets import find
from pages.listing import said_of

_PLACE = "#notes"


class CommentForm(forms.Form):
    """What somebody says, and the version they saw where they change it."""

    text = forms.CharField(label="Comment", max_length=MOST_CHARACTERS, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class AttachForm(forms.Form):
    """A file and what it shows."""

    file = forms.FileField(label="File", allow_empty_file=True)
    description = forms.CharField(label="What it shows", max_length=500, required=False)


@login_required
@require_POST
def comment(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Says something about a record."""
    record = _record(request, kind, pk)
    require_write(request.user, record)
    form = CommentForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Not stored. {said_of(form)}")
    else:
        services.add_comment(record, actor=request.user, text=form.cleaned_data["text"])
    return _back(record)


@login_required
@require_POST
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Changes one's own comment."""
    stored = get_object_or_404(Comment.objects.visible_to(request.user), pk=pk)
    form = CommentForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Not changed. {said_of(form)}")
        return _back(stored.record)
    asked = form.cleaned_data
    try:
        services.edit_comment(stored, actor=request.user, text=asked["text"], expected_version=asked["version"])
    except StaleVersionError:
        messages.error(request, "Not changed: the comment was changed meanwhile. Read it again first.")
    return _back(stored.record)


@login_required
@require_POST
def attach_file(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Keeps files of any kind beside a record."""
    record = _record(request, kind, pk)
    require_write(request.user, record)
    form = AttachForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, f"Not attached. {said_of(form)}")
        return _back(record)
    for sent in request.FILES.getlist("file"):
        try:
            _, is_new = services.attach(
                record,
                actor=request.user,
                name=str(sent.name),
                chunks=sent.chunks(),
                description=form.cleaned_data["description"],
            )
        except ValidationError as refusal:
            messages.error(request, f"Not attached. {' '.join(refusal.messages)}")
        else:
            if not is_new:
                messages.info(request, f"{sent.name} is attached already: the same bytes are here.")
    return _back(record)


@login_required
@require_safe
def download(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The bytes as they came, always as a download: an attached page never opens in this site's name."""
    kept = get_object_or_404(Attachment.objects.visible_to(request.user).select_related("blob"), pk=pk)
    stream = cast("BinaryIO", open_blob(kept.blob))
    return send_bytes(request, stream, size=kept.blob.size, name=kept.name, tag=kept.blob_id)


@login_required
@require_POST
def use(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Reads an attachment as a file of an instrument."""
    kept = get_object_or_404(Attachment.objects.visible_to(request.user).select_related("blob"), pk=pk)
    try:
        received = services.use_as_measurement(kept, actor=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return _back(kept.record)
    label = READERS[kept.reader].label if kept.reader in READERS else "a measurement"
    messages.success(request, f"{kept.name} is read as {label}.")
    return redirect(received.measurement)


@login_required
@require_POST
def withdraw_comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraws a comment."""
    return _withdraw(request, get_object_or_404(Comment.objects.visible_to(request.user), pk=pk))


@login_required
@require_POST
def withdraw_attachment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraws an attachment."""
    return _withdraw(request, get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk))


def _withdraw(request: HttpRequest, note: Any) -> HttpResponse:
    try:
        services.withdraw_beside(note, actor=request.user, reason=request.POST.get("reason", "")[:500])
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return _back(note.record)


def _record(request: HttpRequest, kind: str, pk: UUID) -> Any:
    record = find(kind, pk, request.user)
    if record is None:
        raise Http404
    return record


def _back(record: Any) -> HttpResponse:
    found = getattr(record, "get_absolute_url", None)
    return redirect(found() + _PLACE if found else "home")
