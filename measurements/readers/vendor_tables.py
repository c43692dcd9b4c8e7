"""From a cycler's export, text or workbook, to named columns: what all vendors' readers do alike.

A vendor's module says what its headings mean and how it is told from others (`Vendor`); here the table is
found, its parts are joined in order, and signs, steps and dates are made the same for all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, Reading, Source, UnreadableFile
from measurements.readers.bdf_terms import CURRENT, TIME, TIME_SERIES, VOLTAGE, require
from measurements.readers.delimited import clock_seconds, number_array, numbers_of, raw_array, text_array
from measurements.readers.records import in_unit, records, technique_of
from measurements.readers.spreadsheets import is_workbook, texts_in
from measurements.readers.vendor_headings import Assigned, Vocabulary, label_and_unit, plain
from measurements.readers.vendor_parts import Part, encodings_of, text_part, workbook_parts

COMPLETE, INCOMPLETE = 0.9, 0.6


@dataclass(frozen=True)
class Vendor:
    """What is peculiar to one maker's exports.

    Attributes:
        instrument: The maker, for metadata and messages.
        vocabulary: What its headings mean.
        marks: Headings, or their labels, that no other maker writes so; `least` of them identify the export.
        least: How many marks must be there.
        sums_step_times: An export may lack the time of the test; it is then put together from step times and dates.
        dates: Labels of the column of dates.
        date_formats: How its dates may be written, most likely first.
        discharging: Pattern of the step types in which current flows out of the cell, where currents have no sign.
        ignored_sheets: Pattern of the names of sheets that hold no records.
        split_header: Names in a line of headings between blanks, given that line and the next; None: at each blank.
    """

    instrument: str
    vocabulary: Vocabulary
    marks: tuple[str, ...]
    least: int = 2
    sums_step_times: bool = False
    dates: tuple[str, ...] = ()
    date_formats: tuple[str, ...] = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")
    discharging: str = ""
    ignored_sheets: str = r"(?!)"
    split_header: Callable[[str, str], list[str]] | None = None


@dataclass(frozen=True)
class Export:
    """An export read: named columns, native ones, and what was found on the way.

    Attributes:
        columns: Values by Battery Data Format name, in its unit.
        raw: The file's own columns that have no such name, by heading.
        headers: The headings, as they are.
        sheets: Names of the sheets that were joined; empty for a text.
        aside: Rows outside the table, cell by cell: above it, and of other sheets.
        warnings: What a person should know.
        metadata: What is known without the vendor's module: instrument, `started_at` where a date says so.
    """

    columns: dict[str, Array]
    raw: dict[str, Array]
    headers: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    aside: list[list[str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


def score(source: Source, vendor: Vendor) -> Match:
    """How well a file fits a vendor: its own headings, and the required columns among them."""
    if is_workbook(source):
        headers = texts_in(source)
        where = "the workbook"
    else:
        part = text_part(source, vendor.vocabulary, vendor.split_header) if _mentions(source, vendor) else None
        headers = list(part.layout.columns) if part else []
        where = f"line {part.layout.header_row}" if part else ""
    found = _marks_in(headers, vendor)
    if found < vendor.least:
        return NO_MATCH
    reason = f"{where} has {found} headings as {vendor.instrument} writes them"
    try:
        terms = {meant.term.name for meant in vendor.vocabulary.assign(headers).values()}
    except UnreadableFile as problem:
        return Match(INCOMPLETE, f"{reason}, but {problem}")
    if terms.issuperset(_needed(vendor, terms)):
        return Match(COMPLETE, reason)
    return Match(INCOMPLETE, f"{reason}, but not all that are needed")


def read(source: Source, vendor: Vendor) -> Export:
    """Reads an export.

    Args:
        source: The file.
        vendor: Whose export it is.

    Raises:
        UnreadableFile: The file is damaged, no table with the vendor's headings is in it, or time, voltage or
            current is missing or in an unknown unit; the message says what was found.
    """
    if is_workbook(source):
        parts, aside = workbook_parts(source, vendor.vocabulary, vendor.ignored_sheets)
    else:
        found = text_part(source, vendor.vocabulary, vendor.split_header)
        parts, aside = ([found.read(source)], found.above) if found else ([], [])
    if not parts:
        raise UnreadableFile(f"no table with headings as {vendor.instrument} writes them was found")
    return replace(export_of(parts, vendor), aside=aside)


def export_of(parts: list[Part], vendor: Vendor) -> Export:
    """The parts of one export as columns: joined, with the signs, steps and times that the vendor leaves out.

    Raises:
        UnreadableFile: A required column is missing, or the parts are tables of different columns.
    """
    for part in parts:
        terms = {meant.term.name for meant in part.assigned.values()}
        if not terms.issuperset(_needed(vendor, terms)):
            require(terms, ", ".join(part.headers))
    export = _joined([_columns_of(part) for part in parts], parts)
    sheets = tuple(part.name for part in parts if part.name)
    export = replace(export, headers=parts[0].headers, sheets=sheets)
    # Repeated headings, remarks, blank ends.
    known = [export.columns[name] for name in (*TIME_SERIES, "step_time_second") if name in export.columns]
    keep(export, ~np.logical_and.reduce([np.isnan(values) for values in known]), "rows that hold no record")
    _count_steps(export)
    if TIME not in export.columns:
        if "step_time_second" not in export.columns:  # it was there, and all blank
            require(export.columns, ", ".join(parts[0].headers))
        _sum_step_times(export, vendor)
    _give_sign(export, vendor)
    _date(export, vendor)
    return export


def reading(export: Export, metadata: Mapping[str, Any]) -> Reading:
    """The export as a Reading; metadata of the vendor's module win over what the columns say."""
    table, notes = records(export.columns, export.raw)
    if not len(table):
        export.warnings.append("the export holds no records yet")
    return Reading(
        (table,), technique_of(export.columns), {**export.metadata, **metadata}, tuple(export.warnings + notes)
    )


