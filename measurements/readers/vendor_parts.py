"""The tables in an export, before their columns are named: a text's one table, a workbook's sheets of records.

The line of headings is the one that the vendor's vocabulary knows best, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from measurements.readers.base import Source, UnreadableFile
from measurements.readers.bdf_terms import TIME, VOLTAGE
from measurements.readers.delimited import (
    DELIMITERS,
    WHITESPACE,
    Layout,
    decimal_comma,
    encoding_of,
    head_lines,
    read_table,
    split,
)
from measurements.readers.records import unique_names
from measurements.readers.spreadsheets import NUMBER, SPAN, TEXT, Workbook
from measurements.readers.vendor_headings import Assigned, Vocabulary

LEAST_HITS = 3
MAX_LINES = 400
_TAIL = 1 << 16
_VALUE_BEGINS = "0123456789+-."
_UNIT_CELL = re.compile(r"[\[(][^\[\]()]*[\])]")

SplitHeader = Callable[[str, str], list[str]]


@dataclass(frozen=True)
class Part:
    """One table of an export.

    Attributes:
        name: Name of the sheet; empty for a text.
        headers: The headings, unique.
        assigned: What those that are known mean.
        frame: The cells, one column per heading: numbers or texts.
        decimal: Decimal sign of the texts.
        warnings: What was found on the way.
    """

    name: str
    headers: tuple[str, ...]
    assigned: dict[str, Assigned]
    frame: pl.DataFrame
    decimal: str
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TextPart:
    """Where the table of a text lies.

    Attributes:
        layout: Its layout.
        above: The rows above the headings.
        sample: The first rows of values.
        vocabulary: What its headings mean.
    """

    layout: Layout
    above: list[list[str]]
    sample: list[list[str]]
    vocabulary: Vocabulary

    def read(self, source: Source) -> Part:
        """The whole table.

        Raises:
            UnreadableFile: It is no table of the announced columns, or a unit is not known.
        """
        names = self.layout.columns
        assigned = _clocks_told(self.vocabulary.assign(names), names, self.sample)
        numbers = [name for name, meant in assigned.items() if meant.term.kind != "text" and not meant.clock]
        frame, warnings = read_table(source, self.layout, numbers)
        rows, cut = _cut_off(source, self.layout)
        return Part("", names, assigned, frame.head(len(frame) - rows), self.layout.decimal, warnings + cut)


def text_part(source: Source, vocabulary: Vocabulary, split_header: SplitHeader | None = None) -> TextPart | None:
    """Where the vendor's table lies in a text, None where no line has at least three of its headings."""
    best: tuple[int, int, str, str] | None = None
    for encoding in encodings_of(source.head):
        for number, line in enumerate(head_lines(source, encoding)[:MAX_LINES]):
            if not line or line[0] in _VALUE_BEGINS:
                continue
            for delimiter in DELIMITERS:
                if delimiter != WHITESPACE and delimiter not in line:
                    continue
                cells = split_header(line, "") if split_header and delimiter == WHITESPACE else split(line, delimiter)
                hits = vocabulary.hits(cells)
                if hits >= LEAST_HITS and (best is None or hits > best[0]):
                    best = hits, number, delimiter, encoding
    if best is None:
        return None
    _, number, delimiter, encoding = best
    lines = head_lines(source, encoding)
    after = lines[number + 1] if number + 1 < len(lines) else ""
    if split_header and delimiter == WHITESPACE:
        names = split_header(lines[number], after)
    else:
        names = split(lines[number], delimiter)
    units = _units_below(split(after, delimiter))
    if units:
        names = [f"{name} {unit}".strip() for name, unit in zip(names, units + [""] * len(names), strict=False)]
    first = number + (3 if units else 2)
    sample = [split(line, delimiter) for line in lines[first - 1 : first + 49] if line.strip()]
    decimal = "," if delimiter != "," and decimal_comma(sample) else "."
    layout = Layout(encoding, delimiter, decimal, number + 1, first, unique_names(names))
    above = [split(line, delimiter if delimiter != WHITESPACE else "\t") for line in lines[:number]]
    return TextPart(layout, above, sample, vocabulary)


