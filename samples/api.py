"""REST of materials, samples, processes, cells and what else the laboratory keeps."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch

from core.api import RecordViewSet
from core.api_moving import Merging
from samples import listings, services
from samples.api_copying import Copying, copies_of
from samples.filters import (
    CellFilters,
    InstrumentFilters,
    MaterialFilters,
    ProcessFilters,
    ProtocolFilters,
    PublicationFilters,
    SampleFilters,
    TermFilters,
)
from samples.models import (
    Cell,
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
from samples.models import CellLayer as Layer
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
from samples.serializers.cell import as_arguments
from samples.serializers.process import as_specs

_TIMES = ("created_at", "updated_at")


class MaterialViewSet(Merging, RecordViewSet):
    """Materials, shared by the whole laboratory."""

    queryset = Material.objects.select_related("created_by")
    serializer_class = MaterialSerializer
    listing = listings.MATERIALS
    filterset_class = MaterialFilters
    ordering_fields = ("name", "family", "theoretical_capacity", *_TIMES)


class TermViewSet(Merging, RecordViewSet):
    """Words of vocabularies: morphologies, atmospheres, storage locations."""

    queryset = Term.objects.select_related("created_by")
    serializer_class = TermSerializer
    listing = listings.TERMS
    filterset_class = TermFilters
    ordering_fields = ("vocabulary", "label", *_TIMES)


class PublicationViewSet(RecordViewSet):
    """Publications that reported values come from."""

    queryset = Publication.objects.select_related("created_by")
    serializer_class = PublicationSerializer
    listing = listings.PUBLICATIONS
    filterset_class = PublicationFilters
    ordering_fields = ("label", "year", *_TIMES)


class InstrumentViewSet(RecordViewSet):
    """Instruments."""

    queryset = Instrument.objects.select_related("created_by")
    serializer_class = InstrumentSerializer
    listing = listings.INSTRUMENTS
    filterset_class = InstrumentFilters
    ordering_fields = ("name", "kind", *_TIMES)


class ProtocolViewSet(RecordViewSet):
    """Protocols: plans of processes."""

    queryset = Protocol.objects.select_related("created_by", "project")
    serializer_class = ProtocolSerializer
    listing = listings.PROTOCOLS
    filterset_class = ProtocolFilters
    ordering_fields = ("name", "revision", *_TIMES)


def _with_processes(samples: Any) -> Any:
    """Samples with what their JSON shows of processes."""
    return samples.select_related("created_by", "project", "material", "morphology").prefetch_related(
        Prefetch("production", ProcessOutput.objects.select_related("process")),
        Prefetch("usages", ProcessInput.objects.select_related("process")),
    )


@copies_of(SampleSerializer)
class SampleViewSet(Copying, Merging, RecordViewSet):
    """Samples. Those of kind `cell` are listed, too; they are made and changed at `cells/`."""

    queryset = _with_processes(Sample.objects.all())
    serializer_class = SampleSerializer
    listing = listings.SAMPLES
    filterset_class = SampleFilters
    ordering_fields = ("code", "kind", "status", "amount", *_TIMES)


@copies_of(ProcessSerializer)
class ProcessViewSet(Copying, RecordViewSet):
    """Processes, each with inputs, outputs and thermal program in one request."""

    queryset = Process.objects.select_related(
        "created_by", "project", "protocol", "operator", "instrument"
    ).prefetch_related(
        Prefetch("inputs", ProcessInput.objects.select_related("sample", "material")),
        Prefetch("outputs", ProcessOutput.objects.select_related("sample")),
        Prefetch("thermal_steps", ThermalStep.objects.select_related("atmosphere")),
    )
    serializer_class = ProcessSerializer
    listing = listings.PROCESSES
    filterset_class = ProcessFilters
    ordering_fields = ("kind", "name", "started_at", "ended_at", *_TIMES)

    def write_new(self, data: dict[str, Any]) -> Any:
        """Stores all of it or nothing."""
        return services.create_process(actor=self.request.user, **as_specs(data))

    def write_change(self, record: Any, version: int | None, data: dict[str, Any]) -> Any:
        """Changes fields, and replaces the lists that are given."""
        return services.change_process(record, actor=self.request.user, expected_version=version, **as_specs(data))


@copies_of(CellSerializer)
class CellViewSet(Copying, Merging, RecordViewSet):
    """Cells, built from layers of samples or materials, or from a configuration text."""

    queryset = _with_processes(Cell.objects.all()).prefetch_related(
        Prefetch(
            "layers",
            Layer.objects.select_related("sample").prefetch_related(
                Prefetch("components", LayerComponent.objects.select_related("material", "morphology"))
            ),
        )
    )
    serializer_class = CellSerializer
    listing = listings.CELLS
    filterset_class = CellFilters
    ordering_fields = ("code", "cell_type", "status", "active_mass", "electrode_area", *_TIMES)

    def write_new(self, data: dict[str, Any]) -> Any:
        """Stores the cell, its layers and, where samples were built in, its assembly process."""
        return services.create_cell(actor=self.request.user, **as_arguments(data))

    def write_change(self, record: Any, version: int | None, data: dict[str, Any]) -> Any:
        """Changes fields, and replaces the layers where they are given."""
        return services.change_cell(
            record, actor=self.request.user, expected_version=version, **as_arguments(data, record)
        )
