"""Putting a file or a measurement right that was recorded of the wrong sample or cell.

What is stored never changes: the same bytes are received for the right subject, read and analysed there with its
masses, and what was wrong is withdrawn with the way to what took its place.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import writing
from accounts.access import require_edit
from analysis_tasks.models import Result
from analysis_tasks.services import enter_manually, plan_runs, report_value
from core import records
from core.audit import acting
from core.fields import QuantityField, as_entered
from core.jobs import ENDED
from core.withdrawal import standing
from measurements.models import CellTest, Dataset, Measurement, RawFile, TestStep
from measurements.services import cancel_reading, create_measurement, receive_file
from measurements.store import chunks_of, open_blob
from notes.models import Attachment, Comment
from samples.models import Cell, Sample

_OWN = frozenset(
    {"id", "version", "created_at", "updated_at", "created_by", "sample", "technique", "fields", "simulated"}
)


@transaction.atomic
def move_file(file: RawFile, *, to: Sample, actor: Any, reason: str) -> RawFile:
    """Receives a file for another sample or cell, under the same conditions, and withdraws it where it was.

    Args:
        file: What was recorded of the wrong subject.
        to: The right one.
        actor: Who moves it.
        reason: Why; kept in the history of both.

    Returns:
        The file at its right place. Its runs are on their way.

    Raises:
        PermissionDenied: The person may not write in one of the projects.
        ValidationError: There is no reason, it is there already, or it was withdrawn.
    """
    _check(file.measurement, to, actor, reason)
    others = standing(RawFile.objects.filter(measurement=file.measurement)).exclude(pk=file.pk)
    if not others.exists():
        moved = move_measurement(file.measurement, to=to, actor=actor, reason=reason)
        return moved.files.get(blob=file.blob)
    with acting(reason=reason.strip()):
        copy = _same_conditions(file.measurement, to, actor)
        received = _receive(file, copy, actor, reason)
        for dataset in Dataset.objects.filter(file__in=others).order_by("created_at"):
            plan_runs(dataset)  # what these files say becomes the measurement's current answer again
    return received


@transaction.atomic
def move_measurement(measurement: Measurement, *, to: Sample, actor: Any, reason: str) -> Measurement:
    """Records a measurement of another sample or cell, with its files and reported values, and withdraws the first.

    Returns:
        The measurement at its right place. Its runs are on their way.

    Raises:
        PermissionDenied: The person may not write in one of the projects.
        ValidationError: There is no reason, it is there already, or it was withdrawn.
    """
    _check(measurement, to, actor, reason)
    with acting(reason=reason.strip()):
        copy = _same_conditions(measurement, to, actor)
        for file in standing(RawFile.objects.filter(measurement=measurement)).order_by("received_at"):
            _receive(file, copy, actor, reason)
        for result in Result.objects.filter(measurement=measurement, run=None):
            _say_again(result, to, copy, actor)
        for model in (Comment, Attachment):
            for note in model.objects.filter(record_id=measurement.pk):
                records.change(note, actor=actor, record_id=copy.pk)
        writing.withdraw(measurement, actor=actor, reason=reason, successor=copy)
    return copy


def move_result(result: Result, *, to: Sample, actor: Any) -> None:
    """Says a reported or entered value of another sample, as it was said first."""
    _say_again(result, to, None, actor)


def _check(measurement: Measurement, to: Sample, actor: Any, reason: str) -> None:
    require_edit(actor, measurement.sample.project)
    require_edit(actor, to.project)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is moved."})
    if measurement.sample_id == to.pk:
        raise ValidationError({"to": f"It is recorded of {to} already."})
    if not standing(Sample.objects.filter(pk=to.pk)).exists():
        raise ValidationError({"to": f"{to} is withdrawn."})
    if not standing(Measurement.objects.filter(pk=measurement.pk)).exists():
        raise ValidationError(f"{measurement} is withdrawn already.")


def _same_conditions(measurement: Measurement, to: Sample, actor: Any) -> Measurement:
    test = CellTest.objects.filter(pk=measurement.pk).first()
    is_cell = to.kind == Sample.Kind.CELL and Cell.objects.filter(pk=to.pk).exists()
    source: Any = test if test is not None and is_cell else measurement
    model = CellTest if source is test and test is not None else Measurement
    conditions = {}
    quantities = {field.text_name for field in model._meta.concrete_fields if isinstance(field, QuantityField)}
    for field in model._meta.concrete_fields:
        if field.name in _OWN or field.name in quantities or field.primary_key:
            continue
        value = as_entered(source, field.name) if isinstance(field, QuantityField) else getattr(source, field.name)
        if value not in (None, ""):
            conditions[field.name] = value
    if measurement.sample.project_id == to.project_id and measurement.fields:
        conditions["fields"] = measurement.fields
    steps = [_step(step) for step in TestStep.objects.filter(test=test).order_by("order")] if source is test else []
    return create_measurement(
        actor=actor,
        subject=to,
        technique=measurement.technique,
        conditions=conditions,
        steps=steps,
        asks_fields=False,
    )


def _step(step: TestStep) -> dict[str, Any]:
    plain = {name: getattr(step, name) for name in ("kind", "rate", "cycles", "at_cycle", "state_of_charge")}
    return {**plain, "duration": as_entered(step, "duration")}


def _receive(file: RawFile, copy: Measurement, actor: Any, reason: str) -> RawFile:
    reading = file.readings.order_by("-queued_at").first()
    for unfinished in file.readings.exclude(state__in=ENDED):
        with suppress(ValidationError):  # it has just ended
            cancel_reading(unfinished, actor=actor, reason="the file was moved")
    with open_blob(file.blob) as stream:
        received = receive_file(
            actor=actor,
            subject=copy.sample,
            name=file.name,
            chunks=chunks_of(cast("Any", stream)),
            measurement=copy,
            reader_options=reading.options if reading is not None else None,
        )
    writing.withdraw(file, actor=actor, reason=reason, successor=received.file)
    return received.file


def _say_again(result: Result, to: Sample, measurement: Measurement | None, actor: Any) -> None:
    said: dict[str, Any] = {
        "actor": actor,
        "subject": to,
        "quantity_key": result.quantity,
        "text": result.text or f"{result.value!r} {result.unit}".strip(),
        "measurement": measurement,
    }
    if result.publication is not None:
        report_value(**said, publication=result.publication, locator=result.locator, qualifiers=result.qualifiers)
    elif result.person is not None:
        enter_manually(**said, reason=result.reason)
