"""Delimited text: its encoding, its layout, and its values straight into float64.

The Battery Data Format reader and the mapped CSV reader share this; nothing here knows what a column means.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import mmap
import os
import re
import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from core.tables import Array
from measurements.readers.base import HEAD_BYTES, Source, UnreadableFile
from measurements.readers.records import unique_names

WHITESPACE = "whitespace"
DELIMITERS = (",", ";", "\t", "|", WHITESPACE)

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.IGNORECASE)
_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_CLOCK = r"^\s*(?:(\d+)[-\s.dD]\s*)?(\d+):(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)\s*$"
# A column that no file has: what it catches are fields beyond the last column.
_LONGEST_TEXT = 250
_OVERFLOW = "\0overflow"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Layout:
    """How a table lies in a text file.

    Attributes:
        encoding: Name of the encoding (`utf-8`, `utf-16`, `latin-1` ...).
        delimiter: One character, or `whitespace` for any run of blanks.
        decimal: `.` or `,`.
        header_row: Line of the column names, counted from 1; 0 where there are none.
        first_row: Line of the first values, counted from 1.
        columns: The column names, unique and never empty.
    """

    encoding: str
    delimiter: str
    decimal: str
    header_row: int
    first_row: int
    columns: tuple[str, ...]


def encoding_of(head: bytes) -> str | None:
    """The encoding of a text by its first bytes, or None where they are no text."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _utf16(head)
    if _control_characters(head) > 0.01:
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def head_lines(source: Source, encoding: str) -> list[str]:
    """The lines of the first 64 KiB; a last line cut in two is left out."""
    text = source.head.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    return lines[:-1] if source.size > len(source.head) or not lines[-1] else lines


def split(line: str, delimiter: str) -> list[str]:
    """Fields of one line, quotes honoured."""
    if delimiter == WHITESPACE:
        return line.split()
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return line.split(delimiter)


def decimal_comma(rows: Iterable[Sequence[str]]) -> bool:
    """Whether any field is a number with a decimal comma."""
    return any(_COMMA_NUMBER.fullmatch(field) for row in rows for field in row)


def propose(source: Source) -> Layout | None:
    """The layout that the head of the file suggests.

    The values are the longest run of lines with equally many, mostly numeric fields; None where no three such
    lines follow each other.
    """
    encoding = encoding_of(source.head)
    if encoding is None:
        return None
    lines = head_lines(source, encoding)
    runs = [(*_longest_run(lines, delimiter), delimiter) for delimiter in DELIMITERS]
    # Commas split `1,5;2,5` too, but into fewer numbers.
    length, start, delimiter = max(runs, key=lambda run: (run[0], _numeric_share(lines, run[1], run[2])))
    if length < 3:
        return None
    rows = [split(line, delimiter) for line in lines[start : start + min(length, 50)]]
    comma = delimiter != "," and decimal_comma(rows)
    header = _header_line(lines, start, delimiter, len(rows[0]))
    names = split(lines[header - 1], delimiter) if header else [""] * len(rows[0])
    names += [""] * (len(rows[0]) - len(names))
    return Layout(encoding, delimiter, "," if comma else ".", header, start + 1, unique_names(names))


def read_table(source: Source, layout: Layout, numbers: Collection[str]) -> tuple[pl.DataFrame, list[str]]:
    """The whole table: columns in `numbers` as float64 (null where there is no number), the others as text.

    Args:
        source: The file.
        layout: How it is laid out.
        numbers: Names of the columns to parse as numbers.

    Returns:
        The table (blank lines skipped), and sentences about fields that hold a text where a number is meant.

    Raises:
        UnreadableFile: The text cannot be decoded or parsed, or more than half of a column in `numbers` is no
            number.
    """
    in_place = layout.encoding in {"utf-8", "ascii"} and layout.delimiter != WHITESPACE and b"\n" in source.head
    text = source.path if in_place else _tidy(source, layout)
    frame = _parse(text, layout, numbers)
    if not _incomplete(frame, numbers):
        return frame, _too_long(frame)
    if in_place and _has_blank_lines(source):
        text = _tidy(source, layout)
        frame = _parse(text, layout, numbers)
    # The quick parser gives up on padded numbers, and blanks must be told from texts. So: once more, as texts.
    texts = _parse(text, layout, ())
    again = _incomplete(frame, numbers)
    # What is damaged may end a record for one parser and not for the other: then all is taken from the texts.
    if len(texts) != len(frame):
        frame, again = texts, list(numbers)
    found = []
    for name in again:
        values, complaints = numbers_of(texts[name], layout.decimal)
        found += complaints
        frame = frame.with_columns(values)
    return frame, found + _too_long(frame)


