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
        "columns": [_spec_as_json(spec) for spec in table.columns],
        "folded": [_spec_as_json(spec) for spec in table.folded],
        "rows": [_row_as_json(row) for row in table.rows],
        "warnings": list(table.warnings),
        "baseline": table.baseline,
        "about": table.about,
    }


def as_table(content: dict[str, Any]) -> ComparisonTable:
    """The table that was turned into this JSON."""
    return ComparisonTable(
        title=content["title"],
        caption=content["caption"],
        columns=tuple(ColumnSpec(**column) for column in content["columns"]),
        folded=tuple(ColumnSpec(**column) for column in content["folded"]),
        rows=tuple(_row_from_json(row) for row in content["rows"]),
        warnings=tuple(content["warnings"]),
        baseline=content["baseline"],
        about=content.get("about", "cells"),
    )


def hash_of_content(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, the same before and after a stay in the database."""
    return content_hash(_KIND, content)


_ROW_TEXTS = ("key", "group", "note", "simulated", "emphasised", "pinned", "is_baseline", "by_query")


def _spec_as_json(spec: ColumnSpec) -> dict[str, str]:
    return {"key": spec.key, "label": spec.label, "unit": spec.unit}


def _row_as_json(row: TableRow) -> dict[str, Any]:
    return {
        "row": row.row_id and str(row.row_id),
        "subject": row.subject_id and str(row.subject_id),
        "measurement": row.measurement_id and str(row.measurement_id),
        "code": row.code,
        "warnings": list(row.warnings),
        "members": list(row.members),
        "behind": [str(key) for key in row.behind],
        "cells": {key: _cell_as_json(cell) for key, cell in row.cells.items()},
        **{name: getattr(row, name) for name in _ROW_TEXTS},
    }


def _row_from_json(row: dict[str, Any]) -> TableRow:
    """A row; in earlier snapshots all were cells, and none was found by a query."""
    subject, measurement = row.get("subject") or row.get("cell"), row.get("measurement")
    return TableRow(
        row_id=UUID(row["row"]) if row["row"] else None,
        subject_id=UUID(subject) if subject else None,
        measurement_id=UUID(measurement) if measurement else None,
        code=row["code"],
        cells={key: _cell_from_json(cell) for key, cell in row["cells"].items()},
        warnings=tuple(row["warnings"]),
        members=tuple(row["members"]),
        behind=tuple(UUID(key) for key in row["behind"]),
        **{name: row[name] for name in _ROW_TEXTS if name in row},
    )


def _cell_as_json(cell: TableCell) -> dict[str, Any]:
    return {
        "text": cell.text,
        "value": cell.value,
        "unit": cell.unit,
        "note": cell.note,
        "results": [str(key) for key in cell.results],
        "deviation": cell.deviation,
        "origin": _origin_as_json(cell.origin),
        "parts": [_origin_as_json(part) for part in cell.parts],
    }


def _cell_from_json(cell: dict[str, Any]) -> TableCell:
    return TableCell(
        text=cell["text"],
        value=cell["value"],
        unit=cell["unit"],
        origin=_origin_from_json(cell["origin"]),
        note=cell["note"],
        results=tuple(UUID(key) for key in cell["results"]),
        deviation=cell["deviation"],
        parts=tuple(part for told in cell["parts"] if (part := _origin_from_json(told)) is not None),
    )


def _origin_as_json(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {
        "kind": origin.kind,
        "model": origin.model,
        "id": str(origin.id),
        "label": origin.label,
        "simulated": origin.simulated,
    }


def _origin_from_json(told: dict[str, Any] | None) -> Origin | None:
    if told is None:
        return None
    kind = cast("OriginKind", told["kind"])
    return Origin(kind, told["model"], UUID(told["id"]), told["label"], told["simulated"])
