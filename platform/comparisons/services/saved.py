"""Writes on comparisons: making, changing, copying."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import writing
from accounts.models import Project
from comparisons.columns import FIRST_COLUMNS, TABLE_S1, column
from comparisons.models import Comparison, ComparisonRow
from comparisons.state import TableState
from core import records
from samples.models import Sample
from search.language import QueryError
from search.selectors import understood

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
    about: str = "cells",
    columns: Sequence[str] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Comparison:
    """A new comparison without rows.

    Args:
        actor: Who makes it.
        project: Where it belongs.
        slug: Its address.
        title: What it is called.
        caption: What is said of it.
        about: What its rows are: cells, samples or measurements.
        columns: Texts of columns; those that suit its rows where nothing is given.
        state: How it is looked at, with the query whose records stand in rows.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: The address is taken, or a column does not exist, or the query is not understood.
    """
    shown = FIRST_COLUMNS.get(about, TABLE_S1) if columns is None else columns
    check_columns(shown)
    view = _checked_state(state or {}, actor, about)
    comparison = Comparison(
        project=project, slug=slug, title=title, caption=caption, about=about, columns=list(shown), state=view
    )
    return writing.create(comparison, actor=actor)


def change_comparison(
    comparison: Comparison, *, actor: Any, expected_version: int | None = None, **changes: Any
) -> Comparison:
    """Changes title, caption, columns, view, address, or what the rows are as long as there are none.

    Raises:
        PermissionDenied: The person may not write in the project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: The address is taken, a column or a part of the view does not exist, the query is not
            understood, or there are rows of another kind.
    """
    about = changes.get("about", comparison.about)
    if about != comparison.about and comparison.rows.exists():
        raise ValidationError({"about": f"Its rows are {comparison.about}; take them out first, or make another one."})
    if "columns" in changes:
        check_columns(changes["columns"])
    if "state" in changes:
        changes["state"] = _checked_state(changes["state"], actor, about)
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
        actor: Who copies it; rows that this person does not see stay behind.
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
        about=comparison.about,
        columns=view.columns or comparison.columns,
        state=replace(view, columns=()).as_json(),
    )
    rows = comparison.rows.select_related("subject", "measurement")
    for row in rows.filter(subject__in=Sample.objects.visible_to(actor)):
        twin = ComparisonRow(
            comparison=copy,
            position=row.position,
            subject=row.subject,
            measurement=row.measurement,
            emphasised=row.emphasised,
            note=row.note,
        )
        records.create(twin, actor=actor)
    return copy


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


def free_address(slug: str) -> str:
    """An address for a new comparison: `my-cells`, `my-cells-2`."""
    base = slug[:_LONGEST_BASE].strip("-") or "comparison"
    taken = set(Comparison.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(made for number in count(1) if (made := f"{base}{_numbered(number).replace(' ', '-')}") not in taken)


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


def _checked_state(state: Mapping[str, Any], actor: Any, about: str) -> dict[str, Any]:
    try:
        read = TableState.from_json(state)
        if read.q:
            understood(read.q, actor, about)
    except (ValueError, QueryError) as error:
        raise ValidationError({"state": str(error)}) from error
    return read.as_json()