def numbers_of(texts: pl.Series, decimal: str) -> tuple[pl.Series, list[str]]:
    """Texts as float64, null where there is no number, and a sentence about fields that hold something else.

    Raises:
        UnreadableFile: More than half of the fields hold something else.
    """
    fields = texts.str.strip_chars()
    values = _as_numbers(fields, decimal)
    return values.alias(texts.name), _no_numbers(texts.name, fields, values)


def clock_seconds(texts: pl.Series) -> pl.Series:
    """Seconds of `hh:mm:ss`, hours beyond 24 and leading days (`1-02:03:04`) included; null where it is no clock."""
    plain = texts.str.replace(",", ".", literal=True)
    part = [plain.str.extract(_CLOCK, group).cast(pl.Float64, strict=False) for group in range(1, 5)]
    days, hours, minutes, seconds = part
    return days.fill_null(0) * 86400 + hours * 3600 + minutes * 60 + seconds


def number_array(series: pl.Series) -> Array:
    """Float64 values, NaN where a number is missing."""
    return series.fill_null(float("nan")).to_numpy().astype(np.float64, copy=False)


def raw_array(series: pl.Series, decimal: str) -> Array:
    """A column nobody has named: numbers where every field is one, else texts."""
    text = series.str.strip_chars()
    numbers = _as_numbers(text, decimal)
    blanks = int((text.is_null() | (text == "")).sum())
    if numbers.null_count() == blanks < len(series):
        return number_array(numbers)
    return text_array(text)


def text_array(series: pl.Series) -> Array:
    """Texts as NumPy has them, all as wide as the longest: a cell of a damaged file must not widen every row.

    Cells beyond 250 characters, more than any instrument writes, are cut and end in three dots.
    """
    text = series.cast(pl.String).fill_null("")
    if (text.str.len_chars().max() or 0) > _LONGEST_TEXT:  # type: ignore[operator]
        cut = text.str.slice(0, _LONGEST_TEXT) + "..."
        text = cut.zip_with(text.str.len_chars() > _LONGEST_TEXT, text)
    found: Array = text.to_numpy().astype(str)
    return found


def _too_long(frame: pl.DataFrame) -> list[str]:
    """Takes the overflow off the table and says how many records had more fields than there are columns.

    Raises:
        UnreadableFile: Most have, as where a comma is both delimiter and decimal sign.
    """
    long = frame.drop_in_place(_OVERFLOW).is_not_null().arg_true()
    if not len(long):
        return []
    found = f"{len(long)} of {len(frame)} rows have more fields than the {frame.width} columns, first row {long[0] + 1}"
    if 2 * len(long) > len(frame):
        raise UnreadableFile(f"{found}; is the decimal sign the delimiter too?")
    return [f"{found}; the surplus is left out"]


def _incomplete(frame: pl.DataFrame, names: Collection[str]) -> list[str]:
    return [name for name in names if frame[name].null_count()]


def _parse(text: Path | bytes, layout: Layout, numbers: Collection[str]) -> pl.DataFrame:
    """The table, one record a line.

    A stray quote sign would swallow the records after it, silently. So quotes count only where they leave as many
    records as there are lines; else they are part of the fields.
    """
    if not _count(text, b'"'):
        return _scan(text, layout, numbers, quote=None)
    with warnings.catch_warnings(record=True) as complaints, contextlib.suppress(UnreadableFile):
        warnings.simplefilter("always")
        frame = _scan(text, layout, numbers, quote='"')
        if not complaints and len(frame) == _lines(text) - layout.first_row + 1:
            return frame
    return _scan(text, layout, numbers, quote=None)


def _lines(text: Path | bytes) -> int:
    """How many lines there are, with a last one that no line feed ends."""
    if isinstance(text, bytes):
        return text.count(b"\n") + (not text.endswith(b"\n"))
    with text.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return _count(text, b"\n") + (file.read(1) != b"\n")


def _count(text: Path | bytes, byte: bytes) -> int:
    if isinstance(text, bytes):
        return text.count(byte)
    with text.open("rb") as file:
        return sum(block.count(byte) for block in iter(partial(file.read, 1 << 20), b""))


