"""Arbin result databases (`.res`), decoded by `mdb-export` of the mdbtools, a separate program.

A `.res` is an Access database: one table of records, one of tests, one of auxiliary channels. Its currents are
in A and its capacities in Ah, however small the cell.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.tables import Array
from measurements.readers import vendor_tables
from measurements.readers.arbin_export import ARBIN
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.delimited import Layout, read_table, split
from measurements.readers.programs import Limits, run_limited
from measurements.readers.vendor_parts import Part
from measurements.readers.vendor_tables import Export

PROGRAM, COUNTER = "mdb-export", "mdb-count"
_SIGNATURES = (b"\0\1\0\0Standard Jet DB", b"\0\1\0\0Standard ACE DB")
_RECORDS, _TESTS, _AUXILIARY = "Channel_Normal_Table", "Global_Table", "Auxiliary_Table"

# Kinds of auxiliary channels; temperatures have names in the Battery Data Format.
_AUXILIARY_KINDS = {0: "voltage", 1: "temperature", 2: "pressure", 3: "ph", 4: "flow_rate", 5: "concentration"}
_TEMPERATURE = 1
_NAMED_TEMPERATURES = 5
_MOST_AUXILIARY = 64

# Column of the table of tests -> key of our metadata.
_METADATA: Mapping[str, str] = {
    "Test_Name": "test_name",
    "Channel_Index": "channel",
    "Schedule_File_Name": "schedule",
    "Creator": "operator",
    "Comments": "comments",
    "Software_Version": "software",
    "Item_ID": "item",
}
# Days of the database count from here; it states no time zone.
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001


def score(source: Source) -> Match:
    """An Access database; the name of Arbin's table of records in it makes it certain."""
    if not source.head.startswith(_SIGNATURES):
        return NO_MATCH
    names = (_RECORDS.encode("utf-16-le"), b"Channel_Normal")
    with source.path.open("rb") as file:
        start = file.read(1 << 20)
    if any(name in start for name in names):
        return Match(1.0, f"Access database with the table {_RECORDS}")
    return Match(0.5, "Access database, as Arbin's .res files are")


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads an Arbin database in the order of its data points.

    Capacities begin anew where the schedule says so: `schedule_..._capacity_ah`. Auxiliary temperatures become
    `temperature_t1_celsius` ..., other auxiliary channels `raw__aux_...`. `DateTime` is kept in the days of the
    database; it has no zone.

    Raises:
        UnreadableFile: mdbtools are not installed, the database is damaged, has no such table, or holds
            several tests.
    """
    del options
    program = shutil.which(PROGRAM)
    if program is None:
        raise UnreadableFile(
            f"Arbin databases are decoded by the program {PROGRAM}, which is not installed here; install the Debian "
            "package mdbtools on the worker (apt-get install mdbtools), or export the test as .csv or .xlsx"
        )
    with tempfile.TemporaryDirectory(prefix="arbin-") as folder:
        database = _Database(program, source, Path(folder))
        records, warnings = database.table(_RECORDS)
        if records is None:
            raise UnreadableFile(f"the database has no readable table {_RECORDS}: {'; '.join(warnings)}")
        tests, _ = database.table(_TESTS)
        auxiliary, complaints = database.table(_AUXILIARY)
        announced = database.count(_RECORDS)
    if announced is not None and announced > len(records):
        told = f"truncated: the database tells of {announced} records, {len(records)} are there"
        if not len(records):
            raise UnreadableFile(f"{told}; copy it from the cycler again")
        warnings.append(told)
    records = _of_one_test(records, tests)
    part = Part("", tuple(records.columns), ARBIN.vocabulary.assign(records.columns), records, ".", warnings)
    export = vendor_tables.export_of([part], ARBIN)
    _add_auxiliary(export, auxiliary)
    export.warnings.extend(f"{_AUXILIARY}: {complaint}" for complaint in complaints if auxiliary is not None)
    return vendor_tables.reading(export, _metadata(tests))


class _Database:
    """The tables of one database, each by one run of the program."""

    def __init__(self, program: str, source: Source, folder: Path) -> None:
        self._program, self._source, self._folder = program, source, folder
        # A database is read page by page, 2 MiB in a tenth of a second; its text is a few times as large. A damaged
        # one may lead the program round in a circle, for each table anew.
        self._limits = Limits(
            memory=512 * 1024**2 + 2 * source.size,
            seconds=3 + 2 * source.size // 1024**2,
            output=64 * 1024**2 + 20 * source.size,
        )

    def table(self, name: str) -> tuple[pl.DataFrame | None, list[str]]:
        """One table, numbers as float64; None where the program finds none, with its complaint."""
        text = self._folder / f"{name}.csv"
        ended = run_limited([self._program, self._source.path.resolve(), name], text, self._limits)
        content = Source.at(text)
        heading = content.head.split(b"\n", 1)[0].decode("utf-8", "replace")
        names = split(heading, ",")
        if not content.size or len(set(names)) != len(names) or "Test_ID" not in names:
            return None, [ended.reason or "the program found nothing"]
        layout = Layout("utf-8", ",", ".", 1, 2, tuple(names))
        texts = {"Test_Name", "Schedule_File_Name", "Creator", "Comments", "Applications_Path", "Software_Version",
                 "Serial_Number", "Schedule_Version", "Item_ID"}  # fmt: skip
        frame, warnings = read_table(content, layout, [column for column in names if column not in texts])
        if ended.reason:
            warnings.append(f"the database is damaged or still being written: {PROGRAM} says {ended.reason[:200]!r}")
        return frame, warnings

    def count(self, name: str) -> int | None:
        """How many rows a table should have, None where nothing tells."""
        counter = shutil.which(COUNTER)
        if counter is None:
            return None
        answer = self._folder / f"{name}.count"
        run_limited([counter, self._source.path.resolve(), name], answer, self._limits)
        text = answer.read_text(errors="replace").strip()
        return int(text) if text.isdecimal() and len(text) < 12 else None


def _of_one_test(records: pl.DataFrame, tests: pl.DataFrame | None) -> pl.DataFrame:
    """The records in the order of their data points.

    Raises:
        UnreadableFile: They belong to several tests.
    """
    numbers = sorted(records["Test_ID"].drop_nulls().unique().to_list())
    if len(numbers) > 1:
        named = {}
        if tests is not None and "Test_Name" in tests.columns:
            named = dict(zip(tests["Test_ID"].to_list(), tests["Test_Name"].to_list(), strict=True))
        held = ", ".join(f"{number:g} ({named.get(number, 'without name')})" for number in numbers)
        raise UnreadableFile(f"the database holds {len(numbers)} tests: {held}; export one test per file")
    if "Data_Point" not in records.columns:
        raise UnreadableFile(f"{_RECORDS} has no column Data_Point; it has {', '.join(records.columns)}")
    return records.drop("Test_ID").sort("Data_Point", maintain_order=True, nulls_last=True)


def _add_auxiliary(export: Export, auxiliary: pl.DataFrame | None) -> None:
    """Auxiliary channels beside the records, by data point; blank where a record has none."""
    needed = ("Data_Point", "Auxiliary_Index", "Data_Type", "X")
    if auxiliary is None or not len(auxiliary) or any(name not in auxiliary.columns for name in needed):
        return
    points = export.columns["record_index"]
    channels = auxiliary.select("Data_Type", "Auxiliary_Index").drop_nulls().unique().sort(pl.all()).rows()
    temperatures = 0
    for kind, index in channels[:_MOST_AUXILIARY]:
        rows = auxiliary.filter((pl.col("Data_Type") == kind) & (pl.col("Auxiliary_Index") == index))
        named = kind == _TEMPERATURE and temperatures < _NAMED_TEMPERATURES
        temperatures += named
        label = f"aux_{_AUXILIARY_KINDS.get(int(kind), f'type_{kind:g}')}_{index:g}"
        values = _at(points, rows, "X")
        if named:
            export.columns[f"temperature_t{temperatures}_celsius"] = values
        else:
            export.raw[label] = values
        if "dX_dt" in rows.columns:
            export.raw[f"{label}_rate"] = _at(points, rows, "dX_dt")
    if len(channels) > _MOST_AUXILIARY:
        export.warnings.append(f"of {len(channels)} auxiliary channels the first {_MOST_AUXILIARY} are read")


def _at(points: Array, rows: pl.DataFrame, name: str) -> Array:
    """Values of one channel at the given data points, NaN where it has none."""
    known = rows.select("Data_Point", name).drop_nulls().unique("Data_Point").sort("Data_Point")
    places, values = known["Data_Point"].to_numpy(), known[name].to_numpy()
    found: Array = np.full(len(points), np.nan)
    if len(places):
        nearest = np.minimum(np.searchsorted(places, points), len(places) - 1)
        found = np.where(places[nearest] == points, values[nearest], np.nan)
    return found


def _metadata(tests: pl.DataFrame | None) -> dict[str, Any]:
    """The row of the table of tests; a mass of 0 means that nobody entered one."""
    if tests is None or not len(tests):
        return {}
    row = tests.row(0, named=True)
    made: dict[str, Any] = {}
    for theirs, ours in _METADATA.items():
        value = row.get(theirs)
        if value not in {None, ""}:
            made[ours] = f"{value:g}" if isinstance(value, float) else value
    started = row.get("Start_DateTime")
    if isinstance(started, float) and 0 < started < 1e6:
        made["started_at"] = (_DAY_ZERO + timedelta(days=started)).isoformat(timespec="seconds")
    mass = row.get("MASS")
    if isinstance(mass, float) and mass > 0:
        made["mass_as_entered_g"] = mass
    return made


READER = Reader(
    name="arbin_res",
    version="1",
    format="arbin-res",
    label="Arbin result database (.res)",
    extensions=(".res",),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
