"""The lists of this app as the database writes them: what serializers compute in Python, said in SQL."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, Subquery

from accounts.models import Project
from core.listing import Listing
from core.listing_columns import LABELS, Sql, as_object, chosen, finished, list_of, reference, text
from samples.models import (
    Cell,
    CellLayer,
    Instrument,
    LayerComponent,
    Material,
    Process,
    ProcessInput,
    ProcessOutput,
    Protocol,
    Publication,
    Sample,
    Term,
    ThermalStep,
)
from samples.serializers import (
    CellSerializer,
    InstrumentSerializer,
    MaterialSerializer,
    ProcessSerializer,
    ProtocolSerializer,
    PublicationSerializer,
    SampleSerializer,
    TermSerializer,
)
from samples.serializers.cell import NO_MASS, LayerSerializer
from samples.serializers.process import InputSerializer, OutputSerializer, ThermalStepSerializer, ratio_warnings

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


def _joined(rows: Any, what: Any, between: str) -> Any:
    """Texts of rows in their order, as one."""
    joined = Sql("string_agg({}, {} ORDER BY {})", what, text(between), F("order"))
    return Subquery(rows.order_by().annotate(joined_rows=joined).values("joined_rows"))


def _configuration() -> Any:
    components = LayerComponent.objects.filter(layer=OuterRef("pk"))
    layers = CellLayer.objects.filter(cell=OuterRef("pk"))
    return Sql("coalesce({}, '')", _joined(layers, _joined(components, F("material__name"), "+"), "/"))


def _layers() -> Any:
    components = LayerComponent.objects.filter(layer=OuterRef("pk"))
    shown = reference(Term, "term", "morphology__")
    first = components.filter(~Q(morphology=None)).order_by("order").annotate(shown_term=shown).values("shown_term")[:1]
    layer = as_object(
        LayerSerializer,
        {
            "materials": list_of(components, reference(Material, "material", "material__"), "{}", F("order")),
            "morphology": Sql("{}", Subquery(first)),
        },
    )
    return list_of(CellLayer.objects.filter(cell=OuterRef("pk")), layer, "{}", F("order"))


def _missing_mass() -> Any:
    said = Sql("json_build_array({})", text(NO_MASS))
    return Sql("CASE WHEN {} IS NULL THEN {} ELSE '[]'::json END", F("active_mass"), said)


def _parts(model: Any, serializer: Any, order: str = "order") -> Any:
    """Inputs, outputs or steps of a process in their order."""
    return lambda: list_of(model.objects.filter(process=OuterRef("pk")), as_object(serializer), "{}", F(order))


def _ratio_warnings() -> Any:
    read = finished("ratio", F("ratio_text"))
    return Sql("CASE WHEN {} = '' THEN '[]'::json ELSE to_json({}) END", F("ratio_text"), read)


CELLS = Listing(
    CellSerializer,
    {
        "made_by": lambda: reference(Process, "process", "production__process__"),
        "used_in": _used_in,
        "configuration": _configuration,
        "layers": _layers,
        "warnings": _missing_mass,
    },
)
PROCESSES = Listing(
    ProcessSerializer,
    {
        "inputs": _parts(ProcessInput, InputSerializer),
        "outputs": _parts(ProcessOutput, OutputSerializer),
        "thermal_steps": _parts(ThermalStep, ThermalStepSerializer),
        "warnings": _ratio_warnings,
    },
    {"ratio": ratio_warnings},
)
