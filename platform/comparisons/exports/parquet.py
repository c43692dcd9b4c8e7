"""A comparison as Parquet, for scripts: texts as shown, numbers in their unit, and the origin of each.

A column of the comparison gives its text under its key and, beside it, `_value` (where it has a unit) and `_origin`;
label and unit are in the schema.
"""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from comparisons.exports.origins import said
from comparisons.table import ColumnSpec, ComparisonTable


def to_parquet(table: ComparisonTable) -> bytes:
    """The table as zstd Parquet: `cell`, the columns, `simulated`; title, caption and warnings in the schema."""
    fields = [pa.field("cell", pa.string())]
    arrays = [pa.array([row.code for row in table.rows], pa.string())]
    for column in table.columns:
        for field, array in _of(table, column):
            fields.append(field)
            arrays.append(array)
    fields.append(pa.field("simulated", pa.bool_()))
    arrays.append(pa.array([row.simulated for row in table.rows], pa.bool_()))
    about = {"title": table.title, "caption": table.caption, "warnings": "\n".join(table.warnings)}
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=about)), buffer, compression="zstd")
    return buffer.getvalue()


def _of(table: ComparisonTable, column: ColumnSpec) -> list[tuple[pa.Field, pa.Array]]:
    cells = [row.cells[column.key] for row in table.rows]
    about = {"label": column.label, "unit": column.unit}
    made = [(pa.field(column.key, pa.string(), metadata=about), pa.array([cell.text for cell in cells], pa.string()))]
    if column.unit:
        numbers = pa.array([cell.value for cell in cells], pa.float64())
        made.append((pa.field(f"{column.key}_value", pa.float64(), metadata=about), numbers))
    origins = pa.array([said(cell.origin) for cell in cells], pa.string())
    made.append((pa.field(f"{column.key}_origin", pa.string()), origins))
    return made
