"""Freezing: a comparison's table as it stands today, kept with its hash and the results behind each cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts.access import require_write
from comparisons.definition import Definition, definition_of
from comparisons.models import Comparison, FrozenComparison, FrozenNumber
from comparisons.selectors import fill
from comparisons.snapshot import as_content, hash_of_content
from comparisons.table import ComparisonTable, TableCell
from core.audit import attribute


@transaction.atomic
def freeze(
    comparison: Comparison, *, actor: Any, reason: str = "", definition: Definition | None = None
) -> FrozenComparison:
    """Keeps the table as it stands, with the rows that this person sees. Nothing of it changes any more.

    Args:
        comparison: What is frozen.
        actor: Who freezes it.
        reason: What for, such as "as submitted".
        definition: The rows and columns that are shown; those that are saved by default.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
        ValidationError: There is no row to freeze.
    """
    require_write(actor, comparison)
    attribute(actor)
    Comparison.objects.select_for_update().get(pk=comparison.pk)
    asked = definition or definition_of(comparison)
    table = fill(asked, actor)
    if not table.rows:
        raise ValidationError("There is no row to freeze yet; add a cell first.")
    content = as_content(table)
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
    for row in table.rows:
        for column, cell in row.cells.items():
            for result in cell.results or ((None,) if cell.origin is not None else ()):
                yield FrozenNumber(
                    frozen=frozen,
                    row=row.cell_code,
                    column=column,
                    subject_id=row.cell_id,
                    result_id=result,
                    run_id=_run_of(cell) if result else None,
                )


def _run_of(cell: TableCell) -> UUID | None:
    return cell.origin.id if cell.origin is not None and cell.origin.kind == "run" else None
