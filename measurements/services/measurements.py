"""Recording what was measured under which conditions; of a cell also by which steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import writing
from core import records
from measurements.models import CellTest, Measurement, TestStep
from samples.models import Cell, Sample

Conditions = Mapping[str, Any]
"""Further fields of `Measurement` and, for cells, `CellTest`: `measured_at`, `temperature`, `rate`, `simulated` ..."""


@transaction.atomic
def create_measurement(
    *,
    actor: Any,
    subject: Sample,
    technique: str = "",
    conditions: Conditions | None = None,
    steps: Sequence[Mapping[str, Any]] = (),
    asks_fields: bool = True,
) -> Measurement:
    """A new measurement, of a cell with the fields of a cell test.

    Args:
        actor: Who records it.
        subject: What was measured.
        technique: Key of `Technique`, empty where the file shall tell.
        conditions: Further fields.
        steps: Of a cell test: fields of its `TestStep`s, in order.
        asks_fields: Whether it needs what the project requires; False where it comes with a file.

    Raises:
        PermissionDenied: The person may not write in the subject's project.
        ValidationError: A condition or a step is unknown or does not fit.
    """
    is_cell = subject.kind == Sample.Kind.CELL and Cell.objects.filter(pk=subject.pk).exists()
    model = CellTest if is_cell else Measurement
    known = {f.name for f in model._meta.get_fields()}
    values = dict(conditions or {})
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, f"A {model._meta.verbose_name} has no such field."))
    values["simulated"] = bool(values.get("simulated")) or subject.simulated
    measurement = model(sample=subject, technique=technique, **values)
    measurement.asks_fields = asks_fields
    writing.create(measurement, actor=actor)
    if steps:
        _write_steps(measurement, steps, actor)
    return measurement


@transaction.atomic
def change_measurement(
    measurement: Measurement,
    *,
    actor: Any,
    expected_version: int | None = None,
    steps: Sequence[Mapping[str, Any]] | None = None,
    **changes: Any,
) -> Measurement:
    """Changes conditions; steps that are given replace those that are stored.

    Raises:
        PermissionDenied: The person may not write in the project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: Something does not fit.
    """
    changed = writing.change(measurement, actor=actor, expected_version=expected_version, **changes)
    if steps is not None:
        _write_steps(changed, steps, actor)
    return changed


def _write_steps(measurement: Measurement, steps: Sequence[Mapping[str, Any]], actor: Any) -> None:
    test = measurement if isinstance(measurement, CellTest) else CellTest.objects.filter(pk=measurement.pk).first()
    if test is None:
        raise ValidationError({"steps": "Only tests of cells have steps."})
    TestStep.objects.filter(test=test).delete()
    for order, step in enumerate(steps):
        records.create(TestStep(test=test, order=order, **step), actor=actor)
