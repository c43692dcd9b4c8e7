"""Whole lists as CSV, Parquet or Excel: every row that the filters let through, however many there are.

A column is a field of the list's JSON. A reference gives two columns (`material`, `material_id`), a quantity three
(`amount` as a number in the quantity's unit, `amount_unit`, `amount_text`); other objects and lists stay JSON.
The workbook is another thing: the sheet of `core.sheet_columns`, to be edited and imported again.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, Final, cast, get_type_hints

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.quantities import quantity
from core.serializers import FractionField, QuantityValueField, ReferenceField
from core.sheet_columns import write_sheet
from core.tabular import MEDIA_TYPES, plain_text

LIST_FORMATS: Final = ("json", "csv", "parquet", "xlsx")
MOST_SHEET_ROWS: Final = 20_000
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_AT_ONCE: Final = 1000
_TIME: Final = pa.timestamp("us", tz="UTC")
_TYPES: Final[tuple[tuple[Any, pa.DataType], ...]] = (
    (serializers.DateTimeField, _TIME),
    (serializers.BooleanField, pa.bool_()),
    (serializers.IntegerField, pa.int64()),
    ((serializers.FloatField, FractionField), pa.float64()),
)

_RETURNED: Final[tuple[tuple[tuple[Any, ...], pa.DataType], ...]] = (
    ((float, float | None), pa.float64()),
    ((int, int | None), pa.int64()),
    ((bool, bool | None), pa.bool_()),
)


@dataclass(frozen=True)
class _Column:
    """A column of the export.

    Attributes:
        name: Its heading.
        kind: Its type in Parquet.
        value: Finds its value in the JSON of a record.
        unit: Of the numbers, empty where there is none.
    """

    name: str
    kind: pa.DataType
    value: Callable[[dict[str, Any]], Any]
    unit: str = ""


def send_list(view: Any, records: Any, form: str) -> HttpResponseBase:
    """All records as a download.

    Args:
        view: Of the list; its serializer, and its listing where it has one, make the rows.
        records: Query of what to send, filtered and in order; or a sequence.
        form: `csv`, `parquet` or `xlsx`.

    Raises:
        ValidationError: There are more rows than a workbook for editing should have.
    """
    if form == "xlsx":
        return _send_workbook(view, records)
    return send_rows(view.get_serializer(), _rows(view, records), form, name=f"{view.basename}s")


def send_rows(serializer: Any, rows: Iterator[list[dict[str, Any]]], form: str, *, name: str) -> HttpResponseBase:
    """Rows as a download.

    Args:
        serializer: Of one row; its fields are the columns.
        rows: The JSON of the rows, in pieces.
        form: `csv` or `parquet`.
        name: Of the file, without suffix.
    """
    columns = _columns(serializer)
    name = f"{name}.{form}"
    if form == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
        return StreamingHttpResponse(_csv(columns, rows), content_type=MEDIA_TYPES["csv"], headers=headers)
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (the response closes it)
    _write_parquet(file, columns, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPES["parquet"])


def _send_workbook(view: Any, records: Any) -> HttpResponseBase:
    count = records.count()
    if count > MOST_SHEET_ROWS:
        raise ValidationError(
            {"format": f"There are {count} rows; a workbook takes {MOST_SHEET_ROWS}. Filter the list, or take csv."}
        )
    headers = {
        "Content-Disposition": f'attachment; filename="{view.basename}s.xlsx"',
        "Cache-Control": "private, no-cache",
    }
    content = write_sheet(view.get_serializer(), _rows(view, records))
    return HttpResponse(content, content_type=_WORKBOOK, headers=headers)


def _rows(view: Any, records: Any) -> Iterator[list[dict[str, Any]]]:
    """The JSON of all records, in pieces."""
    context = view.get_serializer_context()
    if getattr(view, "listing", None) is not None and view.takes_listing():
        keys = records.values_list("pk", flat=True).iterator(chunk_size=_ROWS_AT_ONCE)
        for some in _batches(keys):
            yield orjson.loads(b"".join(view.listing.rows(some, view.request, context["fields"])))
        return
    one_by_one = records.iterator(chunk_size=_ROWS_AT_ONCE) if isinstance(records, QuerySet) else records
    for some in _batches(one_by_one):
        yield view.get_serializer(some, many=True).data


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(rows)
    while some := list(islice(left, _ROWS_AT_ONCE)):
        yield some


def _columns(serializer: Any) -> list[_Column]:
    return [column for name, field in serializer.fields.items() if not field.write_only for column in _of(name, field)]


def _of(name: str, field: Any) -> list[_Column]:
    def value(row: dict[str, Any]) -> Any:
        return row[name]

    def member(key: str) -> Callable[[dict[str, Any]], Any]:
        return lambda row: None if row[name] is None else row[name][key]

    if hasattr(field, "export_columns"):
        return [_Column(f"{name}_{key}", *rest) for key, *rest in field.export_columns(name)]
    match field:
        case QuantityValueField():
            unit = quantity(field.quantity_key).unit
            return [
                _Column(name, pa.float64(), member("value"), unit),
                _Column(f"{name}_unit", pa.string(), member("unit")),
                _Column(f"{name}_text", pa.string(), member("text")),
            ]
        case ReferenceField():
            return [
                _Column(name, pa.string(), member("label")),
                _Column(f"{name}_id", pa.string(), member("id")),
            ]
    return [_Column(name, _kind_of(field), value)]


def _kind_of(field: Any) -> pa.DataType:
    """The type of a field's values; of one that a method computes, what the method says that it returns."""
    if isinstance(field, serializers.SerializerMethodField):
        told = get_type_hints(getattr(field.parent, str(field.method_name))).get("return")
        return next((kind for types, kind in _RETURNED if told in types), pa.string())
    return next((kind for classes, kind in _TYPES if isinstance(field, classes)), pa.string())


def _csv(columns: list[_Column], rows: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(column.name for column in columns)
    for some in rows:
        writer.writerows([_cell(column.value(row)) for column in columns] for row in some)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _cell(value: Any) -> Any:
    text = _text(value)
    return plain_text(text) if isinstance(text, str) else text


def _text(value: Any) -> Any:
    return orjson.dumps(value, default=str).decode() if isinstance(value, dict | list) else value


def _write_parquet(file: BinaryIO, columns: list[_Column], rows: Iterator[list[dict[str, Any]]]) -> None:
    schema = pa.schema([_field(column) for column in columns])
    with pq.ParquetWriter(file, schema) as writer:
        for some in rows:
            arrays = [pa.array([_typed(column, row) for row in some], column.kind) for column in columns]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _field(column: _Column) -> pa.Field:
    return pa.field(column.name, column.kind, metadata={"unit": column.unit} if column.unit else None)


def _typed(column: _Column, row: dict[str, Any]) -> Any:
    value = column.value(row)
    if value is None:
        return None
    if column.kind == _TIME:
        return datetime.fromisoformat(value)
    return str(_text(value)) if column.kind == pa.string() else value