def pairs_in(rows: Iterable[Sequence[str]]) -> dict[str, str]:
    """`key: value` and `key, value` lines above a table; the last of equal keys counts."""
    found = {}
    for row in rows:
        cells = [cell for cell in row if cell]
        key, colon, value = cells[0].partition(":") if cells else ("", "", "")
        if colon and value.strip():
            found[key.strip()] = value.strip()
        elif len(cells) > 1:
            found[cells[0].rstrip(": ").strip()] = cells[1]
    return found


def moment(text: str, formats: Iterable[str]) -> str | None:
    """A date as ISO 8601 without zone; None where it has none of the formats, or day and month may be either."""
    for form in formats:
        try:
            found = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - cyclers state no zone
        except ValueError:
            continue
        if form.startswith("%m/%d") and found.day <= 12 and found.day != found.month:
            return None
        return found.isoformat(timespec="milliseconds" if found.microsecond else "seconds")
    return None


def keep(export: Export, held: Array, lost: str) -> None:
    """Leaves rows out of an export, and says which (`rows without time`)."""
    count = int(np.count_nonzero(~held))
    if not count:
        return
    for columns in (export.columns, export.raw):
        for name in columns:
            columns[name] = columns[name][held]
    export.warnings.append(f"{count} {lost} are left out")


def _needed(vendor: Vendor, terms: set[str]) -> set[str]:
    if vendor.sums_step_times and "step_time_second" in terms and TIME not in terms:
        return {VOLTAGE, CURRENT}
    return set(TIME_SERIES)


def _squashed(text: str) -> str:
    return re.sub(r"[\s_.]+", "", text.casefold())


