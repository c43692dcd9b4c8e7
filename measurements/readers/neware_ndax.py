"""Neware BTS 8 archives (`.ndax`), decoded by the library fastnda and named as the Battery Data Format does.

The archive is examined before anything is unpacked, so that a bomb, a trick path or a cut file is refused in
words.
"""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np
import polars as pl

from core.tables import Array
from measurements.readers.archives import ZIP_SIGNATURE, examine
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.neware_records import columns_of, decode, gaps
from measurements.readers.records import records, technique_of

MAX_XML_BYTES = 16 * 1024**2

_DATA = "data.ndc"
_AUXILIARY = re.compile(r"data_AUX_\d+_\d+_\d+\.ndc")

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
    if not source.head.startswith(ZIP_SIGNATURE):
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
            examine(archive, "a Neware archive")
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
    frame, found = decode(source, ".ndax")
    found += _damage(texts, auxiliary, frame)
    columns, raw = columns_of(frame)
    found += _cycles(columns, raw, texts.get("NdaxConfig.xml", ""))
    table, notes = records(columns, raw)
    if not len(table):
        found.append("the test holds no records yet")
    return Reading((table,), technique_of(columns), _metadata(texts), tuple(found + notes))


def _xml(archive: zipfile.ZipFile, name: str) -> str:
    """An XML member as text; undecodable bytes become U+FFFD, which `_damage` reports."""
    if archive.getinfo(name).file_size > MAX_XML_BYTES:
        raise UnreadableFile(f"member {name!r} is {archive.getinfo(name).file_size} bytes; such texts are small")
    data = archive.read(name)
    declared = re.search(rb'encoding="([\w-]+)"', data[:200])
    encoding = "utf-8" if declared and declared[1].lower() == b"utf-8" else "gb2312"
    return data.decode(encoding, errors="replace")


def _damage(texts: Mapping[str, str], auxiliary: list[str], frame: pl.DataFrame) -> list[str]:
    """Signs that the archive is not as the cycler wrote it."""
    found = [
        f"the file is damaged: {name} holds bytes that are no text; the records that are left of it are read"
        for name, text in texts.items()
        if "\ufffd" in text
    ]
    if auxiliary and not any(column.startswith("aux") for column in frame.columns):
        found.append(f"auxiliary channels cannot be assigned and are left out: {', '.join(auxiliary)}")
    return found + gaps(frame)


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
