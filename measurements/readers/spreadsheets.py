"""Workbooks (`.xlsx`, `.xls`, `.ods`): what is in them, and one sheet as exact numbers and texts.

An archive is looked over before the library fastexcel sees it: bombs, document types with entities and cells
far outside the table are refused. Old files cannot be looked over, and OpenDocument repeats a cell by a number: a
process of its own decodes both.
"""

from __future__ import annotations

import html
import json
import re
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import fastexcel
import polars as pl

from measurements.readers.archives import ZIP_SIGNATURE, examine
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.delimited import clock_seconds
from measurements.readers.programs import Limits, run_limited
from measurements.readers.spreadsheet_worker import KINDS

Made = TypeVar("Made")
_Kind = Literal["float", "string", "duration"]

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NUMBER, TEXT, SPAN = "number", "text", "span"

MAX_SHEETS = 200
MAX_COLUMNS = 1_000
TOP_ROWS = 60
# Cells beyond those that hold something; the library lays out the whole rectangle.
SPARE_CELLS = 4_000_000
_PEEK = 256 * 1024
_PEEK_SHEETS = 12
_BLOCK = 1 << 20
# Address space of the process for old workbooks: the libraries reserve a third of it before they begin.
_APART_MEMORY = 1536 * 1024**2
_OVERLAP = 64

_STRINGS = "xl/sharedStrings.xml"
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_XML_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)</")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)([0-9]+)["']""")
_PRINTABLE = re.compile(r"[\x20-\x7e\xa0-\xff\u4e00-\u9fff\u2103]{1,200}")


