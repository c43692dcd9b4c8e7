"""A comparison as CSV, for scripts and spreadsheets."""

from __future__ import annotations

import csv
import io

from comparisons.table import ComparisonTable, TableCell
from core.tabular import plain_text


def to_csv(table: ComparisonTable) -> str:
    """The table as CSV: the columns as shown, then which row it is, `simulated`, and the origin of each column."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(
        [column.label for column in table.columns]
        + ["row", "simulated"]
        + [f"origin: {column.label}" for column in table.columns]
    )
    for row in table.rows:
        cells = [row.cells[column.key] for column in table.columns]
        writer.writerow(
            [plain_text(cell.text) for cell in cells]
            + [plain_text(row.code), "yes" if row.simulated else "no"]
            + [plain_text(_origin(cell)) for cell in cells]
        )
    return buffer.getvalue()


def _origin(cell: TableCell) -> str:
    return f"{cell.origin.kind}: {cell.origin.label}" if cell.origin else ""
