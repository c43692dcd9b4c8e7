"""Which rows a comparison asks for: those that people chose, then what its query finds for the one who looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.definition import Definition, RowSpec, spec_of
from comparisons.models import Comparison
from comparisons.state import TableState
from search.language import QueryError
from search.selectors import resolve

MOST_FOUND = 200
"""Rows of a query that are shown; a table of more is not read."""
_ORDER = {
    "cells": ("code", "pk"),
    "samples": ("code", "pk"),
    "measurements": ("sample__code", "measured_at", "created_at", "pk"),
}


def definition_of(comparison: Comparison, user: Any, state: TableState | None = None) -> Definition:
    """What a saved comparison asks for today, looked at as it was saved, or in another way.

    Args:
        comparison: The saved comparison.
        user: Whose access decides what its query finds.
        state: How it is looked at; as it was saved where nothing is said.
    """
    way = TableState.from_json(comparison.state) if state is None else state
    by_hand = tuple(map(spec_of, comparison.rows.order_by("position")))
    found, problems = found_rows(way.q, user, comparison.about)
    standing = {_identity(row, comparison.about) for row in by_hand}
    return Definition(
        title=comparison.title,
        caption=comparison.caption,
        columns=tuple(comparison.columns),
        rows=(*by_hand, *(row for row in found if _identity(row, comparison.about) not in standing)),
        state=way,
        about=comparison.about,
        problems=problems,
    )


def found_rows(query: str, user: Any, about: str) -> tuple[Sequence[RowSpec], tuple[str, ...]]:
    """Rows that a query finds for a person, in the order of their codes, and what is to be said about it."""
    if not query:
        return (), ()
    try:
        records = resolve(query, user, about).order_by(*_ORDER[about])
    except QueryError as error:
        return (), (f"The query of this comparison is not understood: {error}",)
    names = ("sample", "pk") if about == "measurements" else ("pk",)
    keys = list(records.values_list(*names)[: MOST_FOUND + 1])
    rows = [RowSpec(None, *key) for key in keys[:MOST_FOUND]]
    if len(keys) > MOST_FOUND:
        return rows, (f"The query finds more than {MOST_FOUND} {about}; the first {MOST_FOUND} stand here.",)
    return rows, ()


def _identity(row: RowSpec, about: str) -> Any:
    """By which a record stands in a table once: a cell that stands there by hand is not found again."""
    return row.measurement_id if about == "measurements" else row.subject_id