def is_workbook(source: Source) -> bool:
    """Whether the file is an Office Open XML workbook or an old Office file, by its first bytes."""
    if source.head.startswith(OLE_SIGNATURE):
        return True
    if not source.head.startswith(ZIP_SIGNATURE):
        return False
    try:
        with zipfile.ZipFile(source.path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return b"xl/workbook.xml" in source.head or b"xl/worksheets" in source.head


def texts_in(source: Source) -> list[str]:
    """The texts near the beginning of a workbook, headings among them: enough to recognise whose it is."""
    if source.head.startswith(OLE_SIGNATURE):
        wide = (source.head[start:].decode("utf-16-le", "ignore") for start in (0, 1))
        return [text for form in (source.head.decode("latin-1"), *wide) for text in _PRINTABLE.findall(form)]
    try:
        with zipfile.ZipFile(source.path) as archive:
            sheets = [name for name in archive.namelist() if _SHEET.fullmatch(name)]
            names = [name for name in (_STRINGS, *sheets[:_PEEK_SHEETS]) if name in archive.namelist()]
            parts = [archive.open(name).read(_PEEK) for name in names]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        return []
    found = (text.decode("utf-8", "replace") for part in parts for text in _XML_TEXT.findall(part))
    return [html.unescape(text) for text in found]


class Workbook:
    """A workbook opened for reading.

    Raises:
        UnreadableFile: It is damaged, cut off, encrypted, a bomb, or no workbook.
    """

    def __init__(self, source: Source) -> None:
        self._sheets: _Sheets
        archive = source.head.startswith(ZIP_SIGNATURE)
        if archive:
            _look_over(source)
        if archive and is_workbook(source):
            self._sheets = _Decoded(source)
        else:
            self._sheets = _DecodedApart(source)

    @cached_property
    def sheet_names(self) -> list[str]:
        """Names of the sheets, in the workbook's order."""
        names = self._sheets.names
        if len(names) > MAX_SHEETS:
            raise UnreadableFile(f"the workbook has {len(names)} sheets; exports have fewer than {MAX_SHEETS}")
        return names

    def top(self, name: str) -> list[list[str]]:
        """The first rows of a sheet as texts, blank cells as empty ones."""
        frame = self._load(name, 0, TOP_ROWS, "string")
        return [["" if cell is None else str(cell).strip() for cell in row] for row in frame.rows()]

    def body(self, name: str, first_row: int, kinds: Sequence[str]) -> pl.DataFrame:
        """The rows of a sheet from `first_row` (counted from 0) on, one column per kind.

        Args:
            name: Name of the sheet.
            first_row: First row of values.
            kinds: NUMBER or SPAN (seconds) for float64, null where a cell holds none; TEXT for either, whichever
                the cells hold. Cells that are no numbers in a NUMBER column make that column a text column.
        """
        floats = self._load(name, first_row, None, "float")
        width = min(len(kinds), floats.width)
        names = floats.columns[:width]
        wanted = dict(zip(names, kinds, strict=False))
        frame = floats.select(names)
        open_ended = [column for column in names if frame[column].null_count()]
        if not open_ended:
            return _padded(frame, kinds)
        texts = self._load(name, first_row, None, "string")
        spans = self._load(name, first_row, None, "duration") if SPAN in wanted.values() else None
        made = []
        for column in names:
            values, text = frame[column], texts[column]
            if column not in open_ended or values.null_count() == text.null_count():
                made.append(values)
            elif wanted[column] == SPAN and spans is not None:
                made.append(_seconds(values, spans[column], text))
            else:
                made.append(_either(values, text))
        return _padded(pl.DataFrame(made), kinds)

    def _load(self, name: str, skip: int, rows: int | None, kind: _Kind) -> pl.DataFrame:
        sheet = self._sheets.load(name, skip, rows, kind)
        if sheet.width > MAX_COLUMNS:
            raise UnreadableFile(f"sheet {name!r} has {sheet.width} columns; exports have fewer than {MAX_COLUMNS}")
        return sheet


class _Sheets(Protocol):
    """Sheets as the library decodes them."""

    names: list[str]

    def load(self, name: str, skip: int, rows: int | None, kind: _Kind) -> pl.DataFrame:
        """Rows of one sheet, every cell as that kind, null where it is none."""


class _Decoded:
    """An Office Open XML workbook, which was looked over before."""

    def __init__(self, source: Source) -> None:
        self._reader = _guarded(lambda: fastexcel.read_excel(source.path.read_bytes()))
        self.names = self._reader.sheet_names

    def load(self, name: str, skip: int, rows: int | None, kind: _Kind) -> pl.DataFrame:
        load = self._reader.load_sheet
        return _guarded(lambda: load(name, header_row=None, skip_rows=skip, n_rows=rows, dtypes=kind).to_polars())


class _DecodedApart:
    """An old or OpenDocument workbook, decoded by a process with its share of memory and time."""

    def __init__(self, source: Source) -> None:
        limits = Limits(
            memory=_APART_MEMORY + 40 * source.size,
            seconds=60 + source.size // 1024**2,
            output=64 * 1024**2 + 20 * source.size,
        )
        worker = Path(__file__).with_name("spreadsheet_worker.py")
        with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
            answer = Path(folder) / "names.json"
            ended = run_limited([sys.executable, "-I", worker, source.path.resolve(), folder], answer, limits)
            if not ended.sound:
                raise UnreadableFile(
                    "the workbook is damaged, or hostile: it could not be decoded "
                    f"({ended.reason[-200:]}); save it as .xlsx or export it from the cycler again"
                )
            self.names: list[str] = json.loads(answer.read_text())
            self._frames = {
                (name, kind): pl.read_parquet(Path(folder) / f"{number}-{kind}.parquet", memory_map=False)
                for number, name in enumerate(self.names)
                for kind in KINDS
            }

    def load(self, name: str, skip: int, rows: int | None, kind: _Kind) -> pl.DataFrame:
        return self._frames[name, kind].slice(skip, rows)


def _seconds(values: pl.Series, spans: pl.Series, texts: pl.Series) -> pl.Series:
    """Seconds of a column of clocks: numbers as they are, cells of time by their span, texts as clocks."""
    known = values.fill_null(spans.dt.total_milliseconds().cast(pl.Float64) / 1000)
    return known.fill_null(clock_seconds(texts))


def _either(values: pl.Series, texts: pl.Series) -> pl.Series:
    """Cells as texts, the numbers among them with all their digits, which the library's texts lack."""
    return values.cast(pl.String).fill_null(texts)


def _padded(frame: pl.DataFrame, kinds: Sequence[str]) -> pl.DataFrame:
    """Blank columns for those the sheet has not got at all."""
    missing = [pl.Series(f"missing {n}", [None] * frame.height, pl.Float64) for n in range(frame.width, len(kinds))]
    return frame.with_columns(missing)


def _guarded(call: Callable[[], Made]) -> Made:
    """A call of the library; whatever ends it becomes a refusal.

    Raises:
        UnreadableFile: The library gave up, or met something it did not foresee.
    """
    try:
        return call()
    except fastexcel.FastExcelError as error:
        reason = str(error).split("\n", 1)[0]
    except (ValueError, OSError, OverflowError) as error:
        reason = str(error)
    except BaseException as error:
        # A panic of the library is no Exception; anything else of that kind is not ours to stop.
        if type(error).__name__ != "PanicException":
            raise
        reason = str(error)
    raise UnreadableFile(f"the workbook is damaged or cut off ({reason}); export it from the cycler again")


def _look_over(source: Source) -> None:
    try:
        with zipfile.ZipFile(source.path) as archive:
            examine(archive, "a workbook")
            for name in archive.namelist():
                if name.endswith((".xml", ".rels")):
                    _look_over_member(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile(
            f"the workbook is damaged or cut off ({error}); export it from the cycler again"
        ) from error


def _look_over_member(archive: zipfile.ZipFile, name: str) -> None:
    """Refuses entities, and cells that would stretch the table far beyond what it holds."""
    sheet = _SHEET.fullmatch(name) is not None
    columns: set[bytes] = set()
    last_row = cells = 0
    tail = b""
    with archive.open(name) as member:
        for block in iter(lambda: member.read(_BLOCK), b""):
            seen = tail + block
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen or b"\0" in seen:
                raise UnreadableFile(f"member {name!r} declares a document type or is no UTF-8; it is refused")
            if sheet:
                found = _REFERENCE.findall(seen)
                cells += len(found)
                columns.update({letters for letters, _ in found})
                last_row = max(last_row, max((int(digits[:9]) for _, digits in found), default=0))
            tail = seen[-_OVERLAP:]
    width = max((_column_number(letters) for letters in columns), default=0)
    if width * last_row > 2 * cells + SPARE_CELLS:
        raise UnreadableFile(
            f"sheet {name!r} holds {cells} cells but spans {last_row} rows and {width} columns; it is refused"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number
