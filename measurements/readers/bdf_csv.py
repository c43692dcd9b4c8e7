"""Battery Data Format as delimited text: columns by machine name or label, comments before the header.

The one text format that needs no mapping, because its headers say what and in which unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.bdf_terms import COLUMNS, SPECTRUM, TERMS, TIME_SERIES, meaning, understand
from measurements.readers.delimited import (
    Layout,
    decimal_comma,
    encoding_of,
    head_lines,
    number_array,
    raw_array,
    read_table,
    split,
    text_array,
)
from measurements.readers.records import in_unit, records, technique_of, unique_names
from measurements.readers.spectra import spectrum_of

_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class _Head:
    """What stands above the values."""

    layout: Layout
    metadata: Mapping[str, str | bool]
    hits: int
    complete: bool


def score(source: Source) -> Match:
    """Headers of the Battery Data Format; an incomplete set still matches, to be refused in words."""
    head = _head(source)
    if head is None or head.hits == 0:
        return NO_MATCH
    reason = f"{head.hits} of {len(head.layout.columns)} columns are named as in the Battery Data Format"
    if head.complete:
        return Match(0.95, f"{reason}, the required ones among them")
    return Match(0.6 if head.hits > 1 else 0.15, reason)


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads delimited text with Battery Data Format headers.

    Values are converted to the units of the format; headers it does not know are kept as `raw__<header>`.
    Lines `# key: value` before the header become metadata.

    Raises:
        UnreadableFile: A required column is missing, a unit is unknown, or the text is no table.
    """
    del options
    head = _head(source)
    if head is None:
        raise UnreadableFile("no header line was found; the first line after the comments should name the columns")
    meanings, warnings = understand(head.layout.columns)
    numbers = [header for header, meant in meanings.items() if meant.term.kind != "text"]
    frame, problems = read_table(source, head.layout, numbers)
    warnings += problems
    columns: dict[str, Array] = {}
    raw: dict[str, Array] = {}
    for header in head.layout.columns:
        series = frame.drop_in_place(header)
        meant = meanings.get(header)
        if meant is None:
            raw[header] = raw_array(series, head.layout.decimal)
        elif meant.term.kind == "text":
            columns[meant.term.name] = text_array(series)
        else:
            columns[meant.term.name] = in_unit(number_array(series), meant.factor, meant.offset)
    table, notes = records(columns, raw)
    technique = technique_of(columns, head.metadata.get("technique"))
    return Reading((table, *spectrum_of(table)), technique, head.metadata, tuple(warnings + notes))


def text_of(columns: Mapping[str, Array], metadata: Mapping[str, str], delimiter: str = ",") -> str:
    """The same table as Battery Data Format text, labels as headers and every digit kept.

    Args:
        columns: Values by machine name, in the unit of the name.
        metadata: Becomes the comment lines `# key: value`.
        delimiter: One character.
    """
    lines = [f"# {key}: {value}" for key, value in metadata.items()]
    lines.append(delimiter.join(COLUMNS[name].label if name in TERMS else name for name in columns))
    texts = [
        values.tolist() if values.dtype.kind != "f" else map(repr, values.astype(np.float64).tolist())
        for values in columns.values()
    ]
    lines += [delimiter.join(map(str, row)) for row in zip(*texts, strict=True)]
    return "\n".join(lines) + "\n"


def _head(source: Source) -> _Head | None:
    encoding = encoding_of(source.head)
    if encoding is None:
        return None
    lines = head_lines(source, encoding)
    comments: dict[str, str | bool] = {}
    for index, line in enumerate(lines):
        text = line.strip().removeprefix("\ufeff")
        if text.startswith("#"):
            key, colon, value = text.lstrip("# ").partition(":")
            if colon and key.strip():
                comments[key.strip()] = _plain(value.strip())
        elif text:
            return _header(lines, index, encoding, comments)
    return None


def _header(lines: list[str], index: int, encoding: str, comments: Mapping[str, str | bool]) -> _Head:
    counts = {delimiter: _hits(split(lines[index], delimiter)) for delimiter in _DELIMITERS}
    delimiter = max(counts, key=lambda key: counts[key])
    hits, complete = counts[delimiter]
    rows = [split(line, delimiter) for line in lines[index + 1 : index + 51]]
    decimal = "," if delimiter != "," and decimal_comma(rows) else "."
    names = unique_names(split(lines[index], delimiter))
    return _Head(Layout(encoding, delimiter, decimal, index + 1, index + 2, names), comments, hits, complete)


def _hits(headers: list[str]) -> tuple[int, bool]:
    """How many headers are columns of the format, and whether the required ones are among them."""
    found = set()
    for header in headers:
        try:
            meant = meaning(header)
        except UnreadableFile:
            found.add(header)
            continue
        if meant is not None:
            found.add(meant.term.name)
    return len(found), found.issuperset(TIME_SERIES) or found.issuperset(SPECTRUM)


def _plain(value: str) -> str | bool:
    return {"true": True, "false": False}.get(value.lower(), value)


READER = Reader(
    name="bdf_csv",
    version="1",
    format="bdf-csv",
    label="Battery Data Format, text (.csv)",
    extensions=(".bdf.csv", ".bdf", ".csv", ".txt"),
    techniques=("cycling", "eis", "ocv", "cv", "ca", "cp", "lsv", "mixed"),
    score=score,
    read=read,
)
