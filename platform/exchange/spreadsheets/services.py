"""Every write of an import: bringing a spreadsheet, mending cells, applying all of it or nothing, undoing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import writing
from accounts.models import Project
from core import records
from core.audit import acting
from exchange.models import SheetImport
from exchange.spreadsheets.checking import Report, known_columns, write_rows
from exchange.spreadsheets.kinds import view_of
from exchange.spreadsheets.reading import read_sheet

_SHOWN = 5


class WrongSheet(ValueError):
    """A spreadsheet that cannot be applied as it stands; the report names each row that is wrong."""

    def __init__(self, report: Report) -> None:
        wrong = [row for row in report.rows if row.does == "wrong"]
        lines = [f"line {row.line}: {' '.join(row.sentences)}" for row in wrong[:_SHOWN]]
        more = f" And {len(wrong) - _SHOWN} more." if len(wrong) > _SHOWN else ""
        super().__init__(
            f"{len(wrong)} of {len(report.rows)} rows are wrong, so nothing was written. {' '.join(lines)}{more}"
        )
        self.report = report


def bring_sheet(
    *, actor: Any, kind: str, name: str, chunks: Iterable[bytes], project: Project | None = None
) -> SheetImport:
    """Keeps a spreadsheet for its dry run. No record is written.

    Raises:
        PermissionDenied: The person edits in no project.
        SheetRefused: The file is hostile, damaged or no table.
        UnknownColumns: A heading means nothing.
    """
    sheet = read_sheet(name, chunks)
    known_columns(kind, sheet.columns, actor)
    rows = [{"line": line, "cells": cells} for line, cells in sheet.rows]
    made = SheetImport(kind=kind, name=name[-255:], project=project, columns=sheet.columns, rows=rows)
    return writing.create(made, actor=actor)


@transaction.atomic
def mend_sheet(sheet: SheetImport, *, actor: Any, cells: Mapping[tuple[int, str], str]) -> SheetImport:
    """Puts other texts into cells, by line and heading.

    Raises:
        ValidationError: It is applied already, or there is no such cell.
    """
    stored = _locked(sheet)
    _require_state(stored, SheetImport.State.OPEN)
    rows = {row["line"]: row for row in stored.rows}
    for (line, heading), text in cells.items():
        if line not in rows or heading not in stored.columns:
            raise ValidationError({"cells": f"There is no cell in line {line} below {heading[:60]}."})
        rows[line]["cells"][heading] = text.replace("\0", "").replace("\r\n", "\n").strip()[:10_000]
    return records.change(stored, actor=actor, rows=stored.rows)


@transaction.atomic
def apply_sheet(sheet: SheetImport, *, actor: Any) -> SheetImport:
    """Writes all rows through the services of their kind, or none.

    Raises:
        ValidationError: It is applied already.
        WrongSheet: A row is wrong, or its record was changed since the spreadsheet was made.
        UnknownColumns: A heading means nothing.
    """
    stored = _locked(sheet)
    _require_state(stored, SheetImport.State.OPEN)
    with acting(reason=f"Import of {stored.name}"):
        report = write_rows(stored, actor)
    if not report.is_right:
        raise WrongSheet(report)
    done = [row for row in report.rows if row.record is not None]
    now = view_of(stored.kind, actor).get_queryset().in_bulk([row.record.pk for row in done])
    written = [
        {
            "id": str(row.record.pk),
            "label": str(now[row.record.pk]),
            "line": row.line,
            "new": row.does == "new",
            "version": now[row.record.pk].version,
            "before": row.before,
        }
        for row in done
    ]
    return records.change(stored, actor=actor, state=SheetImport.State.APPLIED, written=written)


@transaction.atomic
def undo_sheet(sheet: SheetImport, *, actor: Any) -> SheetImport:
    """Takes an import back by new changes.

    Fields say again what they said; new records are deleted or, where others rest on them, withdrawn.

    Raises:
        ValidationError: It is not applied, or records were changed since; they are named, and nothing is undone.
        PermissionDenied: The person may no longer write one of them.
    """
    stored = _locked(sheet)
    _require_state(stored, SheetImport.State.APPLIED)
    reason = f"Import of {stored.name} undone"
    view = view_of(stored.kind, actor)
    found = view.get_queryset().in_bulk([UUID(entry["id"]) for entry in stored.written])
    _require_untouched(stored, found)
    with acting(reason=reason):
        for entry in reversed(stored.written):
            record = found[UUID(entry["id"])]
            if entry["new"]:
                writing.remove(record, actor=actor, reason=reason, expected_version=entry["version"])
            else:
                view._write_change(record, entry["version"], entry["before"], partial=True)
    return records.change(stored, actor=actor, state=SheetImport.State.UNDONE)


def _require_untouched(sheet: SheetImport, found: Mapping[UUID, Any]) -> None:
    touched = [
        entry["label"]
        for entry in sheet.written
        if UUID(entry["id"]) not in found or found[UUID(entry["id"])].version != entry["version"]
    ]
    if touched:
        names = ", ".join(touched[:_SHOWN]) + (f" and {len(touched) - _SHOWN} more" if len(touched) > _SHOWN else "")
        raise ValidationError(f"Changed since the import, so nothing was undone: {names}. Undo those by their history.")


def _locked(sheet: SheetImport) -> SheetImport:
    stored: SheetImport = SheetImport.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    return stored


def _require_state(sheet: SheetImport, state: str) -> None:
    if sheet.state != state:
        wanted = SheetImport.State(state).label
        raise ValidationError(f"This spreadsheet is {sheet.get_state_display()}, not {wanted}.")


__all__ = ["WrongSheet", "apply_sheet", "bring_sheet", "mend_sheet", "undo_sheet"]