def _scan(text: Path | bytes, layout: Layout, numbers: Collection[str], *, quote: str | None) -> pl.DataFrame:
    schema = {name: pl.Float64 if name in numbers else pl.String for name in (*layout.columns, _OVERFLOW)}
    try:
        return pl.read_csv(
            text,
            has_header=False,
            skip_lines=layout.first_row - 1,
            schema=schema,
            separator="\t" if layout.delimiter == WHITESPACE else layout.delimiter,
            quote_char=quote,
            decimal_comma=layout.decimal == ",",
            encoding="utf8-lossy",
            ignore_errors=True,
            truncate_ragged_lines=True,
            missing_columns="insert",
            extra_columns="ignore",
            glob=False,
        )
    except pl.exceptions.NoDataError:
        return pl.DataFrame(schema=schema)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = " ".join(str(error).split())[:200]
        raise UnreadableFile(f"the text from line {layout.first_row} on is no table: {reason}") from error


def _has_blank_lines(source: Source) -> bool:
    with source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"\n\n") >= 0 or data.find(b"\n\r\n") >= 0


def _as_numbers(text: pl.Series, decimal: str) -> pl.Series:
    plain = text.str.replace(",", ".", literal=True) if decimal == "," else text
    return plain.cast(pl.Float64, strict=False)


def _no_numbers(name: str, text: pl.Series, values: pl.Series) -> list[str]:
    wrong = (values.is_null() & text.is_not_null() & (text != "")).arg_true()
    if not len(wrong):
        return []
    example = f"first {text[int(wrong[0])]!r} in row {int(wrong[0]) + 1}"
    if 2 * len(wrong) > len(values):
        raise UnreadableFile(
            f"column {name!r} should hold numbers, but {len(wrong)} of {len(values)} values are none, {example}"
        )
    found = f"column {name!r}: {len(wrong)} of {len(values)} values are no numbers ({example})"
    return [f"{found}; they count as missing"]


def _utf16(head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.8 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.8 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _control_characters(head: bytes) -> float:
    controls = sum(head.count(code) for code in range(32) if code not in b"\t\n\r\f")
    return controls / max(len(head), 1)


def _numeric_share(lines: Sequence[str], start: int, delimiter: str) -> float:
    fields = [field for field in split(lines[start], delimiter) if field] if start < len(lines) else []
    return sum(1 for field in fields if _NUMBER.fullmatch(field)) / max(len(fields), 1)


def _is_numeric(fields: Sequence[str]) -> bool:
    filled = [field for field in fields if field]
    numbers = sum(1 for field in filled if _NUMBER.fullmatch(field))
    return len(fields) >= 2 and numbers >= 2 and 2 * numbers >= len(filled)


def _longest_run(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    """Length and first index of the longest run of numeric lines with equally many fields."""
    best, start, width = (0, 0), 0, 0
    for index, line in enumerate(lines):
        fields = split(line, delimiter)
        if not _is_numeric(fields):
            width = 0
            continue
        if len(fields) != width:
            start, width = index, len(fields)
        best = max(best, (index - start + 1, start), key=lambda run: run[0])
    return best


def _header_line(lines: Sequence[str], start: int, delimiter: str, width: int) -> int:
    """Line number (from 1) of the column names above the first numeric line, 0 where there are none.

    Names may be followed by a line of units, so that the upper of such lines counts.
    """
    header = 0
    for index in range(start - 1, max(start - 4, -1), -1):
        fields = split(lines[index], delimiter)
        filled = [field for field in fields if field]
        named = len(filled) >= max(2, 0.6 * width) and not any(_NUMBER.fullmatch(field) for field in filled)
        if abs(len(fields) - width) <= 1 and named:
            header = index + 1
        elif header:
            break
    return header


def _tidy(source: Source, layout: Layout) -> bytes:
    """The whole text as UTF-8 with line feeds, blank lines left out and runs of blanks made one tab."""
    try:
        # Not final: a file that is still growing may end within a character.
        text = codecs.getincrementaldecoder(layout.encoding)().decode(source.path.read_bytes())
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableFile(f"the text is not {layout.encoding}: {error}") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rows = [line for line in lines[layout.first_row - 1 :] if line.strip()]
    if layout.delimiter == WHITESPACE:
        rows = ["\t".join(row.split()) for row in rows]
    return "\n".join([*lines[: layout.first_row - 1], *rows]).encode(errors="replace")
