"""Reader for BioLogic EC-Lab text exports (`.mpt`, also `.txt`): header, one line of headings, numbers.

Headings go through the column table of the binary `.mpr`: both files of a measurement give the same columns.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.biologic_columns import VendorColumn, by_heading, is_known
from measurements.readers.biologic_records import build, require_frequency, technique_by_title, technique_key

_SIGNATURE = "EC-Lab ASCII FILE"
_RIGHT = f"an EC-Lab text export begins with '{_SIGNATURE}' and 'Nb header lines', or directly with its headings"
_HEADER_COUNT = re.compile(r"Nb header lines\s*:\s*(\d+)")
_EXPONENT = re.compile(rb"E[+-]?\d*$")
_BEYOND = "beyond"
_TAIL = 1 << 16  # bytes that surely hold the last two rows
_SHORTEST_FULL_HEADER = 10  # lines; without "File header" EC-Lab writes two or none
_MOST_COLUMNS = 512  # more than EC-Lab exports
_AMOUNT = re.compile(r"(?P<value>[\d.,]+(?:E[+-]?\d+)?)\s*(?P<unit>\S+)", re.IGNORECASE)

# Line of the header -> key of our metadata and unit -> factor. 0.001 or 0 means that nothing was entered.
_AMOUNTS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "Mass of active material": ("active_mass_mg", {"g": 1e3, "mg": 1.0, "µg": 1e-3}),
    "Electrode surface area": ("electrode_area_cm2", {"cm²": 1.0, "mm²": 1e-2, "m²": 1e4}),
    "Characteristic mass": ("characteristic_mass_g", {"g": 1.0, "mg": 1e-3, "µg": 1e-6}),
    "Battery capacity": ("battery_capacity_ah", {"A.h": 1.0, "mA.h": 1e-3, "µA.h": 1e-6}),
}
_TEXTS: Mapping[str, str] = {
    "Comments": "comments",
    "Electrode material": "electrode_material",
    "Initial state": "initial_state",
    "Electrolyte": "electrolyte",
    "Reference electrode": "reference_electrode",
    "Device": "instrument",
}


@dataclass(frozen=True)
class Export:
    """A text export divided.

    Attributes:
        header: The lines before the headings.
        headings: The headings; where one is blank, its position.
        rows: The bytes of the numbers, decimal point, tabs between them.
    """

    header: tuple[str, ...]
    headings: tuple[str, ...]
    rows: bytes


def score(source: Source) -> Match:
    """Certain by EC-Lab's first line; likely where the first line holds three or more of its headings."""
    first = _text(source.head).split("\n", 1)[0].strip()
    if first == _SIGNATURE:
        return Match(1.0, f"first line is '{_SIGNATURE}'")
    if _known_headings(first) >= 3:
        return Match(0.9, f"first line holds {_known_headings(first)} EC-Lab headings")
    return NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:  # noqa: ARG001 - readers share one signature
    """Reads a text export: table `records`, and `spectrum` where it holds impedances.

    Raises:
        UnreadableFile: Not an EC-Lab export, cut within its header, no numbers, impedances without frequency.
    """
    export = _divide(source)
    metadata = _metadata(export.header)
    columns = [by_heading(name or f"column {place}") for place, name in enumerate(export.headings, 1)]
    require_frequency(columns, source.name)
    frame, warnings = _numbers(source, export)
    values = [_as_stored(column, frame.to_series(place)) for place, column in enumerate(columns)]
    records = build(zip(columns, values, strict=True), source.name, _loop_starts(export.header))
    title = str(metadata.get("technique_text", ""))
    technique = technique_by_title(title)
    key = technique_key(technique, records)
    if technique is None:
        named = f"technique {title!r}" if title else "the technique"
        warnings.append(f"{named} is not known: read as {key} by its columns")
    return Reading(records.tables(), key, metadata, (*warnings, *records.warnings))


