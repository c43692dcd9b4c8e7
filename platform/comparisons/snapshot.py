"""A filled table as JSON that can be hashed, kept and turned back into the same table. Pure values, no database."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from comparisons.table import ColumnSpec, ComparisonTable, Origin, OriginKind, TableCell, TableRow
from core.canonical import content_hash

_KIND = "frozen comparison"


def as_content(table: ComparisonTable) -> dict[str, Any]:
    """Everything that the table says, as JSON."""
    return {
        "title": table.title,
        "caption": table.caption,
        "columns": [{"key": spec.key, "label": spec.label, "unit": spec.unit} for spec in table.columns],
        "rows": [_row_as_json(row) for row in table.rows],
        "warnings": list(table.warnings),
    }


def as_table(content: dict[str, Any]) -> ComparisonTable:
    """The table that was turned into this JSON."""
    return ComparisonTable(
        title=content["title"],
        caption=content["caption"],
        columns=tuple(ColumnSpec(**column) for column in content["columns"]),
        rows=tuple(_row_from_json(row) for row in content["rows"]),
        warnings=tuple(content["warnings"]),
    )


def hash_of_content(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, the same before and after a stay in the database."""
    return content_hash(_KIND, content)


def _row_as_json(row: TableRow) -> dict[str, Any]:
    return {
        "row": str(row.row_id),
        "cell": str(row.cell_id),
        "code": row.cell_code,
        "simulated": row.simulated,
        "emphasised": row.emphasised,
        "warnings": list(row.warnings),
        "cells": {key: _cell_as_json(cell) for key, cell in row.cells.items()},
    }


def _row_from_json(row: dict[str, Any]) -> TableRow:
    return TableRow(
        row_id=UUID(row["row"]),
        cell_id=UUID(row["cell"]),
        cell_code=row["code"],
        cells={key: _cell_from_json(cell) for key, cell in row["cells"].items()},
        simulated=row["simulated"],
        emphasised=row["emphasised"],
        warnings=tuple(row["warnings"]),
    )


def _cell_as_json(cell: TableCell) -> dict[str, Any]:
    origin = cell.origin
    return {
        "text": cell.text,
        "value": cell.value,
        "unit": cell.unit,
        "note": cell.note,
        "results": [str(key) for key in cell.results],
        "origin": origin
        and {
            "kind": origin.kind,
            "model": origin.model,
            "id": str(origin.id),
            "label": origin.label,
            "simulated": origin.simulated,
        },
    }


def _cell_from_json(cell: dict[str, Any]) -> TableCell:
    told = cell["origin"]
    origin = told and Origin(
        cast("OriginKind", told["kind"]), told["model"], UUID(told["id"]), told["label"], told["simulated"]
    )
    results = tuple(UUID(key) for key in cell["results"])
    return TableCell(cell["text"], cell["value"], cell["unit"], origin, cell["note"], results)
