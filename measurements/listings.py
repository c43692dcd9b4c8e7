"""The list of measurements as the database writes it: what its serializer computes in Python, said in SQL."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Subquery

from core.jobs import State
from core.listing import Listing
from core.listing_columns import LABELS, Sql, as_object, chosen, column_of, list_of, record_address, text, time
from measurements.models import CellTest, Dataset, DatasetTable, FileReading, Measurement, RawFile, Technique, TestStep
from measurements.selectors import URGENCY, with_replacement
from measurements.serializers import (
    TEST_FIELDS,
    DatasetSerializer,
    FileSerializer,
    MeasurementSerializer,
    ReadingSerializer,
    RunBriefSerializer,
    StepSerializer,
    TableSerializer,
)

_RUN: Any = Measurement._meta.get_field("runs").related_model


def measurement_label(path: str) -> Any:
    """What a person calls a measurement."""
    technique = chosen(f"{path}technique", Technique.choices)
    return Sql("coalesce(nullif({}, ''), 'measurement') || ' of ' || {}", technique, F(f"{path}sample__code"))


LABELS[Measurement] = measurement_label
LABELS[CellTest] = measurement_label


def _newest(file: str) -> Any:
    """The newest reading of a file, given where its key is."""
    return FileReading.objects.filter(file=OuterRef(file)).order_by("-queued_at")[:1]


def _latest() -> Any:
    """Of each file of the measurement the newest reading."""
    readings = FileReading.objects.filter(file__measurement=OuterRef("pk"))
    return readings.filter(pk=Subquery(_newest("file").values("pk")))


def _state() -> Any:
    urgency = Sql("array_position({}::text[], {}::text)", text(f"{{{','.join(URGENCY)}}}"), F("state"))
    return Sql("coalesce({}, 'empty')", Subquery(_latest().order_by(urgency).values("state")[:1]))


def _problems() -> Any:
    return list_of(_latest().filter(state=State.FAILED), F("error"), "{} DESC", F("file__received_at"))


def _files() -> Any:
    reading = Subquery(_newest("pk").annotate(shown=as_object(ReadingSerializer)).values("shown"))
    file = Sql(
        "json_build_object('id', {}, 'url', {}, 'label', {}, 'reading', {})",
        F("pk"),
        record_address("file", "pk"),
        F("name"),
        reading,
    )
    return list_of(RawFile.objects.filter(measurement=OuterRef("pk")), file, "{} DESC", F("received_at"))


def _datasets() -> Any:
    tables = list_of(DatasetTable.objects.filter(dataset=OuterRef("pk")), as_object(TableSerializer), "{}", F("name"))
    dataset = as_object(
        DatasetSerializer,
        {"version": Sql("1"), "updated_at": time("created_at"), "tables": tables, "file": F("file_id")},
    )
    return list_of(Dataset.objects.filter(measurement=OuterRef("pk")), dataset, "{} DESC", F("created_at"))


def _runs() -> Any:
    run = as_object(RunBriefSerializer, {"url": record_address("run", "pk"), "warnings": F("warnings")})
    return list_of(_RUN.objects.filter(measurement=OuterRef("pk")), run, "{} DESC", F("queued_at"))


def _steps() -> Any:
    steps = TestStep.objects.filter(test=OuterRef("pk"))
    listed = list_of(steps, as_object(StepSerializer), "{}", F("order"))
    return Sql("CASE WHEN {} IS NOT NULL THEN {} END", F("celltest__pk"), listed)


def _of_test(name: str) -> Any:
    return lambda: column_of(MeasurementSerializer().fields[name], f"celltest__{name}", plain=True)


MEASUREMENTS = Listing(
    MeasurementSerializer,
    {
        **{name: _of_test(name) for name in TEST_FIELDS},
        "steps": _steps,
        "state": _state,
        "problems": _problems,
        "files": _files,
        "datasets": _datasets,
        "runs": _runs,
    },
)


def _content() -> Any:
    return Sql("{} || 'content/'", record_address("file", "pk"))


def _reading() -> Any:
    return Sql("{}", Subquery(_newest("pk").annotate(shown=as_object(ReadingSerializer)).values("shown")))


def _replacement() -> Any:
    newer: Any = with_replacement(RawFile.objects.filter(pk=OuterRef("pk")))
    return Sql("{}", Subquery(newer.values("replaced_by_")))


FILES = Listing(
    FileSerializer,
    {
        "version": lambda: Sql("1"),
        "content": _content,
        "reading": _reading,
        "sha256": lambda: F("blob_id"),
        "replaced_by": _replacement,
    },
)
