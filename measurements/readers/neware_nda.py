"""Neware's older binary files (`.nda`), decoded by the library fastnda and named as the Battery Data Format does.

The newer archives (`.ndax`) have a reader of their own; both give the same columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source
from measurements.readers.neware_records import columns_of, decode, gaps, metadata_of
from measurements.readers.records import records, technique_of

_SIGNATURE = b"NEWARE"
_UNIX_TIME = "unix_time_second"

# The library's key -> ours.
_METADATA: Mapping[str, str] = {
    "barcode": "barcode",
    "remarks": "remark",
    "test_name": "test_name",
    "step_name": "schedule",
    "test_id": "test_id",
    "creator": "operator",
}


def score(source: Source) -> Match:
    """The letters NEWARE and the date of the file's layout."""
    if source.head.startswith(_SIGNATURE):
        return Match(1.0, f"begins with {_SIGNATURE.decode()} and the layout of {_layout_date(source)}")
    return NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads a Neware binary file.

    Times in s, volts, ampere (positive = charge), Ah and Wh per step, the device's own cycle and step numbers.
    `unix_time_second` only where the file records it: some layouts hold the local time of the start alone.

    Raises:
        UnreadableFile: The file is damaged, or in a layout that fastnda does not know.
    """
    del options
    frame, found = decode(source, ".nda")
    found += gaps(frame)
    columns, raw = columns_of(frame)
    header = metadata_of(source, ".nda")
    metadata = _metadata(header)
    if _is_derived(columns, _start(header)):
        del columns[_UNIX_TIME]
    expected = header.get("num_datapoints")
    if isinstance(expected, int) and expected > len(frame):
        found.append(f"truncated: the header tells of {expected} records, {len(frame)} are there")
    table, notes = records(columns, raw)
    if not len(table):
        found.append("the test holds no records yet")
    return Reading((table,), technique_of(columns), metadata, tuple(found + notes))


def _layout_date(source: Source) -> str:
    return source.head[6:14].decode("ascii", "replace")


def _metadata(header: Mapping[str, Any]) -> dict[str, object]:
    made: dict[str, object] = {"instrument": "Neware"}
    made |= {ours: str(header[theirs]) for theirs, ours in _METADATA.items() if header.get(theirs)}
    version = header.get("bts_version") or header.get("server_version")
    if version:
        made["software"] = str(version)
    if header.get("nda_version"):
        made["nda_version"] = header["nda_version"]
    started = _start(header)
    if started is not None:
        made["started_at"] = started.isoformat()
    return made


def _start(header: Mapping[str, Any]) -> datetime | None:
    """Start of the test as the header has it: local time without zone, or with one; older files write full stops."""
    text = re.sub(r"^(\d{4})\.(\d\d)\.(\d\d)", r"\1-\2-\3", str(header.get("start_time", "")))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_derived(columns: Mapping[str, Array], started: datetime | None) -> bool:
    """Whether the library made the Unix times from the local time of the start, as if that were UTC."""
    if _UNIX_TIME not in columns or not len(columns[_UNIX_TIME]) or started is None or started.tzinfo is not None:
        return False
    offset = columns[_UNIX_TIME] - columns["test_time_second"] - started.replace(tzinfo=UTC).timestamp()
    return bool(np.all(np.abs(offset) < 1e-3))


READER = Reader(
    name="neware_nda",
    version="1",
    format="neware-nda",
    label="Neware BTS binary (.nda)",
    extensions=(".nda",),
    techniques=("cycling", "ocv"),
    score=score,
    read=read,
)