def workbook_parts(source: Source, vocabulary: Vocabulary, ignored: str) -> tuple[list[Part], list[list[str]]]:
    """The sheets of a workbook that have the vendor's headings, and the first rows of all others.

    Args:
        source: The file.
        vocabulary: What its headings mean.
        ignored: Pattern of the names of sheets that hold no records, even where they have such headings.

    Raises:
        UnreadableFile: The workbook is damaged or hostile, or a unit is not known.
    """
    workbook = Workbook(source)
    parts: list[Part] = []
    aside: list[list[str]] = []
    for name in sorted(workbook.sheet_names, key=_natural):
        top = workbook.top(name)
        part = None if re.search(ignored, name, re.IGNORECASE) else _sheet_part(workbook, name, top, vocabulary)
        if part is None:
            aside += top
        else:
            parts.append(part)
    return parts, aside


def _sheet_part(workbook: Workbook, name: str, top: list[list[str]], vocabulary: Vocabulary) -> Part | None:
    hits = [vocabulary.hits(row) for row in top]
    row = max(range(len(top)), key=hits.__getitem__, default=0)
    if not top or hits[row] < LEAST_HITS:
        return None
    headers = unique_names(top[row])
    assigned = _clocks_told(vocabulary.assign(headers), headers, top[row + 1 :])
    if VOLTAGE not in {meant.term.name for meant in assigned.values()}:
        return None
    kinds = [_kind(assigned.get(header)) for header in headers]
    if len(top) > row + 1:
        frame = workbook.body(name, row + 1, kinds)
        frame = frame.rename(dict(zip(frame.columns, headers, strict=True)))
    else:
        frame = pl.DataFrame({header: pl.Series([], dtype=pl.Float64) for header in headers})
    return Part(name, headers, assigned, frame, ".")


def _kind(meant: Assigned | None) -> str:
    if meant is None or meant.term.kind == "text":
        return TEXT
    return SPAN if meant.clock else NUMBER


def _clocks_told(
    assigned: dict[str, Assigned], names: Sequence[str], sample: Sequence[Sequence[str]]
) -> dict[str, Assigned]:
    """A column of times is a clock where its first value is written so, whatever its heading says.

    Raises:
        UnreadableFile: The time of the test has neither a unit nor clocks.
    """
    told = {}
    for header, meant in assigned.items():
        place = names.index(header)
        cells = [row[place] for row in sample if len(row) > place and row[place]]
        is_clock = meant.term.unit == "s" and bool(cells) and ":" in cells[0]
        if is_clock and not meant.clock:
            told[header] = Assigned(meant.term, clock=True)
        elif meant.clock and cells and not is_clock:
            if meant.term.name == TIME:
                raise UnreadableFile(
                    f"column {header!r} states no unit, and {cells[0]!r} is no clock like 12:05:00; "
                    f"it should read like '{header}(s)'"
                )
        else:
            told[header] = meant
    return told


def encodings_of(head: bytes) -> list[str]:
    """Encodings to try: Chinese cyclers write GBK, which only its headings tell from Latin."""
    encoding = encoding_of(head)
    if encoding is None:
        return []
    return ["latin-1", "gb18030"] if encoding == "latin-1" else [encoding]


def _units_below(cells: Sequence[str]) -> list[str]:
    """A line of bracketed units below the headings, empty where there is none."""
    filled = [cell for cell in cells if cell]
    return list(cells) if filled and all(_UNIT_CELL.fullmatch(cell) for cell in filled) else []


def _cut_off(source: Source, layout: Layout) -> tuple[int, list[str]]:
    """Whether the last line is whole: how many rows to leave out (0 or 1), and what to say."""
    start = max(source.size - _TAIL, 0)
    with source.path.open("rb") as file:
        file.seek(start - start % 2)
        text = file.read().decode(layout.encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    *before, last = text.split("\n")
    whole = [line for line in before if line.strip()]
    if not last.strip() or not whole:
        return 0, []
    cells, usual = split(last, layout.delimiter), split(whole[-1], layout.delimiter)
    if len(cells) < len(usual):
        return 1, [f"truncated: the last line ends within column {len(cells)} of {len(usual)} and was left out"]
    if len(cells[-1]) < len(usual[-1]):
        return 0, ["the last line has no end: its last value may be cut off"]
    return 0, []


def _natural(name: str) -> list[tuple[int, str]]:
    """Key under which `Channel_1_10` comes after `Channel_1_2`."""
    return [(int(piece[:15]), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", name)]
