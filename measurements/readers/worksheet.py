"""A worksheet as the texts that a person reads in it: what the sandbox runs for spreadsheets of records.

Office Open XML, OpenDocument and old Excel workbooks; those with macros are refused, formulas are never computed.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from measurements.readers.archives import ZIP_SIGNATURE
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.spreadsheets import TEXT, Workbook

_MACROS = re.compile(r"vbaproject|/macrosheets/|^(basic|scripts)/", re.IGNORECASE)
_OLD_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_LARGEST_WHOLE = 1e15


def lines(path: str, name: str, preferred: str) -> list[list[str]]:
    """Rows of cells, the headings first.

    Args:
        path: Where the workbook lies.
        name: What it is called.
        preferred: The sheet to read where there is one of this name; else the first.

    Raises:
        UnreadableFile: It is damaged, hostile, has macros, or is no workbook.
    """
    source = Source(Path(path), name)
    _refuse_macros(source)
    book = Workbook(source)
    sheet = preferred if preferred in book.sheet_names else book.sheet_names[0]
    top = book.top(sheet)
    width = max((len(line) for line in top), default=0)
    body = book.body(sheet, 1, [TEXT] * width)
    return [*top[:1], *([_as_text(cell) for cell in row] for row in body.rows())]


def _refuse_macros(source: Source) -> None:
    if source.head.startswith(ZIP_SIGNATURE):
        try:
            with zipfile.ZipFile(source.path) as archive:
                found = any(_MACROS.search(name) for name in archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UnreadableFile(f"the workbook is damaged ({error}); save it again") from error
    else:
        found = _OLD_MACROS in source.path.read_bytes()
    if found:
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
    return str(int(number)) if text.endswith(".0") and abs(number) < _LARGEST_WHOLE else text
