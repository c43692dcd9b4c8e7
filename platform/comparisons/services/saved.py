"""Writes on comparisons: making, copying, choosing rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts import writing
from accounts.access import require_write
from accounts.models import Project
from comparisons.columns import TABLE_S1, column
from comparisons.models import Comparison, ComparisonRow
from comparisons.state import TableState
from core import records
from measurements.models import CellTest
from samples.models import Cell

_COPY_MARK: Final = re.compile(r"^(?:Copy of )+|(?: \(copy(?: \d+)?\))+$")
_COPY_TAIL: Final = re.compile(r"(?:-copy(?:-\d+)?)+$")
_LONGEST_BASE: Final = 45


def create_comparison(
    *,
    actor: Any,
    project: Project,
    slug: str,
    title: str,
    caption: str = "",
    columns: Sequence[str] = TABLE_S1,
    state: Mapping[str, Any] | None = None,
) -> Comparison:
    """A new comparison without rows.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: The address is taken, or a column does not exist.
    """
    check_columns(columns)
    view = _checked_state(state or {})
    comparison = Comparison(project=project, slug=slug, title=title, caption=caption, columns=list(columns), state=view)
    return writing.create(comparison, actor=actor)


def change_comparison(
    comparison: Comparison, *, actor: Any, expected_version: int | None = None, **changes: Any
) -> Comparison:
    """Changes title, caption, columns, view or address.

    Raises:
        PermissionDenied: The person may not write in the project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: The address is taken, or a column or a part of the view does not exist.
    """
    if "columns" in changes:
        check_columns(changes["columns"])
    if "state" in changes:
        changes["state"] = _checked_state(changes["state"])
    return writing.change(comparison, actor=actor, expected_version=expected_version, **changes)


@transaction.atomic
def save_view(
    comparison: Comparison, *, actor: Any, state: TableState, expected_version: int | None = None
) -> Comparison:
    """Makes this way of looking at a comparison the one that everybody sees first.

    Raises:
        PermissionDenied: The person may not write in the project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: A column does not exist.
    """
    changes: dict[str, Any] = {"state": replace(state, columns=()).as_json()}
    if state.columns:
        changes["columns"] = list(state.columns)
    return change_comparison(comparison, actor=actor, expected_version=expected_version, **changes)


@transaction.atomic
def copy_comparison(
    comparison: Comparison,
    *,
    actor: Any,
    slug: str,
    title: str = "",
    project: Project | None = None,
    state: TableState | None = None,
) -> Comparison:
    """A comparison of one's own with the same columns, rows and view; the original stays as it is.

    Args:
        comparison: What is copied.
        actor: Who copies it; rows of cells that this person does not see stay behind.
        slug: The copy's address.
        title: What it is called; `Table S1 (copy 2)` where nothing is given.
        project: Where it goes; to the original's project by default.
        state: How the copy is looked at; as the original is by default.

    Raises:
        PermissionDenied: The person may not write in the copy's project.
        ValidationError: The address is taken.
    """
    view = TableState.from_json(comparison.state) if state is None else state
    copy = create_comparison(
        actor=actor,
        project=project or comparison.project,
        slug=slug,
        title=title or free_title(comparison.title),
        caption=comparison.caption,
        columns=view.columns or comparison.columns,
        state=replace(view, columns=()).as_json(),
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


def free_title(title: str) -> str:
    """The title of a copy: `Table S1 (copy)`, then `Table S1 (copy 2)`; copies of copies count on."""
    base = _COPY_MARK.sub("", title) or title
    taken = set(Comparison.objects.filter(title__startswith=base).values_list("title", flat=True))
    return next(made for number in count(1) if (made := f"{base} (copy{_numbered(number)})") not in taken)


def free_slug(slug: str) -> str:
    """The address of a copy: `table-s1-copy`, then `table-s1-copy-2`."""
    base = _COPY_TAIL.sub("", slug)[:_LONGEST_BASE]
    taken = set(Comparison.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbers = (f"{base}-copy{_numbered(number).replace(' ', '-')}" for number in count(1))
    return next(made for made in numbers if made not in taken)


def _numbered(number: int) -> str:
    return "" if number == 1 else f" {number}"


def check_columns(keys: Sequence[str]) -> None:
    """Passes texts of columns that exist.

    Raises:
        ValidationError: There is none, or one of them does not exist; the message says why.
    """
    if not keys:
        raise ValidationError({"columns": "A comparison needs at least one column."})
    for key in keys:
        try:
            column(key)
        except KeyError as error:
            raise ValidationError({"columns": str(error.args[0])}) from error


def _checked_state(state: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return TableState.from_json(state).as_json()
    except ValueError as error:
        raise ValidationError({"state": str(error)}) from error
