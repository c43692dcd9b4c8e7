"""Freezing: a comparison's table as it stands today, kept with its hash and the results behind each cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts.access import require_write
from analysis_tasks.models import Result
from comparisons.models import Comparison, FrozenComparison, FrozenNumber
from comparisons.selectors import as_kept, curves_of, definition_of, fill, measurements_by_row
from comparisons.snapshot import as_content, hash_of_content
from comparisons.state import TableState
from comparisons.table import ComparisonTable, TableRow
from core.audit import attribute

_BEHIND = ("pk", "subject", "run")


@transaction.atomic
def freeze(
    comparison: Comparison, *, actor: Any, reason: str = "", state: TableState | None = None
) -> FrozenComparison:
    """Keeps the table as it stands, with the rows that this person sees and the curves of its figure, for good.

    Args:
        comparison: What is frozen.
        actor: Who freezes it.
        reason: What for, such as "as submitted".
        state: How it is looked at; as it was saved where nothing is said.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
        ValidationError: There is no row to freeze.
    """
    require_write(actor, comparison)
    attribute(actor)
    Comparison.objects.select_for_update().get(pk=comparison.pk)
    asked = definition_of(comparison, actor, state)
    table = fill(asked, actor)
    if not table.rows:
        raise ValidationError("There is no row to freeze yet; add one first.")
    content = as_content(table)
    if curves := curves_of(table, asked.state.figure, measurements_by_row(asked, actor)):
        content["curves"] = as_kept(curves)
    last = comparison.frozen.aggregate(last=Max("number"))["last"] or 0
    frozen = FrozenComparison(
        comparison=comparison,
        number=last + 1,
        title=table.title,
        definition=asked.as_json(),
        content=content,
        sha256=hash_of_content(content),
        reason=reason.strip(),
        frozen_by=actor,
    )
    frozen.full_clean()
    frozen.save(force_insert=True)
    FrozenNumber.objects.bulk_create(_numbers(frozen, table))
    return frozen


def _numbers(frozen: FrozenComparison, table: ComparisonTable) -> Iterator[FrozenNumber]:
    """The results behind each cell; where a record states it, the cells of the row."""
    keys = {key for row in table.rows for cell in row.cells.values() for key in cell.results}
    stored = {pk: (subject, run) for pk, subject, run in Result.objects.filter(pk__in=keys).values_list(*_BEHIND)}
    for row in table.rows:
        for column, cell in row.cells.items():
            for result in cell.results:
                subject, run = stored[result]
                yield _number(frozen, row, column, subject_id=subject, result_id=result, run_id=run)
            if cell.text and not cell.results:
                for subject in row.behind:
                    yield _number(frozen, row, column, subject_id=subject)


def _number(frozen: FrozenComparison, row: TableRow, column: str, **behind: UUID | None) -> FrozenNumber:
    return FrozenNumber(frozen=frozen, row=row.key, column=column, **behind)
