"""What the rows of a spreadsheet can be: the lists of the REST interface, written by the same views and services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

from core.api import RecordViewSet
from samples.api import (
    CellViewSet,
    InstrumentViewSet,
    MaterialViewSet,
    ProcessViewSet,
    ProtocolViewSet,
    PublicationViewSet,
    SampleViewSet,
    TermViewSet,
)


@dataclass(frozen=True)
class Kind:
    """A kind of record that a spreadsheet may hold: its list's name and the view that writes it."""

    key: str
    label: str
    view: type[RecordViewSet]


KINDS = {
    kind.key: kind
    for kind in (
        Kind("samples", "samples", SampleViewSet),
        Kind("cells", "cells", CellViewSet),
        Kind("processes", "processes", ProcessViewSet),
        Kind("materials", "materials", MaterialViewSet),
        Kind("publications", "publications", PublicationViewSet),
        Kind("instruments", "instruments", InstrumentViewSet),
        Kind("protocols", "protocols", ProtocolViewSet),
        Kind("vocabularies", "words of vocabularies", TermViewSet),
    )
}


def view_of(kind: str, user: Any) -> Any:
    """The view of a kind, ready to write for this person outside of a request of its own."""
    http = HttpRequest()
    http.method = "PATCH"
    http.META.update(SERVER_NAME="localhost", SERVER_PORT="80")
    request = Request(http)
    request.user = user
    view = KINDS[kind].view()
    view.request, view.args, view.kwargs = request, (), {}
    view.action, view.format_kwarg = "change_many", None
    return view
