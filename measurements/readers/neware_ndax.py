"""Neware BTS 8 archives (`.ndax`), decoded by the library fastnda and named as the Battery Data Format does.

The archive is examined before anything is unpacked, so that a bomb, a trick path or a cut file is refused in
words.
"""

from __future__ import annotations

import html
import logging
import re
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
from core.tables import Array

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.delimited import number_array
from measurements.readers.records import records, technique_of

MAX_MEMBERS = 2_000
# Some 100 million records; the largest real archive seen unpacks to 8 MB.
MAX_UNPACKED_BYTES = 1024**3
# Deflate cannot pass about 1030:1, and a real archive of rests alone reaches some 100:1.
MAX_RATIO = 300
RATIO_FREE_BYTES = 64 * 1024**2
MAX_XML_BYTES = 16 * 1024**2

_ZIP = b"PK\x03\x04"
_DATA = "data.ndc"
_AUXILIARY = re.compile(r"data_AUX_\d+_\d+_\d+\.ndc")

# fastnda's column -> our column, factor to its unit, counts kept as integers.
_COLUMNS: Mapping[str, tuple[str, float]] = {
    "total_time_s": ("test_time_second", 1.0),
    "voltage_V": ("voltage_volt", 1.0),
    "current_mA": ("current_ampere", 1e-3),
    "cycle_count": ("cycle_count", 1.0),
    "step_count": ("step_count", 1.0),
    "step_index": ("step_id", 1.0),
    "step_time_s": ("step_time_second", 1.0),
    "capacity_mAh": ("step_net_capacity_ah", 1e-3),
    "energy_mWh": ("step_net_energy_wh", 1e-3),
    "unix_time_s": ("unix_time_second", 1.0),
    "index": ("record_index", 1.0),
}

# Attributes of TestInfo.xml worth keeping, under our own names.
_TEST_INFO: Mapping[str, str] = {
    "DevType": "device_type",
    "DevID": "device_id",
    "UnitID": "unit_id",
    "ChlID": "channel",
    "TestID": "test_id",
    "StepName": "schedule",
    "Barcode": "barcode",
    "Remark": "remark",
    "EndTime": "ended_at",
    "CurrRange": "current_range_ma",
    "VoltRange": "voltage_range_v",
}


def score(source: Source) -> Match:
    """A ZIP archive whose table of contents lists `data.ndc`."""
    if not source.head.startswith(_ZIP):
        return NO_MATCH
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        if _DATA.encode() in source.head or b"data_step.ndc" in source.head:
            return Match(0.6, "begins as a Neware archive, but its table of contents is missing or broken")
        return NO_MATCH
    if _DATA in names:
        return Match(1.0, f"ZIP archive with {_DATA}")
    return NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads a Neware archive.

    Times in s, volts, ampere (positive = charge), Ah and Wh per step. `cycle_count` follows the cycle mode
    saved in the archive, and the device's own loop counter is kept beside it where the two differ.

    Raises:
        UnreadableFile: Not a sound archive, a bomb, or a layout fastnda does not know.
    """
    del options
    try:
        with zipfile.ZipFile(source.path) as archive:
            _examine(archive)
            texts = {name: _xml(archive, name) for name in archive.namelist() if name.endswith(".xml")}
            auxiliary = [name for name in archive.namelist() if _AUXILIARY.search(name)]
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(
            f"the archive is damaged or cut off ({error}); copy the file from the cycler again"
        ) from error
    frame, found = _decode(source)
    found += _damage(texts, auxiliary, frame)
    columns = {ours: _values(frame[theirs], factor) for theirs, (ours, factor) in _COLUMNS.items() if theirs in frame}
    columns["step_type"] = frame["step_type"].cast(pl.String).fill_null("").to_numpy().astype(str)
    raw, extra = _auxiliary(frame)
    columns |= extra
    found += _cycles(columns, raw, texts.get("NdaxConfig.xml", ""))
    table, notes = records(columns, raw)
    if not len(table):
        found.append("the test holds no records yet")
    return Reading((table,), technique_of(columns), _metadata(texts), tuple(found + notes))


def _examine(archive: zipfile.ZipFile) -> None:
    """Refuses bombs, trick paths and encryption by the table of contents alone."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UnreadableFile(
            f"the archive holds {len(members)} members; a Neware archive holds fewer than {MAX_MEMBERS}"
        )
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name or "\0" in name:
            raise UnreadableFile(f"the archive holds the path {name!r}, which leads out of it; it is refused")
        if member.flag_bits & 1:
            raise UnreadableFile(f"member {name!r} is encrypted; export the test without a password")
    unpacked = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableFile(f"the archive would unpack to {unpacked} bytes; the limit is {MAX_UNPACKED_BYTES}")
    if unpacked > RATIO_FREE_BYTES and unpacked / packed > MAX_RATIO:
        raise UnreadableFile(
            f"the archive would unpack to {unpacked / packed:.0f} times its size; real ones stay below {MAX_RATIO}"
        )


def _xml(archive: zipfile.ZipFile, name: str) -> str:
    """An XML member as text; undecodable bytes become U+FFFD, which `_damage` reports."""
    if archive.getinfo(name).file_size > MAX_XML_BYTES:
        raise UnreadableFile(f"member {name!r} is {archive.getinfo(name).file_size} bytes; such texts are small")
    data = archive.read(name)
    declared = re.search(rb'encoding="([\w-]+)"', data[:200])
    encoding = "utf-8" if declared and declared[1].lower() == b"utf-8" else "gb2312"
    return data.decode(encoding, errors="replace")


