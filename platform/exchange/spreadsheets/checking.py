"""Tries the rows of a spreadsheet through the services: what each would do, what is wrong with it, and the difference.

Rows are written for good only when all are right; a dry run writes them, too, and takes everything back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from django.db import transaction

from core.bulk import Row, Targets, WrongRows, write_all
from core.sheet_columns import IDENTITY, SheetColumn, columns_of
from exchange.models import SheetImport
from exchange.spreadsheets.kinds import KINDS, view_of

Does = Literal["new", "change", "same", "wrong"]
_NAMES = ("code", "name", "label", "title", "id")


@dataclass
class RowReport:
    """What a row does.

    Attributes:
        line: In the spreadsheet.
        does: Makes a record, changes one, changes nothing, or is wrong.
        label: What a person calls the record.
        changes: Column, what stands there today, what would stand there.
        errors: What is wrong, by column; `record` is the row as a whole.
        record: The record that was written, None in a row that is wrong or changes nothing.
        before: What the changed fields said before, as JSON that the same fields take.
    """

    line: int
    does: Does = "same"
    label: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)
    record: Any = None
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def sentences(self) -> list[str]:
        """What is wrong, each with the column it is about."""
        return [
            f"{'' if heading == 'record' else f'{heading}: '}{message}"
            for heading, messages in self.errors.items()
            for message in messages
        ]


@dataclass(frozen=True)
class Report:
    """What a spreadsheet does.

    Attributes:
        rows: In its order.
        ignored: Headings of columns that are not written.
    """

    rows: list[RowReport]
    ignored: list[str]

    def count(self, does: Does) -> int:
        """How many rows do this."""
        return sum(row.does == does for row in self.rows)

    @property
    def is_right(self) -> bool:
        """Whether it can be applied."""
        return not self.count("wrong")


class UnknownColumns(ValueError):
    """Headings that no field has; the message names near ones."""


def known_columns(
    kind: str, headings: Sequence[str], user: Any
) -> tuple[dict[str, tuple[SheetColumn, str]], list[str]]:
    """Column and unit of each heading, and the headings that are known but not written.

    A heading is a field's name or what a person calls it, with a unit where numbers stand below it: `amount (mg)`.

    Raises:
        UnknownColumns: A heading means nothing.
    """
    serializer = view_of(kind, user).get_serializer()
    columns = {column.name: column for column in columns_of(serializer)}
    by_label = {column.label.casefold(): column for column in columns.values()}
    found: dict[str, tuple[SheetColumn, str]] = {}
    ignored, unknown = [], []
    for heading in headings:
        name, unit = _without_unit(heading)
        column = columns.get(name) or columns.get(name.casefold().replace(" ", "_")) or by_label.get(name.casefold())
        if column is not None:
            found[heading] = (column, unit)
        elif name in serializer.fields or name.removesuffix("_id") in serializer.fields:
            ignored.append(heading)
        else:
            unknown.append(_near(heading, name, list(columns)))
    if unknown:
        raise UnknownColumns(f"{KINDS[kind].label.capitalize()} have no such column: {'; '.join(unknown)}.")
    return found, ignored


def check(sheet: SheetImport, user: Any) -> Report:
    """What applying it would do today. Nothing is stored.

    Raises:
        UnknownColumns: A heading means nothing.
    """
    with transaction.atomic():
        report = write_rows(sheet, user)
        transaction.set_rollback(True)
    return report


@transaction.atomic
def write_rows(sheet: SheetImport, user: Any) -> Report:
    """Writes all rows, or none where one is wrong; the report says which and why.

    Raises:
        UnknownColumns: A heading means nothing.
    """
    columns, ignored = known_columns(sheet.kind, sheet.columns, user)
    view = view_of(sheet.kind, user)
    reports = [RowReport(row["line"]) for row in sheet.rows]
    entries = [_Entry(report, row["cells"], columns) for report, row in zip(reports, sheet.rows, strict=True)]
    targets = Targets(view.get_queryset(), [entry.named() for entry in entries])
    takes_project = "project" in view.get_serializer().fields
    project = str(sheet.project_id) if sheet.project_id and takes_project else ""
    try:
        write_all(entries, lambda entry: entry.write(view, targets, project), view=view)
    except WrongRows as wrong:
        for row in wrong.rows:
            report = reports[row["row"]]
            report.does, report.record = "wrong", None
            report.errors = entries[row["row"]].at_headings(row.get("errors") or {"record": [row["detail"]]})
    return Report(reports, ignored)


@dataclass
class _Entry:
    """A row on its way to be written."""

    report: RowReport
    cells: Mapping[str, str]
    columns: Mapping[str, tuple[SheetColumn, str]]

    def named(self) -> dict[str, Any]:
        """Which record the row says it is."""
        return {column.name: self.cells[heading] for heading, (column, _) in self._given() if column.name in IDENTITY}

    def _given(self) -> list[tuple[str, tuple[SheetColumn, str]]]:
        return [(heading, known) for heading, known in self.columns.items() if heading in self.cells]

    def write(self, view: Any, targets: Targets, project: str) -> Any:
        """Makes or changes the record through the view; says in the report what that was."""
        identity = self.named()
        if identity.get("id"):
            self._change(view, targets, identity)
        else:
            self._make(view, project)
        return self.report.record

    def _make(self, view: Any, project: str) -> None:
        data = {
            column.name: column.value(_with_unit(self.cells[heading], unit))
            for heading, (column, unit) in self._given()
            if column.name not in IDENTITY and self.cells[heading] != ""
        }
        if project:
            data.setdefault("project", project)
        self.report.does = "new"
        self.report.label = next((str(data[name]) for name in _NAMES if data.get(name)), "")
        self.report.changes = [
            (heading, "", self.cells[heading])
            for heading, (column, _) in self._given()
            if column.name not in IDENTITY and self.cells[heading] != ""
        ]
        self.report.record = view._write_new(data)

    def _change(self, view: Any, targets: Targets, identity: dict[str, str]) -> None:
        version = identity.get("version", "")
        row = Row({"id": identity["id"], "version": int(version) if version.isascii() and version.isdigit() else None})
        record = targets.take(row)
        stored = view.get_serializer(record).data
        self.report.label = next((str(stored[name]) for name in _NAMES if stored.get(name)), "")
        data = {}
        for heading, (column, unit) in self._given():
            if column.name in IDENTITY:
                continue
            before, after = _plain(column.cell(stored)), self.cells[heading]
            if _with_unit(after, unit) != before and column.value(after) != before:
                data[column.name] = column.value(_with_unit(after, unit))
                self.report.changes.append((heading, before, after))
                self.report.before[column.name] = stored[column.name]
        if data:
            self.report.does = "change"
            self.report.record = view._write_change(record, row.version, data, partial=True)

    def at_headings(self, errors: dict[str, list[str]]) -> dict[str, list[str]]:
        """Errors by heading instead of by field."""
        headings = {column.name: heading for heading, (column, _) in self.columns.items()}
        return {headings.get(name.split(".")[0], name): messages for name, messages in errors.items()}


def _plain(cell: Any) -> str:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell).replace("\r\n", "\n").strip()


def _with_unit(cell: str, unit: str) -> str:
    """A plain number with the unit of its heading."""
    if not unit or not cell:
        return cell
    try:
        float(cell)
    except ValueError:
        return cell
    return f"{cell} {unit}"


def _without_unit(heading: str) -> tuple[str, str]:
    """Name and unit of `amount (mg)` or `amount / mg`."""
    if heading.endswith(")") and " (" in heading:
        name, _, unit = heading[:-1].rpartition(" (")
        return name.strip(), unit.strip()
    name, slash, unit = heading.partition(" / ")
    return (name.strip(), unit.strip()) if slash else (heading, "")


def _near(heading: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name.casefold(), known, n=2)
    return f"{heading} (did you mean {' or '.join(near)}?)" if near else heading
