"""What a frozen comparison would say today: each number that differs, from what to what, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from analysis_tasks.models import Staleness
from comparisons.definition import from_json
from comparisons.models import FrozenComparison
from comparisons.selectors.facts import visible_subjects
from comparisons.selectors.reasons import Reason, Reasons
from comparisons.selectors.table import fill
from comparisons.snapshot import as_table, hash_of_content
from comparisons.table import ColumnSpec, ComparisonTable, TableCell, TableRow

_ROUNDING = 1e-9  # relative; far above the last bits in which two processors differ, far below any measurement


@dataclass(frozen=True)
class NumberChange:
    """A cell of a frozen table that would say something else today.

    Attributes:
        row: What its row is called.
        column: Its column.
        old, new: What it says and what it would say.
        why: What has happened since.
    """

    row: str
    column: ColumnSpec
    old: TableCell
    new: TableCell
    why: Reason

    @property
    def difference(self) -> float | None:
        """New minus old in the unit of the column; None where one of them is no number."""
        if self.old.value is None or self.new.value is None:
            return None
        return self.new.value - self.old.value

    @property
    def relative(self) -> float | None:
        """The difference as a part of the old number."""
        return self.difference / abs(self.old.value) if self.difference is not None and self.old.value else None


@dataclass(frozen=True)
class FrozenState:
    """A frozen comparison held against today.

    Attributes:
        table: What was frozen, as far as the person may see it.
        changes: What would be different today, in reading order.
        withdrawn: Sentences about cells and tests that were withdrawn since.
        pending: Sentences about runs that are out of date and may change further numbers once computed again.
        intact: The stored content has the hash that it was frozen with.
    """

    table: ComparisonTable
    changes: tuple[NumberChange, ...]
    withdrawn: tuple[str, ...]
    pending: tuple[str, ...]
    intact: bool


def frozen_table(frozen: FrozenComparison, user: Any) -> ComparisonTable:
    """What was frozen; rows of cells in projects that are closed to this person are left out."""
    table = as_table(frozen.content)
    visible = visible_subjects((cell for row in table.rows for cell in row.behind), user)
    rows = tuple(row for row in table.rows if visible.issuperset(row.behind))
    return replace(table, rows=rows)


def against_today(frozen: FrozenComparison, user: Any) -> FrozenState:
    """Fills the frozen comparison again and compares, by a constant number of queries."""
    old = frozen_table(frozen, user)
    new = fill(from_json(frozen.definition), user)
    pairs = list(_pairs(old, new))
    reasons = Reasons(frozen.frozen_at, old.rows, [(before, after) for _, _, before, after in pairs])
    changes = tuple(
        NumberChange(row.code, spec, before, after, reasons.why(row, before, after))
        for row, spec, before, after in pairs
    )
    return FrozenState(
        table=old,
        changes=changes,
        withdrawn=reasons.withdrawals(),
        pending=_pending(new),
        intact=hash_of_content(frozen.content) == frozen.sha256,
    )


def _pairs(old: ComparisonTable, new: ComparisonTable) -> Iterator[tuple[TableRow, ColumnSpec, TableCell, TableCell]]:
    """Cells that differ, with their row and column."""
    today = {row.key: row for row in new.rows}
    for row in old.rows:
        for spec in (*old.columns, *old.folded):
            before = row.cells[spec.key]
            after = today[row.key].cells[spec.key] if row.key in today else TableCell(unit=before.unit)
            if _differs(before, after):
                yield row, spec, before, after


def _differs(old: TableCell, new: TableCell) -> bool:
    if old.text != new.text:
        return True
    if old.value is None or new.value is None:
        return old.value is not new.value
    return abs(old.value - new.value) > _ROUNDING * max(abs(old.value), abs(new.value))


def _pending(table: ComparisonTable) -> tuple[str, ...]:
    """Why runs behind the table of today are out of date."""
    codes: dict[Any, dict[str, None]] = {}
    for row in table.rows:
        for cell in row.cells.values():
            if cell.origin is not None and cell.origin.kind == "run":
                codes.setdefault(cell.origin.id, {})[row.code] = None
    stale = Staleness.objects.filter(run__in=list(codes)).order_by("run", "reason", "field")
    return tuple(dict.fromkeys(f"{', '.join(codes[row.run_id])}: {row}" for row in stale))
