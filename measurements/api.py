"""REST of measurements and files: uploads, downloads with ranges, and the data that readers found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from django.db.models import Prefetch
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require_write
from core import tabular
from core.api import RecordViewSet, VisibleRecords
from core.api_lists import ROWS_FORMAT, answer_rows
from core.api_moving import Moving
from core.api_withdrawal import Withdrawing
from core.filters import as_uuid
from core.problems import problem
from measurements import bdf_export
from measurements.api_bytes import StoredBytes
from measurements.filters import FileFilters, MeasurementFilters
from measurements.listings import FILES, MEASUREMENTS
from measurements.models import DatasetTable, FileReading, Measurement, RawFile
from measurements.selectors import excerpt, standing, with_replacement
from measurements.serializers import (
    TEST_FIELDS,
    FileSerializer,
    MeasurementSerializer,
    ReadingRequestSerializer,
    ReadingSerializer,
    ReceivedSerializer,
    RunBriefSerializer,
    UploadSerializer,
)
from measurements.services import Received, change_measurement, create_measurement, receive_file, request_reading
from measurements.tables import PREVIEW_POINTS
from samples.models import Sample

_LEAST_POINTS, _MOST_POINTS = 4, 100_000
_MOST_CYCLES = 1000
_CONDITIONS = (
    "instrument",
    "operator",
    "measured_at",
    "temperature",
    *TEST_FIELDS,
    "simulated",
    "note",
)


def _shown(measurements: Any) -> Any:
    """Measurements with what their JSON shows."""
    return measurements.select_related(
        "created_by",
        "sample",
        "instrument",
        "operator",
        "publication",
        "celltest__protocol",
    ).prefetch_related("celltest__steps", "files__readings", "datasets__tables", "runs__release")


class MeasurementViewSet(Moving, RecordViewSet):
    """Measurements. Those of cells have rate, window and protocol, too, and are called cell tests."""

    queryset = _shown(Measurement.objects.all())
    serializer_class = MeasurementSerializer
    listing = MEASUREMENTS
    filterset_class = MeasurementFilters
    ordering_fields = ("technique", "measured_at", "temperature", "created_at", "updated_at")
    parameters = {"data": ("columns", "points", "format", "table", "dataset", "cycles")}

    def write_new(self, data: dict[str, Any]) -> Any:
        """A measurement without files yet."""
        conditions = dict(data)
        return create_measurement(
            actor=self.request.user,
            subject=conditions.pop("sample"),
            technique=conditions.pop("technique", ""),
            steps=conditions.pop("steps", ()),
            conditions=conditions,
        )

    def write_change(self, record: Any, version: int | None, data: dict[str, Any]) -> Any:
        """Changes conditions; a cell test is changed as one."""
        test = getattr(record, "celltest", record)
        return change_measurement(test, actor=self.request.user, expected_version=version, **data)

    @extend_schema(
        parameters=[
            OpenApiParameter("columns", str, description="Names of columns, with commas between; all where missing."),
            OpenApiParameter("points", str, description=f"About how many rows, {PREVIEW_POINTS} by default, or `all`."),
            OpenApiParameter("format", str, enum=bdf_export.FORMATS),
            OpenApiParameter("table", str, description="Name of the table, `records` by default."),
            OpenApiParameter("dataset", OpenApiTypes.UUID, description="Which reading of which file; the newest."),
            OpenApiParameter("cycles", str, description="Numbers of cycles, with commas between."),
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
            (200, "application/vnd.apache.arrow.file"): OpenApiTypes.BINARY,
            409: OpenApiResponse(description="No file of it has been read yet."),
        },
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def data(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """A table of the measurement, thinned so that every peak stays, or whole."""
        asked = request.query_params
        form = tabular.asked_format(asked.get("format"), bdf_export.FORMATS)
        measurement = self.get_object()
        stored = _stored_table(measurement, asked.get("table", "records"), asked.get("dataset"))
        if isinstance(stored, Response):
            return stored
        part = excerpt(
            stored,
            columns=_names(asked.get("columns", "")),
            points=_points(asked.get("points")),
            cycles=_cycles(asked.get("cycles", "")),
        )
        extra = {"dataset": str(stored.dataset_id), "total_rows": part.total, "thinned": len(part.table) < part.total}
        return bdf_export.send(part.table, form, name=f"{measurement.sample.code}-{stored.name}", extra=extra)


def _stored_table(measurement: Measurement, name: str, dataset: str | None) -> Any:
    tables = DatasetTable.objects.filter(dataset__measurement=measurement).select_related("blob", "preview")
    if dataset is not None:
        identifier = as_uuid(dataset)
        if identifier is None:
            raise ValidationError({"dataset": f"{dataset[:40]!r} is no id of a dataset."})
        tables = tables.filter(dataset=identifier)
    found = tables.filter(name=name).order_by("-dataset__created_at").first()
    if found is not None:
        return found
    names = sorted(set(tables.values_list("name", flat=True)))
    if names:
        raise ValidationError({"table": f"There is no table {name[:40]!r}; there are {', '.join(names)}."})
    now = standing(measurement)
    return problem(
        409, " ".join(now.problems) or "No file of this measurement has been read yet.", state=str(now.state)
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _points(text: str | None) -> int | None:
    if text is None:
        return PREVIEW_POINTS
    if text == "all":
        return None
    if text.isascii() and text.isdigit() and _LEAST_POINTS <= int(text[:9]) <= _MOST_POINTS:
        return int(text[:9])
    raise ValidationError(
        {"points": f"{text[:20]!r} is not a number from {_LEAST_POINTS} to {_MOST_POINTS}, nor the word all."}
    )


def _cycles(text: str) -> list[int]:
    numbers = _names(text)
    wrong = [number[:20] for number in numbers if not (number.isascii() and number.isdigit() and len(number) < 10)]
    if wrong:
        raise ValidationError({"cycles": f"{', '.join(wrong)} is no number of a cycle; write 1,2,50."})
    if len(numbers) > _MOST_CYCLES:
        raise ValidationError({"cycles": f"At most {_MOST_CYCLES} cycles at once."})
    return [int(number) for number in numbers]


class FileViewSet(StoredBytes, Moving, Withdrawing, mixins.CreateModelMixin, VisibleRecords):
    """Raw files. A file that is uploaded is recognised, read and analysed by itself."""

    queryset = with_replacement(
        RawFile.objects.select_related("blob", "measurement__sample", "uploader").prefetch_related(
            Prefetch("readings", FileReading.objects.order_by("-queued_at"))
        )
    )
    serializer_class = FileSerializer
    listing = FILES
    filterset_class = FileFilters
    ordering_fields = ("name", "received_at")
    upload_actions = ("create",)
    parameters = {"readings": ("format",)}

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={201: ReceivedSerializer, 200: ReceivedSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Receives a file: 201; the same bytes again for the same subject and technique: 200 and the same ids."""
        upload = UploadSerializer(data=request.data, context=self.get_serializer_context())
        upload.is_valid(raise_exception=True)
        asked = upload.validated_data
        content = asked["file"]
        received = receive_asked(asked, actor=request.user, name=content.name, chunks=content.chunks())
        context = {**self.get_serializer_context(), "fields": None}
        measurement = _shown(Measurement.objects.all()).get(pk=received.measurement.pk)
        file = self.get_queryset().get(pk=received.file.pk)
        shown = FileSerializer(file, context=context).data
        answer = {
            "file": shown,
            "measurement": MeasurementSerializer(measurement, context=context).data,
            "runs": RunBriefSerializer(measurement.runs.all(), many=True, context=context).data,
        }
        code = status.HTTP_201_CREATED if received.created else status.HTTP_200_OK
        return Response(answer, status=code, headers={"Location": shown["url"]})

    @extend_schema(parameters=[ROWS_FORMAT], responses=ReadingSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def readings(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Every reading of the file, newest first."""
        return answer_rows(request, ReadingSerializer, self.get_object().readings, name="readings")

    @extend_schema(request=ReadingRequestSerializer, responses={202: ReadingSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def read(self, request: Request, **kwargs: Any) -> Response:
        """Reads the file again, with other options such as a column mapping, or by a newer reader."""
        file = self.get_object()
        require_write(request.user, file.measurement)
        asked = ReadingRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        reading = request_reading(file, options=asked.validated_data.get("options"), actor=request.user)
        stored = FileReading.objects.get(pk=reading.pk)
        return Response(ReadingSerializer(stored).data, status=status.HTTP_202_ACCEPTED)


def receive_asked(asked: dict[str, Any], *, actor: Any, name: str, chunks: Iterable[bytes] | Path) -> Received:
    """Receives a file with what an `UploadSerializer` says of it."""
    return receive_file(
        actor=actor,
        subject=_subject(asked),
        name=name,
        chunks=chunks,
        technique=asked.get("technique", ""),
        conditions={name: asked[name] for name in _CONDITIONS if asked.get(name) not in (None, "")},
        measurement=asked.get("measurement"),
        reader_options=asked.get("options"),
    )


def _subject(asked: dict[str, Any]) -> Sample:
    measurement = asked.get("measurement")
    subject: Sample | None = asked.get("sample") or asked.get("cell")
    if measurement is None:
        return cast("Sample", subject)
    if subject is not None and subject.pk != measurement.sample_id:
        raise ValidationError({"measurement": f"This measurement is of {measurement.sample}, not of {subject}."})
    return cast("Sample", measurement.sample)