def _mentions(source: Source, vendor: Vendor) -> bool:
    """Whether enough of a vendor's marks occur anywhere in the head: a look before the search for a table."""
    for encoding in encodings_of(source.head):
        text = _squashed(source.head.decode(encoding, "replace"))
        if sum(1 for mark in vendor.marks if _squashed(mark) in text) >= vendor.least:
            return True
    return False


def _marks_in(headers: Iterable[str], vendor: Vendor) -> int:
    labels = {_squashed(text) for header in headers for text in (header, label_and_unit(header)[0])}
    return sum(1 for mark in vendor.marks if _squashed(mark) in labels)


def _columns_of(part: Part) -> Export:
    columns: dict[str, Array] = {}
    raw: dict[str, Array] = {}
    warnings = list(part.warnings)
    for name in part.headers:
        series, meant = part.frame[name], part.assigned.get(name)
        if meant is None:
            raw[name] = _as_found(series, part.decimal)
        elif meant.term.kind == "text":
            columns[meant.term.name] = text_array(series.cast(pl.String).str.strip_chars())
        else:
            values, found = _numbers(series, meant, part.decimal)
            warnings += found
            if meant.term.name in TIME_SERIES or not len(values) or not np.isnan(values).all():
                columns[meant.term.name] = values
    return Export(columns, raw, warnings=warnings)


def _as_found(series: pl.Series, decimal: str) -> Array:
    if series.dtype == pl.String:
        return raw_array(series, decimal)
    return number_array(series.cast(pl.Float64))


def _numbers(series: pl.Series, meant: Assigned, decimal: str) -> tuple[Array, list[str]]:
    found: list[str] = []
    if series.dtype == pl.String and meant.clock:
        seconds = clock_seconds(series)
        lost = seconds.null_count() - series.str.strip_chars().replace("", None).null_count()
        if 2 * lost > len(series):
            raise UnreadableFile(f"column {series.name!r} should hold clocks like 12:05:00, the first is {series[0]!r}")
        found = [f"column {series.name!r}: {lost} of {len(series)} values are no clocks"] if lost else []
        series = seconds
    elif series.dtype == pl.String:
        series, found = numbers_of(series, decimal)
    return in_unit(number_array(series.cast(pl.Float64)), meant.factor, meant.offset), found


def _joined(made: list[Export], parts: list[Part]) -> Export:
    """The parts of a large export in the order of recording, whatever the order of the sheets.

    Raises:
        UnreadableFile: They are tables of different columns.
    """
    if len(made) == 1:
        return made[0]
    for part in parts[1:]:
        different = set(parts[0].headers) ^ set(part.headers)
        if different:
            raise UnreadableFile(
                f"sheets {parts[0].name!r} and {part.name!r} differ in the columns {', '.join(sorted(different))}; "
                "one file should hold one test"
            )
    order = sorted(range(len(made)), key=lambda index: (_begins(made[index]), index))
    names = ", ".join(parts[index].name for index in order)
    warnings = [f"{len(made)} sheets are joined in the order of their records: {names}"]
    warnings += [warning for index in order for warning in made[index].warnings]
    columns = _stacked([made[index].columns for index in order])
    raw = _stacked([made[index].raw for index in order])
    return Export(columns, raw, warnings=warnings)


def _begins(export: Export) -> float:
    first = next((export.columns[name][:1] for name in ("record_index", TIME) if name in export.columns), np.empty(0))
    return float(first[0]) if first.size and np.isfinite(first[0]) else np.inf


def _stacked(tables: list[dict[str, Array]]) -> dict[str, Array]:
    """Equal columns one below the other; texts where any part holds texts, nothing where a part lacks it."""
    names = dict.fromkeys(name for table in tables for name in table)
    stacked = {}
    for name in names:
        arrays = [table.get(name, np.full(len(next(iter(table.values()))), np.nan)) for table in tables]
        if any(array.dtype.kind == "U" for array in arrays):
            arrays = [np.where(array == "nan", "", array) for array in (array.astype(str) for array in arrays)]
        stacked[name] = np.concatenate(arrays)
    return stacked