def _text(raw: bytes) -> str:
    """EC-Lab writes in the encoding of its computer: UTF-8 where it is valid, else Windows' Western one."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _known_headings(line: str) -> int:
    return sum(is_known(heading) for heading in line.split("\t")) if "\t" in line else 0


def _divide(source: Source) -> Export:
    raw = source.path.read_bytes()
    if not raw:
        raise UnreadableFile(f"{source.name}: the file is empty (0 bytes); {_RIGHT}")
    first, _, second = _text(raw[: 1 << 16]).partition("\n")
    count = 1
    if first.strip() == _SIGNATURE:
        found = _HEADER_COUNT.match(second)
        if found is None:
            raise UnreadableFile(f"{source.name}: the second line does not say 'Nb header lines : N'; {_RIGHT}")
        count = int(found[1][:9])
    elif _known_headings(first) < 2:
        raise UnreadableFile(f"{source.name}: begins with {raw[:24]!r}; {_RIGHT}")
    end = _end_of_line(raw, count)
    if end is None:
        raise UnreadableFile(
            f"{source.name}: announces {count} header lines but ends before them; it is cut within its header"
        )
    *header, headings = (line.rstrip("\r") for line in _text(raw[:end]).split("\n")[:count])
    names = tuple(heading.strip() for heading in headings.rstrip("\t ").split("\t"))
    if not 2 <= len(names) <= _MOST_COLUMNS or not any(is_known(name) for name in names):
        raise UnreadableFile(
            f"{source.name}: line {count} holds no EC-Lab headings but {headings[:60]!r}; "
            "the number after 'Nb header lines' must be the line of the headings"
        )
    return Export(tuple(header), names, raw[end:].replace(b",", b"."))


def _end_of_line(raw: bytes, count: int) -> int | None:
    """Offset after the `count`-th line, None where there are fewer."""
    position = 0
    for _ in range(count):
        newline = raw.find(b"\n", position)
        if newline < 0:
            return None
        position = newline + 1
    return position


def _numbers(source: Source, export: Export) -> tuple[pl.DataFrame, list[str]]:
    """One float64 column per heading (blank cells are NaN) and what had to be mended."""
    names = [f"c{position}" for position in range(len(export.headings))]
    rows, warnings = _whole_rows(source, export.rows, len(names))
    if not rows.strip():
        return pl.DataFrame({name: np.empty(0) for name in names}), [*warnings, "the file holds no records"]
    try:
        frame = _parse(rows, names, pl.Float64)
    except (pl.exceptions.PolarsError, ValueError):
        frame, mended = _parse_cell_by_cell(source, rows, export.headings, names)
        warnings += mended
    return frame.select(pl.all().fill_null(float("nan"))), warnings


def _parse(rows: bytes, names: list[str], kind: type[pl.Float64 | pl.String]) -> pl.DataFrame:
    """Rows as a frame without blank lines; where they end with a tab, the blank cell behind it is left out.

    Raises:
        ValueError: There are more cells in a row than headings.
        polars.exceptions.PolarsError: A cell is not of that kind.
    """
    end = rows.find(b"\n")
    beyond = rows.count(b"\t", 0, end if end >= 0 else len(rows)) + 1 - len(names)
    if beyond > 1:
        raise ValueError(f"the first row holds {beyond} cells more than there are headings")
    frame = pl.read_csv(
        io.BytesIO(rows),
        has_header=False,
        separator="\t",
        quote_char=None,
        schema=dict.fromkeys(names, kind) | ({_BEYOND: pl.String} if beyond == 1 else {}),
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )
    if beyond == 1 and frame[_BEYOND].str.strip_chars().str.len_bytes().sum():
        raise ValueError("rows hold one cell more than there are headings")
    return frame.select(names).filter(~pl.all_horizontal(pl.all().is_null()))


def _parse_cell_by_cell(
    source: Source, rows: bytes, headings: tuple[str, ...], names: list[str]
) -> tuple[pl.DataFrame, list[str]]:
    """The slow way for rows that hold something else than numbers: such cells become NaN and are counted."""
    try:
        texts = _parse(rows, names, pl.String).select(pl.all().str.strip_chars().replace("", None))
    except pl.exceptions.PolarsError as error:
        raise UnreadableFile(f"{source.name}: what follows the headings is no table of cells between tabs") from error
    except ValueError as error:
        raise UnreadableFile(f"{source.name}: {error} ({len(names)}); the file is damaged") from error
    frame = texts.select(pl.all().cast(pl.Float64, strict=False))
    lost = [frame[name].null_count() - texts[name].null_count() for name in names]
    if frame.height and all(frame[name].null_count() == frame.height for name in names):
        raise UnreadableFile(f"{source.name}: no cell below the headings is a number")
    for heading, name, count in zip(headings, names, lost, strict=True):
        if count and heading.startswith("time/") and count == frame.height:
            raise UnreadableFile(
                f"{source.name}: the column {heading} holds {texts[name][0]!r}; export the file again with elapsed time"
            )
    damaged = [
        f"{heading or 'without heading'} ({count})" for heading, count in zip(headings, lost, strict=True) if count
    ]
    return frame, [f"cells that are no numbers are read as missing: {', '.join(damaged)}"] if damaged else []


def _whole_rows(source: Source, rows: bytes, width: int) -> tuple[bytes, list[str]]:
    """The rows without a last one that is cut off; EC-Lab writes no line break after the last row.

    Raises:
        UnreadableFile: The rows are much shorter than the line of headings.
    """
    warnings = []
    *_, before, last = (b"", b"", *rows[-_TAIL:].rsplit(b"\n", 2))
    cells = last.count(b"\t") + 1
    if last.strip() and (cells < width or _exponent(last) < _exponent(before)):
        rows = rows[: len(rows) - len(last)]
        warnings.append(f"truncated: the last line ends within column {cells} of {width} and was left out")
    lines = rows.count(b"\n")
    cells = rows.count(b"\t") + lines
    if lines * width > 2 * cells + 10 * width:
        raise UnreadableFile(
            f"{source.name}: {lines} rows hold {cells / lines:.1f} columns on average, but there are {width} headings; "
            "the file is damaged"
        )
    return rows, warnings


def _exponent(row: bytes) -> int:
    """Length of the exponent that ends a row (`E+000` is 5), which EC-Lab keeps through a column; 0 without one."""
    found = _EXPONENT.search(row.rstrip(b"\t\r\n "))
    return len(found[0]) if found else 0


def _as_stored(column: VendorColumn, series: pl.Series) -> Array:
    """Counts, codes and flags as the integers that a `.mpr` holds, where the text has only whole numbers."""
    values = series.to_numpy(writable=True)
    if not (column.bits or column.dtype.startswith("<u")):
        return values
    kind = np.uint8 if column.bits else np.int32 if column.dtype == "<u2" else np.int64
    limits = np.iinfo(kind)
    with np.errstate(all="ignore"):
        whole = np.all((values >= limits.min) & (values < float(limits.max)) & (values == np.floor(values)))
    return values.astype(kind) if whole else values


def _metadata(header: tuple[str, ...]) -> dict[str, Any]:
    """What the header says: technique, time, instrument, version, cell; without amounts nobody entered."""
    found: dict[str, Any] = {}
    if len(header) > 3 and header[3].strip():
        found["technique_text"] = header[3].strip()
    for line in header:
        label, colon, rest = (part.strip() for part in line.partition(" :"))
        if colon:
            _read_labelled(found, label, rest)
        version = re.fullmatch(r"EC-Lab for windows v(\S+) \(software\)", line.strip(), re.IGNORECASE)
        if version:
            found |= {"ec_lab_version": version[1], "software": f"EC-Lab {version[1]}"}
    return found


def _read_labelled(found: dict[str, Any], label: str, rest: str) -> None:
    if label == "Acquisition started on":
        moment = _moment(rest)
        if moment:
            found["started_at"] = moment
    elif label == "Run on channel":
        channel = re.match(r"(\d+)(?: \(SN (\d+)\))?", rest)
        if channel:
            found["channel"] = int(channel[1][:9])
            found |= {"channel_serial": int(channel[2][:18])} if channel[2] else {}
    elif label == "File":
        found["original_file"] = rest
    elif label in _AMOUNTS:
        _read_amount(found, *_AMOUNTS[label], rest)
    elif label in _TEXTS and rest and rest != "(unspecified)":
        key = _TEXTS[label]
        found[key] = f"{found[key]}\n{rest}" if key == "comments" and key in found else rest


def _read_amount(found: dict[str, Any], key: str, factors: Mapping[str, float], text: str) -> None:
    amount = _AMOUNT.match(text)
    factor = factors.get(amount["unit"].replace("μ", "µ")) if amount else None
    if amount is None or factor is None:
        return
    try:
        value = float(amount["value"].replace(",", "."))
    except ValueError:
        return
    if value > 0.001 and np.isfinite(value):
        found[key] = float(f"{value * factor:.7g}")


def _loop_starts(header: tuple[str, ...]) -> tuple[int, ...] | None:
    """First record of each loop, from lines like `Loop 1 from point number 33 to 65`; None without a full header."""
    if len(header) < _SHORTEST_FULL_HEADER:
        return None
    found = (re.match(r"Loop \d+ from point number (\d{1,9}) to \d+", line) for line in header)
    return tuple(sorted(int(line[1]) for line in found if line))


def _moment(text: str) -> str | None:
    """ISO text of `05/17/2024 14:09:11.952`: month first, as the binary files of the same runs confirm."""
    for pattern in ("%m/%d/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S"):
        try:
            return datetime.strptime(text, pattern).isoformat(timespec="milliseconds")  # noqa: DTZ007 - no zone in the file
        except ValueError:
            continue
    return None


READER = Reader(
    name="biologic_mpt",
    version="2",
    format="biologic-mpt",
    label="BioLogic EC-Lab text export (.mpt)",
    extensions=(".mpt", ".txt"),
    techniques=("cycling", "eis", "cv", "ca", "cp", "lsv", "ocv", "mixed"),
    score=score,
    read=read,
)
