"""Sending a table in the form a client asks for: JSON, CSV, Parquet or Arrow, in pieces where it is long.

Columns keep their machine names; JSON, Parquet and Arrow carry unit and label beside them.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, cast

import orjson
import pyarrow as pa
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.exceptions import ValidationError

from core.tables import Table
from core.units import is_number

_ROWS_AT_ONCE = 5_000
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
FORMATS: Final = ("json", "csv", "parquet", "arrow")
MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
}


def asked_format(text: str | None, offered: tuple[str, ...]) -> str:
    """The form that a request asks for, JSON where it does not say.

    Raises:
        ValidationError: It is not offered; the message names those that are.
    """
    wanted = (text or "json").lower()
    if wanted not in offered:
        raise ValidationError({"format": f"{wanted[:20]!r} is not offered here; there are {', '.join(offered)}."})
    return wanted


def plain_text(text: str) -> str:
    """The text as a spreadsheet shall read it: nothing but a number may begin as a formula does."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not is_number(text) else text


def send_table(table: Table, form: str, *, name: str, extra: dict[str, Any] | None = None) -> HttpResponseBase:
    """A table as a response.

    Args:
        table: What to send.
        form: One of `FORMATS`.
        name: Name of a downloaded file, without suffix.
        extra: Further members of the JSON object.
    """
    return _SENDERS[form](table, name, extra or {})


def _send_json(table: Table, name: str, extra: dict[str, Any]) -> HttpResponseBase:
    del name
    return StreamingHttpResponse(_json_pieces(table, extra), content_type=MEDIA_TYPES["json"])


def _json_pieces(table: Table, extra: dict[str, Any]) -> Iterator[bytes]:
    head = {
        "name": table.name,
        **extra,
        "columns": [
            {"name": column.name, "label": column.label, "unit": column.unit, "dtype": _type_name(column.values.dtype)}
            for column in table
        ],
    }
    yield orjson.dumps(head)[:-1] + b',"rows":['
    first = True
    for rows in _row_chunks(table):
        yield (b"" if first else b",") + orjson.dumps(rows)[1:-1]
        first = False
    yield b"]}"


def _type_name(dtype: Any) -> str:
    return "text" if dtype.kind == "U" else str(dtype)


def _send_csv(table: Table, name: str, extra: dict[str, Any]) -> HttpResponseBase:
    del extra
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(_csv_pieces(table), content_type=MEDIA_TYPES["csv"], headers=headers)


def _csv_pieces(table: Table) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(column.name for column in table)
    for rows in _row_chunks(table):
        writer.writerows(rows)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _row_chunks(table: Table) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, len(table), _ROWS_AT_ONCE):
        columns = [column.values[start : start + _ROWS_AT_ONCE].tolist() for column in table]
        yield list(zip(*columns, strict=True))


def _send_parquet(table: Table, name: str, extra: dict[str, Any]) -> HttpResponseBase:
    del extra
    return _send_file(table.write_parquet, f"{name}.parquet", MEDIA_TYPES["parquet"])


def _send_arrow(table: Table, name: str, extra: dict[str, Any]) -> HttpResponseBase:
    del extra

    def write(target: BinaryIO) -> None:
        arrow = table.to_arrow()
        with pa.ipc.new_file(target, arrow.schema) as writer:
            writer.write_table(arrow)

    return _send_file(write, f"{name}.arrow", MEDIA_TYPES["arrow"])


def _send_file(write: Callable[[BinaryIO], None], name: str, media_type: str) -> HttpResponseBase:
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (the response closes it)
    write(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=media_type)


_SENDERS: Final[dict[str, Callable[[Table, str, dict[str, Any]], HttpResponseBase]]] = {
    "json": _send_json,
    "csv": _send_csv,
    "parquet": _send_parquet,
    "arrow": _send_arrow,
}
