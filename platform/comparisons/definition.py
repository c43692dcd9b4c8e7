"""What a comparison asks for: which rows and which columns. Filling it gives a table; a frozen one keeps it as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from comparisons.models import Comparison, ComparisonRow
from comparisons.state import TableState


@dataclass(frozen=True)
class RowSpec:
    """One row that is asked for.

    Attributes:
        row_id: Key of the saved row.
        cell_id: Its battery cell.
        test_id: The test its numbers come from; None for the cell's latest one with results.
        emphasised: Printed in bold.
        note: What a person says about it.
    """

    row_id: UUID
    cell_id: UUID
    test_id: UUID | None = None
    emphasised: bool = False
    note: str = ""


@dataclass(frozen=True)
class Definition:
    """What a table is filled from, and how it is looked at."""

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[RowSpec, ...]
    state: TableState = field(default_factory=TableState)

    @property
    def shown(self) -> tuple[str, ...]:
        """Columns that are shown: those that the state names, else the saved ones."""
        return self.state.columns or self.columns

    def as_json(self) -> dict[str, Any]:
        """As it is stored with a snapshot."""
        return {
            "title": self.title,
            "caption": self.caption,
            "columns": list(self.columns),
            "state": self.state.as_json(),
            "rows": [
                {
                    "row": str(row.row_id),
                    "cell": str(row.cell_id),
                    "test": row.test_id and str(row.test_id),
                    "emphasised": row.emphasised,
                    "note": row.note,
                }
                for row in self.rows
            ],
        }


def from_json(stored: dict[str, Any]) -> Definition:
    """The definition that was stored with a snapshot."""
    rows = (
        RowSpec(
            row_id=UUID(row["row"]),
            cell_id=UUID(row["cell"]),
            test_id=UUID(row["test"]) if row["test"] else None,
            emphasised=row["emphasised"],
            note=row["note"],
        )
        for row in stored["rows"]
    )
    state = TableState.from_json(stored["state"])
    return Definition(stored["title"], stored["caption"], tuple(stored["columns"]), tuple(rows), state)


def definition_of(comparison: Comparison, state: TableState | None = None) -> Definition:
    """What a saved comparison asks for today, looked at as it was saved, or in another way."""
    rows = tuple(map(spec_of, comparison.rows.order_by("position")))
    way = TableState.from_json(comparison.state) if state is None else state
    return Definition(comparison.title, comparison.caption, tuple(comparison.columns), rows, way)


def spec_of(row: ComparisonRow) -> RowSpec:
    """What a saved row asks for."""
    return RowSpec(row.pk, row.cell_id, row.test_id, row.emphasised, row.note)