@cache
def _fastnda() -> ModuleType:
    """The library, without the two things its import does to the whole process.

    It replaces functions of `zlib` by those of isal, and its log lines would reach the terminal.
    """
    plain = zlib.decompress, zlib.decompressobj
    import fastnda
    import fastnda.ndax

    zlib.decompress, zlib.decompressobj = plain
    logger = logging.getLogger("fastnda")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    module: ModuleType = fastnda
    return module


def _decode(source: Source) -> tuple[pl.DataFrame, list[str]]:
    """The records as fastnda gives them, under the device's own cycle numbers."""
    fastnda = _fastnda()
    with (
        tempfile.TemporaryDirectory(prefix="ndax-") as folder,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        # fastnda chooses by the suffix, which a stored file need not have.
        link = Path(folder) / "records.ndax"
        link.symlink_to(source.path.resolve())
        try:
            frame: pl.DataFrame = fastnda.read(link, cycle_mode="raw")
        except (Exception, pl.exceptions.PanicException) as error:
            raise UnreadableFile(
                f"the records cannot be decoded: {type(error).__name__}: {error}; "
                f"the archive is damaged, or newer than fastnda {fastnda.__version__}"
            ) from error
    return frame, sorted({f"fastnda: {' '.join(str(item.message).split())}" for item in caught})


def _values(series: pl.Series, factor: float) -> Array:
    if series.dtype.is_integer() and not series.null_count():
        return series.to_numpy()
    return number_array(series.cast(pl.Float64)) * factor


def _damage(texts: Mapping[str, str], auxiliary: list[str], frame: pl.DataFrame) -> list[str]:
    """Signs that the archive is not as the cycler wrote it."""
    found = [
        f"the file is damaged: {name} holds bytes that are no text; the records that are left of it are read"
        for name, text in texts.items()
        if "\ufffd" in text
    ]
    if auxiliary and not any(column.startswith("aux") for column in frame.columns):
        found.append(f"auxiliary channels cannot be assigned and are left out: {', '.join(auxiliary)}")
    gaps = int(np.count_nonzero(np.diff(frame["index"].cast(pl.Int64).to_numpy()) != 1)) if len(frame) else 0
    if gaps:
        found.append(f"the file is damaged: the record numbers jump at {gaps} places")
    lost = sorted(_COLUMNS[name][0] for name in _COLUMNS if name in frame and frame[name].null_count())
    if lost:
        found.append(f"the file is damaged: values are missing in {', '.join(lost)}")
    return found


def _auxiliary(frame: pl.DataFrame) -> tuple[dict[str, Array], dict[str, Array]]:
    """Auxiliary channels: the first five temperatures by their format's names, all others raw."""
    raw: dict[str, Array] = {}
    named: dict[str, Array] = {}
    for column in (name for name in frame.columns if name.startswith("aux")):
        values = number_array(frame[column].cast(pl.Float64, strict=False))
        if re.fullmatch(r"aux-?\d+_temperature_degC", column) and len(named) < 5:
            named[f"temperature_t{len(named) + 1}_celsius"] = values
        else:
            raw[column] = values
    return raw, named


def _cycles(columns: dict[str, Array], raw: dict[str, Array], config: str) -> list[str]:
    """Numbers the cycles as the person at the cycler chose to see them.

    `CycleMode="1"` of NdaxConfig.xml was seen to mean: a charge that follows a discharge begins a cycle, as
    the vendor's own export of such a file shows. Without it the device's loop counter stands.
    """
    mode = re.search(r'CycleMode="(\w+)"', config)
    if mode is None or mode[1] == "0" or not len(columns["step_type"]):
        return []
    if mode[1] != "1":
        return [f"cycle mode {mode[1]} of NdaxConfig.xml is not known; the device's own cycle numbers are kept"]
    kinds = columns["step_type"]
    direction = np.where(np.char.endswith(kinds, "_DChg"), -1, np.where(np.char.endswith(kinds, "_Chg"), 1, 0))
    moving = np.flatnonzero(direction)
    begins = moving[1:][np.diff(direction[moving]) == 2]
    numbers = np.ones(len(kinds), dtype=np.int32)
    numbers[begins] = 2
    counted = np.cumsum(numbers - 1, dtype=np.int32) + 1
    if "cycle_count" in columns and not np.array_equal(columns["cycle_count"], counted):
        raw["cycle_index"] = columns["cycle_count"]
    columns["cycle_count"] = counted
    return []


def _metadata(texts: Mapping[str, str]) -> dict[str, object]:
    info = _attributes(texts.get("TestInfo.xml", ""), "TestInfo")
    version = _attributes(texts.get("VersionInfo.xml", ""), "ZwjVersion")
    made: dict[str, object] = {"instrument": "Neware"}
    made |= {ours: info[theirs] for theirs, ours in _TEST_INFO.items() if info.get(theirs)}
    if info.get("StartTime"):
        made["started_at"] = info["StartTime"].replace(" ", "T")
    if "ended_at" in made:
        made["ended_at"] = str(made["ended_at"]).replace(" ", "T")
    if version.get("SvrVer"):
        made["software"] = version["SvrVer"]
    return made


def _attributes(text: str, tag: str) -> dict[str, str]:
    """Attributes of the first such tag; a pattern, because a damaged text must not hide its sound parts."""
    found = re.search(rf"<{tag}\b([^>]*)>", text)
    return {key: html.unescape(value) for key, value in re.findall(r'(\w+)="([^"]*)"', found[1])} if found else {}


READER = Reader(
    name="neware_ndax",
    version="1",
    format="neware-ndax",
    label="Neware BTS 8 archive (.ndax)",
    extensions=(".ndax",),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
