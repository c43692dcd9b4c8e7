"""Dropping instrument files on a record's page: the same service as every other door, with its answers as messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html

from core.admin.forms import RecordForm
from core.admin.show import link
from core.admin.skin import FileInput
from measurements.models import Measurement
from measurements.services import Received, receive_file
from samples.models import Sample


class FilesField(forms.FileField):
    """Any number of files. Empty ones pass: the service says what is wrong with them."""

    widget = FileInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files as a list."""
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in given if file]


class DropForm(RecordForm):
    """A record's form with a place for files."""

    files = FilesField(  # type: ignore[assignment]  # forms keep their own `files` under that name only until declared
        label="Instrument files", required=False, allow_empty_file=True
    )


def receive(
    request: HttpRequest,
    form: DropForm,
    *,
    subject: Sample,
    measurement: Measurement | None = None,
    technique: str = "",
    conditions: Mapping[str, Any] | None = None,
) -> list[Received]:
    """Hands the dropped files to the service, one after the other; `say_received` tells the person once all are in.

    Raises:
        ValidationError: The service refuses a file; nothing of the page is stored then.
    """
    received = []
    for file in form.cleaned_data.get("files") or []:
        answer = receive_file(
            actor=request.user,
            subject=subject,
            name=file.name,
            chunks=file.chunks(),
            technique=technique,
            conditions=conditions,
            measurement=measurement,
        )
        received.append(answer)
    return received


def say_received(request: HttpRequest, received: Iterable[Received]) -> None:
    """Says what became of the files."""
    for answer in received:
        _say(request, answer)


def _say(request: HttpRequest, answer: Received) -> None:
    page = link(answer.measurement, "its measurement")
    if answer.created:
        messages.success(request, format_html("{} was received and is being read: see {}.", answer.file.name, page))
    else:
        messages.info(request, format_html("The bytes of {} were received before: see {}.", answer.file.name, page))
