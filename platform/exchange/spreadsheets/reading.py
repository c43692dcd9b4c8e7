"""A spreadsheet as rows of texts: workbooks (.xlsx, .ods, .xls) and CSV, from people one need not trust.

Workbooks are decoded in the sandbox, archives after they were looked over (bombs, document types with entities, paths
that lead out); those with macros are refused. Formulas are never computed: what counts is the value stored beside them.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core import sandbox
from core.bulk import MAX_ROWS
from core.sheet_columns import SHEET
from measurements.readers.archives import ZIP_SIGNATURE
from measurements.readers.base import Source
from measurements.readers.spreadsheets import OLE_SIGNATURE

MAX_BYTES: Final = 10 * 1024**2
MAX_COLUMNS: Final = 200
_LONGEST_CELL: Final = 10_000
_LIMITS: Final = sandbox.Limits(seconds=60, memory=2 * 1024**3)
_FORMULA_STARTS: Final = ("'=", "'+", "'-", "'@")


class SheetRefused(ValueError):
    """A file that is no table of records; the message says what was found and what would be right."""


@dataclass(frozen=True)
class Sheet:
    """A table as it was typed.

    Attributes:
        columns: Headings, in order.
        rows: Line in the spreadsheet (headings stand in line 1) and cells by heading; blank lines are left out.
    """

    columns: list[str]
    rows: list[tuple[int, dict[str, str]]]


def read_sheet(name: str, chunks: Iterable[bytes]) -> Sheet:
    """The table in a file.

    Args:
        name: What the file is called, for messages.
        chunks: Its bytes.

    Raises:
        SheetRefused: It is too large, hostile, damaged, has macros, or holds no table.
    """
    with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
        path = Path(folder) / "sheet"
        _store(name, chunks, path)
        source = Source(path, name)
        if source.head.startswith((ZIP_SIGNATURE, OLE_SIGNATURE)):
            lines = _from_workbook(name, path)
        else:
            lines = read_text(name, path.read_bytes())
    return _as_sheet(name, lines)


def read_text(name: str, content: bytes) -> list[list[str]]:
    """Lines of cells of a CSV file, or of what was copied from a spreadsheet.

    Raises:
        SheetRefused: It is no text in UTF-8, or no CSV.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetRefused(
            f"{name} is no workbook and no text in UTF-8; save it as .xlsx, .ods or CSV UTF-8."
        ) from error
    if "\0" in text:
        raise SheetRefused(f"{name} holds zero bytes, so it is no CSV file; save it as .xlsx, .ods or CSV UTF-8.")
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error as error:
        raise SheetRefused(f"{name} is no CSV file: {error}.") from error


def _store(name: str, chunks: Iterable[bytes], path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                raise SheetRefused(f"{name} is larger than {MAX_BYTES // 1024**2} MB; split it into several files.")
            file.write(chunk)
    if size == 0:
        raise SheetRefused(f"{name} is empty.")


def _from_workbook(name: str, path: Path) -> list[list[str]]:
    """Rows of texts, decoded where a hostile workbook can do no harm."""
    asked = {"path": str(path), "name": name, "preferred": SHEET}
    try:
        found: list[list[str]] = sandbox.call("measurements.readers.worksheet:lines", asked, _LIMITS)
    except sandbox.RemoteError as error:
        if "UnreadableFile" not in error.kinds:
            raise
        raise SheetRefused(f"{name}: {error}") from error
    except sandbox.SandboxError as error:
        raise SheetRefused(f"{name} is damaged, or hostile: {error}") from error
    return found


def _as_sheet(name: str, lines: list[list[str]]) -> Sheet:
    columns = [heading.strip() for heading in lines[0]] if lines else []
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise SheetRefused(f"{name}: the first line must hold the headings of the columns, and it is empty.")
    if len(columns) > MAX_COLUMNS:
        raise SheetRefused(f"{name} has {len(columns)} columns; a list of records has fewer than {MAX_COLUMNS}.")
    twice = sorted({heading for heading in columns if heading and columns.count(heading) > 1})
    if twice:
        raise SheetRefused(f"{name}: the heading {twice[0]} stands over two columns; leave one of them out.")
    rows = []
    for line, cells in enumerate(lines[1:], start=2):
        texts = [_checked(name, line, cell) for cell in cells[: len(columns)]]
        if any(texts):
            rows.append((line, {heading: text for heading, text in zip(columns, texts, strict=False) if heading}))
    if not rows:
        raise SheetRefused(f"{name} has headings, but no rows.")
    if len(rows) > MAX_ROWS:
        raise SheetRefused(f"{name} has {len(rows)} rows; at most {MAX_ROWS} are imported at once. Split it.")
    return Sheet([heading for heading in columns if heading], rows)


def _checked(name: str, line: int, cell: str) -> str:
    text = cell.replace("\r\n", "\n").strip()
    if len(text) > _LONGEST_CELL:
        raise SheetRefused(f"{name}: a cell in line {line} holds more than {_LONGEST_CELL} signs.")
    if "\0" in text:
        raise SheetRefused(f"{name}: a cell in line {line} holds a zero byte.")
    return text[1:] if text.startswith(_FORMULA_STARTS) else text
