"""The lists of this app as the database writes them: what serializers compute in Python, said in SQL."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef

from accounts.models import Project
from core.listing import LABELS, Listing, Sql, chosen, list_of, reference
from samples.models import (
    Cell,
    Instrument,
    Material,
    Process,
    ProcessInput,
    Protocol,
    Publication,
    Sample,
    Term,
)
from samples.serializers import (
    InstrumentSerializer,
    MaterialSerializer,
    ProtocolSerializer,
    PublicationSerializer,
    SampleSerializer,
    TermSerializer,
)

LABELS.update(
    {
        Project: lambda path: F(f"{path}name"),
        Material: lambda path: F(f"{path}name"),
        Term: lambda path: F(f"{path}label"),
        Publication: lambda path: F(f"{path}label"),
        Instrument: lambda path: F(f"{path}name"),
        Sample: lambda path: F(f"{path}code"),
        Cell: lambda path: F(f"{path}code"),
        Protocol: lambda path: Sql("{} || ' (revision ' || {}::text || ')'", F(f"{path}name"), F(f"{path}revision")),
        Process: lambda path: Sql(
            "coalesce(nullif({}, ''), {})", F(f"{path}name"), chosen(f"{path}kind", Process.Kind.choices)
        ),
    }
)


def _used_in() -> Any:
    """Processes that took a sample in."""
    process = reference(Process, "process", "process__")
    usages = ProcessInput.objects.filter(sample=OuterRef("pk"))
    return list_of(usages, process, "{} DESC, {}", F("process__created_at"), F("order"))


MATERIALS = Listing(MaterialSerializer)
TERMS = Listing(TermSerializer)
PUBLICATIONS = Listing(PublicationSerializer)
INSTRUMENTS = Listing(InstrumentSerializer)
PROTOCOLS = Listing(ProtocolSerializer)
SAMPLES = Listing(
    SampleSerializer,
    {
        "made_by": lambda: reference(Process, "process", "production__process__"),
        "used_in": _used_in,
    },
)
