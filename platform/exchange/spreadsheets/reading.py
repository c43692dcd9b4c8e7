"""A spreadsheet as rows of texts: Office Open XML workbooks and CSV, from people one need not trust.

Archives are looked over before they are decoded (bombs, document types with entities, paths that lead out); workbooks
with macros are refused. Formulas are never computed: what counts is the value that was stored beside them.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.bulk import MAX_ROWS
from core.sheet_columns import SHEET
from measurements.readers.archives import ZIP_SIGNATURE
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.spreadsheets import OLE_SIGNATURE, TEXT, Workbook

MAX_BYTES: Final = 10 * 1024**2
MAX_COLUMNS: Final = 200
_LONGEST_CELL: Final = 10_000
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
        if source.head.startswith(ZIP_SIGNATURE):
            lines = _from_workbook(source)
        elif source.head.startswith(OLE_SIGNATURE):
            raise SheetRefused(f"{name} is a workbook of the old kind (.xls); save it as .xlsx or .csv.")
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
        raise SheetRefused(f"{name} is no workbook and no text in UTF-8; save it as .xlsx or as CSV UTF-8.") from error
    if "\0" in text:
        raise SheetRefused(f"{name} holds zero bytes, so it is no CSV file; save it as .xlsx or as CSV UTF-8.")
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


def _from_workbook(source: Source) -> list[list[str]]:
    try:
        _refuse_macros(source)
        book = Workbook(source)
        sheet = SHEET if SHEET in book.sheet_names else book.sheet_names[0]
        top = book.top(sheet)
        width = max((len(line) for line in top), default=0)
        frame = book.body(sheet, 1, [TEXT] * width)
    except UnreadableFile as error:
        raise SheetRefused(f"{source.name}: {error}") from error
    body = [[_as_text(cell) for cell in row] for row in frame.rows()]
    return [*top[:1], *body]


def _refuse_macros(source: Source) -> None:
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFile(f"the workbook is damaged ({error}); save it again") from error
    if any("vbaproject" in name.casefold() or "/macrosheets/" in name.casefold() for name in names):
        raise UnreadableFile("the workbook holds macros, which are refused; save it as .xlsx without them")


def _as_text(cell: object) -> str:
    """A cell as a person reads it: `12`, not `12.0`."""
    if cell is None:
        return ""
    text = str(cell).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if text.endswith(".0") and abs(number) < 1e15 else text


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
