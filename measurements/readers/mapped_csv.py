"""Any delimited text, once a person has named its columns and units.

Nothing is guessed: without a mapping the reader shows what it found and asks; layouts are proposed, meanings
never are.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, NeedsMapping, Reader, Reading, Source, UnreadableFile
from measurements.readers.bdf_terms import COLUMNS, CURRENT, TIME, VOLTAGE, Term, conversion, require
from measurements.readers.delimited import (
    WHITESPACE,
    Layout,
    clock_seconds,
    head_lines,
    number_array,
    propose,
    raw_array,
    read_table,
    split,
    text_array,
)
from measurements.readers.records import TECHNIQUES, in_unit, records, technique_of, unique_names
from measurements.readers.spectra import spectrum_of

SIGNS = {"charge-positive": 1.0, "discharge-positive": -1.0}
OPTIONS = (
    "columns", "current_sign", "delimiter", "decimal", "header_row", "first_row", "encoding", "technique"
)  # fmt: skip

CLOCK = "h:m:s"

_DELIMITER_NAMES = {
    "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|",
    "space": WHITESPACE, " ": WHITESPACE,
}  # fmt: skip
_ENTRY = re.compile(r"(?P<column>.*?)\s*(?:\[(?P<unit>[^\[\]]*)\])?", re.DOTALL)
_SAMPLE_ROWS = 10


class NeedsConfirmation(NeedsMapping):
    """A table whose columns a person must name, with the layout that its first lines suggest.

    Attributes:
        proposal: Options a person may confirm: `delimiter`, `decimal`, `header_row`, `first_row`, `encoding`.
    """

    def __init__(self, message: str, columns: list[str], sample: list[list[str]], proposal: Mapping[str, str]) -> None:
        super().__init__(message, columns, sample)
        self.proposal = dict(proposal)

    @property
    def details(self) -> dict[str, Any]:
        """The proposal as plain values."""
        return {**super().details, "layout": self.proposal}


@dataclass(frozen=True)
class Assignment:
    """One column of the file and what it means.

    Attributes:
        term: The column of the Battery Data Format it becomes.
        column: Its name in the file.
        unit: Its unit in the file; None where nobody stated one. A leading minus negates (`-ohm`), `h:m:s` is
            a clock, and a text with `%` is a date format.
    """

    term: Term
    column: str
    unit: str | None


def score(source: Source) -> Match:
    """A table of numbers in a text file; every format that knows its columns comes first."""
    layout = propose(source)
    if layout is None:
        return NO_MATCH
    return Match(
        0.2,
        f"a table of {len(layout.columns)} columns from line {layout.header_row or layout.first_row} on; "
        "a person must name the columns and units",
    )


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads delimited text by a mapping.

    Options: `columns` (`"voltage_volt=Ecell/V [V]; current_ampere=I [mA]; test_time_second=time [h]"`, or the
        same as JSON), `current_sign` (`charge-positive` or `discharge-positive`), and where the proposal is
        wrong `delimiter`, `decimal`, `header_row` (0: no names, columns are `column_1` ...), `first_row`,
        `encoding`; `technique` where it is not plain from the columns. Columns that are not mapped are kept
        as `raw__<name>`.

    Raises:
        NeedsConfirmation: No mapping is given, or the sign of the current is not stated.
        UnreadableFile: An option is wrong, a mapped column is not there, or the values are no numbers.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise UnreadableFile(f"unknown option {unknown[0]!r}; there are {', '.join(OPTIONS)}")
    layout, lines = _layout(source, options)
    if not options.get("columns", "").strip():
        raise _ask("the columns and units of this table must be named by a person, once", layout, lines)
    assignments = _assignments(options["columns"])
    _check(assignments, layout, options.get("technique", ""))
    sign = _sign(assignments, options, layout, lines)
    dated = [a.column for a in assignments.values() if a.unit and (a.unit == CLOCK or "%" in a.unit)]
    numbers = {a.column for a in assignments.values() if a.term.kind != "text" and a.column not in dated}
    frame, warnings = read_table(source, layout, numbers)
    columns: dict[str, Array] = {}
    for name, assignment in assignments.items():
        columns[name], found = _values(frame[assignment.column], assignment)
        warnings += found
    if CURRENT in columns:
        columns[CURRENT] = in_unit(columns[CURRENT], sign)
    mapped = {assignment.column for assignment in assignments.values()}
    raw = {name: raw_array(frame[name], layout.decimal) for name in layout.columns if name not in mapped}
    table, notes = records(columns, raw)
    metadata = _metadata(layout, lines, assignments, options)
    return Reading(
        (table, *spectrum_of(table)), technique_of(columns, options.get("technique")), metadata, tuple(warnings + notes)
    )


def _layout(source: Source, options: Mapping[str, str]) -> tuple[Layout, list[str]]:
    """The confirmed layout and the first lines; what is not stated is taken from the proposal."""
    proposed = propose(source) or Layout("utf-8", ",", ".", 1, 2, ())
    encoding = options.get("encoding", "").strip() or proposed.encoding
    try:
        lines = head_lines(source, encoding)
    except LookupError:
        raise UnreadableFile(f"option encoding: {encoding!r} is not known; utf-8, utf-16 and latin-1 are") from None
    delimiter = options.get("delimiter", "") or proposed.delimiter
    delimiter = _DELIMITER_NAMES.get(delimiter, delimiter)
    if delimiter != WHITESPACE and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'):
        raise UnreadableFile(f"option delimiter: {delimiter!r} is neither one character nor {WHITESPACE!r} or 'tab'")
    decimal = options.get("decimal", "") or proposed.decimal
    if decimal not in {".", ","} or decimal == delimiter:
        raise UnreadableFile(f"option decimal: {decimal!r} must be '.' or ',' and differ from the delimiter")
    header = _line_number(options, "header_row", proposed.header_row, len(lines), least=0)
    after = proposed.first_row if header == proposed.header_row else header + 1
    first = _line_number(options, "first_row", after, len(lines) + 1, least=header + 1)
    names = split(lines[header - 1], delimiter) if header and lines else []
    width = max((len(split(line, delimiter)) for line in lines[first - 1 : first + 49]), default=len(names))
    names += [""] * (width - len(names))
    return Layout(encoding, delimiter, decimal, header, first, unique_names(names)), lines


def _line_number(options: Mapping[str, str], name: str, default: int, most: int, *, least: int) -> int:
    text = options.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise UnreadableFile(f"option {name}: {text!r} is no line from {least} to {most}")
    return int(text)


def _ask(reason: str, layout: Layout, lines: list[str]) -> NeedsConfirmation:
    rows = [split(line, layout.delimiter) for line in lines[layout.first_row - 1 :][:_SAMPLE_ROWS]]
    proposal = {
        "delimiter": "tab" if layout.delimiter == "\t" else layout.delimiter,
        "decimal": layout.decimal,
        "header_row": str(layout.header_row),
        "first_row": str(layout.first_row),
        "encoding": layout.encoding,
    }
    message = f"{reason}; found in line {layout.header_row or layout.first_row}: {', '.join(layout.columns)}"
    return NeedsConfirmation(message, list(layout.columns), rows, proposal)


def _assignments(text: str) -> dict[str, Assignment]:
    """The option `columns`, as text or JSON, by machine name."""
    made: dict[str, Assignment] = {}
    for name, column, unit in _json_entries(text) if text.lstrip().startswith("{") else _text_entries(text):
        if name not in COLUMNS:
            close = difflib.get_close_matches(name, COLUMNS, n=3)
            hint = f"; is {' or '.join(close)} meant?" if close else f"; there are {', '.join(COLUMNS)}"
            raise UnreadableFile(f"option columns: {name!r} is no column of the Battery Data Format{hint}")
        if name in made:
            raise UnreadableFile(f"option columns: {name} is given twice")
        made[name] = Assignment(COLUMNS[name], column, unit)
    return made


def _text_entries(text: str) -> list[tuple[str, str, str | None]]:
    entries = []
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        name, equals, rest = part.partition("=")
        found = _ENTRY.fullmatch(rest.strip())
        if not equals or found is None or not found["column"]:
            raise UnreadableFile(f"option columns: {part!r} should read like 'voltage_volt=Ecell/V [V]'")
        entries.append((name.strip(), found["column"], found["unit"]))
    return entries


def _json_entries(text: str) -> list[tuple[str, str, str | None]]:
    form = '{"voltage_volt": {"column": "Ecell/V", "unit": "V"}}'
    try:
        given: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"option columns: no valid JSON ({error}); it should read like {form}") from None
    entries: list[tuple[str, str, str | None]] = []
    for name, value in given.items():
        unit = value.get("unit") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(value.get("column"), str) or not isinstance(unit, str | None):
            raise UnreadableFile(f"option columns: {name!r} should read like {form}")
        entries.append((name, value["column"], unit))
    return entries


def _check(assignments: Mapping[str, Assignment], layout: Layout, technique: str) -> None:
    """Refuses a mapping that does not fit the file or leaves a unit open."""
    if technique and technique not in TECHNIQUES:
        raise UnreadableFile(f"option technique: {technique!r} is not known; there are {', '.join(TECHNIQUES)}")
    for name, assignment in assignments.items():
        if assignment.column not in layout.columns:
            where = f"line {layout.header_row}" if layout.header_row else "the table"
            raise UnreadableFile(
                f"no column {assignment.column!r} for {name}; {where} has {', '.join(layout.columns) or 'no columns'}"
            )
        if assignment.unit is None and assignment.term.unit:
            raise UnreadableFile(
                f"option columns: the unit of {assignment.column!r} is not stated; write it in brackets"
            )
    names = {*assignments, CURRENT} if technique == "ocv" and {TIME, VOLTAGE} <= set(assignments) else assignments
    require(names, "a mapping of " + (", ".join(assignments) or "nothing"))


def _sign(assignments: Mapping[str, Assignment], options: Mapping[str, str], layout: Layout, lines: list[str]) -> float:
    """+1 where the file counts charge as positive, -1 where it counts discharge as positive."""
    stated = options.get("current_sign", "").strip()
    if CURRENT not in assignments:
        return 1.0
    if not stated:
        raise _ask(f"the sign of the current must be stated: current_sign is {' or '.join(SIGNS)}", layout, lines)
    if stated not in SIGNS:
        raise UnreadableFile(f"option current_sign: {stated!r} should be {' or '.join(SIGNS)}")
    if (assignments[CURRENT].unit or "").startswith("-"):
        raise UnreadableFile("option columns: the sign of the current belongs in current_sign, not in its unit")
    return SIGNS[stated]


def _values(series: pl.Series, assignment: Assignment) -> tuple[Array, list[str]]:
    """The values of one column in the unit of its term."""
    term, unit = assignment.term, (assignment.unit or "").strip()
    if term.kind == "text":
        return text_array(series), []
    if unit == CLOCK and term.unit == "s":
        return _unless_empty(clock_seconds(series), series, assignment), []
    if "%" in unit and term.name == "unix_time_second":
        seconds = _unless_empty(_dates(series, unit), series, assignment)
        zone = "" if "%z" in unit else f"{assignment.column!r} states no time zone; its dates are taken as UTC"
        return seconds, [zone] if zone else []
    factor, offset = conversion(term, unit.removeprefix("-"), assignment.column)
    return in_unit(number_array(series), -factor if unit.startswith("-") else factor, offset), []


def _dates(series: pl.Series, form: str) -> pl.Series:
    try:
        dates = series.str.strip_chars().str.to_datetime(form, time_unit="us", strict=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise UnreadableFile(f"the date format {form!r} cannot be used: {error}") from error
    return dates.dt.epoch("us").cast(pl.Float64) / 1e6


def _unless_empty(values: pl.Series, texts: pl.Series, assignment: Assignment) -> Array:
    if len(values) and values.null_count() == len(values):
        raise UnreadableFile(
            f"column {assignment.column!r} should hold {assignment.unit!r}, but not one value does; "
            f"the first is {texts[0]!r}"
        )
    return number_array(values)


def _metadata(
    layout: Layout, lines: list[str], assignments: Mapping[str, Assignment], options: Mapping[str, str]
) -> dict[str, object]:
    """What was confirmed, and the lines above the table as they are."""
    above = lines[: (layout.header_row or layout.first_row) - 1]
    return {
        "mapping": {name: {"column": a.column, "unit": a.unit or ""} for name, a in assignments.items()},
        "current_sign": options.get("current_sign", "not stated"),
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "decimal": layout.decimal,
        "header_row": layout.header_row,
        "preamble": [line.strip() for line in above[:200] if line.strip()],
    }


READER = Reader(
    name="mapped_csv",
    version="1",
    format="mapped-csv",
    label="Delimited text with columns named by a person (.csv, .txt)",
    extensions=(".csv", ".txt", ".tsv", ".dat"),
    techniques=TECHNIQUES,
    score=score,
    read=read,
)
