"""A filled comparison as templates show it: each cell with the address of its origin, and notes about single rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from comparisons.table import ColumnSpec, ComparisonTable, TableCell, TableRow


@dataclass(frozen=True)
class ShownCell:
    """A table cell with the address of its origin."""

    column: ColumnSpec
    cell: TableCell
    address: str
    is_number: bool

    @property
    def deviation(self) -> str:
        """How far it is from the baseline, with its sign, and as a part of that; empty where nothing is compared."""
        off, value = self.cell.deviation, self.cell.value
        if off is None or value is None:
            return ""
        base = value - off
        part = f" ({100 * off / abs(base):+.3g} %)" if base else ""
        return f"{off:+.4g}{part}".replace("-", "−")


@dataclass(frozen=True)
class ShownRow:
    """A row with the address of its record; `heading` where a group begins with it."""

    row: TableRow
    address: str
    cells: list[ShownCell]
    heading: str = ""


def shown(table: ComparisonTable, places: Mapping[UUID, str]) -> dict[str, Any]:
    """What the table's template needs.

    Args:
        table: The filled table.
        places: Addresses of origins and cells, by key; what is missing is shown without a link.
    """
    rows = [
        ShownRow(
            row,
            places.get(row.measurement_id or row.subject_id, "") if row.subject_id else "",
            [_cell(spec, row.cells[spec.key], places) for spec in table.columns],
            row.group if row.group and row.group != before else "",
        )
        for row, before in zip(table.rows, ["", *(row.group for row in table.rows)], strict=False)
    ]
    return {"table": table, "rows": rows, "notes": _notes(table)}


def _cell(column: ColumnSpec, cell: TableCell, places: Mapping[UUID, str]) -> ShownCell:
    address = places.get(cell.origin.id, "") if cell.origin else ""
    return ShownCell(column, cell, address, is_number(cell))


def is_number(cell: TableCell) -> bool:
    """Whether the cell is shown as a plain number."""
    return cell.value is not None and cell.text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _notes(table: ComparisonTable) -> list[tuple[str, str]]:
    """Sentences about single rows: warnings of their runs, and why a number is missing."""
    notes: dict[tuple[str, str], None] = {}
    for row in table.rows:
        for warning in row.warnings:
            notes[row.code, warning] = None
        for cell in row.cells.values():
            if cell.note and not cell.text:
                notes[row.code, cell.note] = None
    return list(notes)
