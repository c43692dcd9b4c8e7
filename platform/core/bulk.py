"""Many records in one request: all of them are written or none, and the answer names every row that is wrong.

Rows go through the same serializers and services as single records, one after the other in one transaction, each in a
savepoint of its own; so a row may refer to one before it, and one wrong row does not hide the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from core.filters import as_uuid
from core.problems import Answered, problem, problem_handler
from core.remembering import forget, remembering

MAX_ROWS: Final = 1000
_SHOWN_ROWS = 3
_LARGEST_VERSION = 10**9


class WrongRows(Answered):
    """Some rows of a request are wrong, so that nothing was stored.

    Attributes:
        rows: What is wrong with each: `row` (counted from 0), `status`, `detail`, and `errors` by field.
        total: How many rows the request had.
    """

    def __init__(self, rows: list[dict[str, Any]], total: int) -> None:
        super().__init__(f"{len(rows)} of {total} rows are wrong")
        self.rows = rows
        self.total = total

    def as_problem(self) -> Response:
        """The report; its status is that of the rows where they agree, else 400."""
        statuses = {row["status"] for row in self.rows}
        lines = [f"Row {row['row']}: {row['detail']}" for row in self.rows[:_SHOWN_ROWS]]
        more = len(self.rows) - len(lines)
        detail = f"{self}, so nothing was stored. {' '.join(lines)}" + (f" And {more} more." if more else "")
        errors = {
            f"{row['row']}.{path}": messages
            for row in self.rows
            for path, messages in row.get("errors", {"record": [row["detail"]]}).items()
        }
        return problem(statuses.pop() if len(statuses) == 1 else 400, detail, errors=errors, rows=self.rows)


def rows_of(data: Any) -> list[Any]:
    """The rows of a request's body.

    Raises:
        ValidationError: It is no list, it is empty, or it is longer than a request may be.
    """
    if not isinstance(data, list) or not data:
        raise ValidationError(f"Send a list of 1 to {MAX_ROWS} objects.")
    if len(data) > MAX_ROWS:
        raise ValidationError(f"There are {len(data)} rows; at most {MAX_ROWS} go in one request.")
    return data


def write_all(rows: list[Any], write: Callable[[Any], Any], *, view: Any) -> list[Any]:
    """Writes all rows, or none where one is wrong.

    Args:
        rows: What the request says of each record.
        write: Writes one.
        view: Whose request it is.

    Returns:
        What `write` gave for each row.

    Raises:
        WrongRows: At least one could not be written.
    """
    written: list[Any] = []
    wrong: list[dict[str, Any]] = []
    with transaction.atomic(), remembering():
        for place, row in enumerate(rows):
            try:
                with transaction.atomic():
                    written.append(write(row))
                    _check_deferred()
            except Exception as error:  # noqa: BLE001 (the handler of all requests sorts them)
                forget()
                wrong.append({"row": place, **_report(error, view)})
        if wrong:
            raise WrongRows(wrong, len(rows))
    return written


def _check_deferred() -> None:
    """Checks what the database leaves for the end of the transaction while the row that broke it is known."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _report(error: Exception, view: Any) -> dict[str, Any]:
    """What the answer to a request with this row alone would have said.

    Raises:
        Exception: The error is the program's own, so that it is logged and answered as such.
    """
    response = problem_handler(error, {"view": view})
    if response.status_code >= 500:
        raise error
    return {key: value for key, value in response.data.items() if key not in ("type", "title")}


class Row:
    """A row that changes or deletes a record: which one, and the version it was read at.

    Attributes:
        key: The record's id.
        version: The version the change was made on, None where the row does not say.
        changes: The other fields.
    """

    def __init__(self, data: Any) -> None:
        if not isinstance(data, dict):
            raise ValidationError('Each row is an object such as {"id": "...", "version": 3}.')
        identifier = as_uuid(str(data.get("id", "")))
        if identifier is None:
            raise ValidationError({"id": "Each row needs the id of a record."})
        version = data.get("version")
        if version is not None and (
            isinstance(version, bool) or not isinstance(version, int) or not 0 < version < _LARGEST_VERSION
        ):
            raise ValidationError({"version": "A version is a whole number, as the record shows it."})
        self.key: UUID = identifier
        self.version: int | None = version
        self.changes = {name: value for name, value in data.items() if name not in ("id", "version")}


class Targets:
    """The records that the rows of one request name, read at once; each may be named once."""

    def __init__(self, queryset: Any, rows: Iterable[Any]) -> None:
        keys = {as_uuid(str(row.get("id", ""))) for row in rows if isinstance(row, dict)}
        self._records: dict[UUID, Any] = queryset.in_bulk([key for key in keys if key is not None])
        self._taken: set[UUID] = set()

    def take(self, row: Row) -> Any:
        """The record of a row.

        Raises:
            ValidationError: An earlier row names it, too.
            Http404: There is none, or the person may not see it.
        """
        if row.key in self._taken:
            raise ValidationError({"id": "Another row names the same record."})
        self._taken.add(row.key)
        record = self._records.get(row.key)
        if record is None:
            raise Http404
        return record
