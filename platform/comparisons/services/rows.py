"""Writes on the rows of a comparison that people choose: adding, taking out, ordering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts import writing
from accounts.access import require_write
from comparisons.models import Comparison, ComparisonRow
from core import records
from measurements.models import CellTest, Measurement
from samples.models import Cell, Sample


@transaction.atomic
def add_row(
    comparison: Comparison,
    *,
    actor: Any,
    cell: Cell | None = None,
    sample: Sample | None = None,
    measurement: Measurement | None = None,
    test: CellTest | None = None,
    note: str = "",
) -> ComparisonRow:
    """Adds a cell, a sample or a measurement at the end, whichever the rows of the comparison are.

    Args:
        comparison: To which it is added.
        actor: Who adds it.
        cell: What is added, where the rows are cells.
        sample: What is added, where they are samples.
        measurement: What is added, where they are measurements.
        test: The test that a cell's numbers come from; its latest one with results where nothing is given.
        note: What is to be said about it.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
        ValidationError: It stands there already, is of another kind than the rows, or the test is of another cell.
    """
    given = {"cell": cell, "sample": sample, "measurement": measurement}
    wanted = comparison.about.removesuffix("s")
    if [name for name, record in given.items() if record is not None] != [wanted]:
        raise ValidationError({wanted: f"The rows of this comparison are {comparison.about}: give one {wanted}."})
    subject = measurement.sample if measurement is not None else cell or sample
    return add_subject(comparison, actor=actor, subject=subject, measurement=measurement or test, note=note)


@transaction.atomic
def add_subject(
    comparison: Comparison,
    *,
    actor: Any,
    subject: Sample | None,
    measurement: Measurement | None = None,
    note: str = "",
) -> ComparisonRow:
    """Adds a row by its subject and the measurement that its numbers come from, where one is chosen.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
        ValidationError: It stands there already, is no row of this comparison, or the measurement is of another sample.
    """
    require_write(actor, comparison)
    if subject is None:
        raise ValidationError({"subject": "Choose what the row is about."})
    if comparison.about == Comparison.About.CELLS and subject.kind != Sample.Kind.CELL:
        raise ValidationError({"cell": f"{subject} is no cell, and the rows of this comparison are cells."})
    if comparison.about == Comparison.About.MEASUREMENTS and measurement is None:
        raise ValidationError({"measurement": "The rows of this comparison are measurements: give one measurement."})
    if measurement is not None and measurement.sample_id != subject.pk:
        raise ValidationError({"test": f"This test belongs to {measurement.sample}, not to {subject}."})
    Comparison.objects.select_for_update().get(pk=comparison.pk)
    if comparison.rows.filter(subject=subject, measurement=measurement).exists():
        word = comparison.about.removesuffix("s")
        what = measurement if word == "measurement" else subject
        raise ValidationError({word: f"{what} stands in this comparison already."})
    last = comparison.rows.aggregate(last=Max("position"))["last"]
    row = ComparisonRow(
        comparison=comparison,
        position=0 if last is None else last + 1,
        subject_id=subject.pk,
        measurement_id=None if measurement is None else measurement.pk,
        note=note,
    )
    return records.create(row, actor=actor)


@transaction.atomic
def remove_row(row: ComparisonRow, *, actor: Any) -> None:
    """Takes a row out of a comparison; the record itself stays as it is.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
    """
    writing.delete(row, actor=actor)


def note_row(row: ComparisonRow, *, actor: Any, note: str) -> ComparisonRow:
    """Says something about a row, or nothing any more.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
    """
    return writing.change(row, actor=actor, note=note.strip())


@transaction.atomic
def order_rows(comparison: Comparison, *, actor: Any, rows: Sequence[UUID]) -> None:
    """Puts the rows in this order.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
        ValidationError: The list does not name each row once.
    """
    require_write(actor, comparison)
    known = {row.pk: row for row in comparison.rows.select_for_update()}
    if set(rows) != set(known) or len(rows) != len(known):
        raise ValidationError({"rows": f"The order must name each of the {len(known)} rows once."})
    for position, pk in enumerate(rows):
        records.change(known[pk], position=position)
