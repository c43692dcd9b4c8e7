"""Writes on comparisons: making, copying, choosing rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts import writing
from accounts.access import require_write
from accounts.models import Project
from comparisons.columns import TABLE_S1, column
from comparisons.models import Comparison, ComparisonRow
from core import records
from measurements.models import CellTest
from samples.models import Cell


def create_comparison(
    *, actor: Any, project: Project, slug: str, title: str, caption: str = "", columns: Sequence[str] = TABLE_S1
) -> Comparison:
    """A new comparison without rows.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: The address is taken, or a column does not exist.
    """
    _check_columns(columns)
    comparison = Comparison(project=project, slug=slug, title=title, caption=caption, columns=list(columns))
    return writing.create(comparison, actor=actor)


def change_comparison(
    comparison: Comparison, *, actor: Any, expected_version: int | None = None, **changes: Any
) -> Comparison:
    """Changes title, caption, columns or address.

    Raises:
        PermissionDenied: The person may not write in the project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: The address is taken, or a column does not exist.
    """
    if "columns" in changes:
        _check_columns(changes["columns"])
    return writing.change(comparison, actor=actor, expected_version=expected_version, **changes)


@transaction.atomic
def copy_comparison(
    comparison: Comparison, *, actor: Any, slug: str, title: str = "", project: Project | None = None
) -> Comparison:
    """A comparison of one's own with the same columns and rows; the original stays as it is.

    Raises:
        PermissionDenied: The person may not write in the copy's project.
        ValidationError: The address is taken.
    """
    copy = create_comparison(
        actor=actor,
        project=project or comparison.project,
        slug=slug,
        title=title or f"Copy of {comparison.title}",
        caption=comparison.caption,
        columns=comparison.columns,
    )
    for row in comparison.rows.filter(cell__in=Cell.objects.visible_to(actor)):
        twin = ComparisonRow(
            comparison=copy,
            position=row.position,
            cell=row.cell,
            test=row.test,
            emphasised=row.emphasised,
            note=row.note,
        )
        records.create(twin, actor=actor)
    return copy


@transaction.atomic
def add_row(
    comparison: Comparison, *, actor: Any, cell: Cell, test: CellTest | None = None, note: str = ""
) -> ComparisonRow:
    """Adds a cell at the end. Its numbers come from the test, or from its latest one with results.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
        ValidationError: The cell is there already, or the test belongs to another cell.
    """
    require_write(actor, comparison)
    if test is not None and test.sample_id != cell.pk:
        raise ValidationError({"test": f"This test belongs to {test.sample}, not to {cell}."})
    Comparison.objects.select_for_update().get(pk=comparison.pk)
    if comparison.rows.filter(cell=cell, test=test).exists():
        raise ValidationError({"cell": f"{cell} stands in this comparison already."})
    last = comparison.rows.aggregate(last=Max("position"))["last"]
    row = ComparisonRow(
        comparison=comparison, position=0 if last is None else last + 1, cell=cell, test=test, note=note
    )
    return records.create(row, actor=actor)


@transaction.atomic
def remove_row(row: ComparisonRow, *, actor: Any) -> None:
    """Takes a cell out of a comparison.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
    """
    writing.delete(row, actor=actor)


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


def _check_columns(keys: Sequence[str]) -> None:
    if not keys:
        raise ValidationError({"columns": "A comparison needs at least one column."})
    for key in keys:
        try:
            column(key)
        except KeyError as error:
            raise ValidationError({"columns": str(error.args[0])}) from error