def _give_sign(export: Export, vendor: Vendor) -> None:
    """Negative currents while discharging, where the cycler writes amounts and tells the direction in words.

    Signed currents stay as they are: while discharging their sum is below 0 already.
    """
    kinds = export.columns.get("step_type")
    if not vendor.discharging or kinds is None or not len(kinds):
        return
    texts, index = np.unique(kinds, return_inverse=True)
    out = np.array([re.search(vendor.discharging, text, re.IGNORECASE) is not None for text in texts])[index]
    current = export.columns[CURRENT]
    if np.nansum(current[out]) > 0:
        export.columns[CURRENT] = np.where(out, -np.abs(current), current)


def _count_steps(export: Export) -> None:
    """`step_count` where the export has none: one more where step, cycle or step clock begin anew."""
    columns = export.columns
    if "step_count" in columns or "step_id" not in columns or not len(columns["step_id"]):
        return
    begins = np.zeros(len(columns["step_id"]), dtype=bool)
    begins[0] = True
    for name in ("step_id", "cycle_count"):
        if name in columns:
            values = np.nan_to_num(columns[name], nan=-1)
            begins[1:] |= values[1:] != values[:-1]
    if "step_time_second" in columns:
        clock = columns["step_time_second"]
        begins[1:] |= clock[1:] < clock[:-1]
    columns["step_count"] = np.cumsum(begins, dtype=np.int64)
    export.metadata.setdefault("derived", []).append("step_count")


def _sum_step_times(export: Export, vendor: Vendor) -> None:
    """Time of the test where only step times and dates are recorded.

    Steps follow each other without a pause; where the dates say that one began more than 2 s later, they count,
    since they are written in whole seconds.
    """
    step_time = export.columns["step_time_second"]
    begins = np.flatnonzero(np.diff(export.columns.get("step_count", np.zeros(len(step_time))), prepend=-1))
    dates = _dates(export, vendor)
    offsets = np.zeros(len(begins))
    for number in range(1, len(begins)):
        before = begins[number] - 1
        offsets[number] = offsets[number - 1] + step_time[before]
        if dates is not None:
            by_date = dates[begins[number]] - dates[0] + step_time[0] - step_time[begins[number]]
            offsets[number] = by_date if by_date > offsets[number] + 2 else offsets[number]
    lengths = np.diff(np.append(begins, len(step_time)))
    export.columns[TIME] = np.repeat(offsets, lengths) + step_time
    export.metadata.setdefault("derived", []).append(TIME)
    export.warnings.append("the export has no time of the test: it is summed from the times of the steps")


def _dates(export: Export, vendor: Vendor) -> Array | None:
    """The column of dates as seconds, None where there is none that can be read throughout."""
    texts = _date_column(export, vendor)
    for form in vendor.date_formats if texts is not None else ():
        # The same pattern in the other library's words.
        pattern = form.replace(".%f", "%.f")
        dates = pl.Series(texts).str.strip_chars().str.to_datetime(pattern, time_unit="us", strict=False)
        if not dates.null_count():
            return dates.dt.epoch("us").to_numpy() / 1e6
    return None


def _date_column(export: Export, vendor: Vendor) -> Array | None:
    wanted = {plain(label) for label in vendor.dates}
    columns = (values for name, values in export.raw.items() if plain(label_and_unit(name)[0]) in wanted)
    return next((values for values in columns if values.dtype.kind == "U" and len(values)), None)


def _date(export: Export, vendor: Vendor) -> None:
    """Maker, and the date of the first record as `started_at`: without zone, as the computer's clock showed it."""
    export.metadata["instrument"] = vendor.instrument
    texts = _date_column(export, vendor)
    started = moment(str(texts[0]), vendor.date_formats) if texts is not None and len(texts) else None
    if started:
        export.metadata["started_at"] = started
