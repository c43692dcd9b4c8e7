"""Reader for BioLogic EC-Lab binary files (`.mpr`): the records as one mapped structure, read once.

The layout follows from the file's list of column ids and the one table in `biologic_columns`; unknown ids are
kept as raw bytes where the record size leaves only one place for them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.biologic_columns import BY_ID, FLAGS, VendorColumn
from measurements.readers.biologic_modules import (
    DATA,
    LOG,
    LOOPS,
    SETTINGS,
    SIGNATURE,
    Module,
    body,
    log,
    loop_starts,
    modules,
    settings,
)
from measurements.readers.biologic_records import build, technique_by_number, technique_key
from measurements.readers.signatures import looks_like

_DATA_OFFSETS = {3: 406, 11: 1007}  # version of the data module -> where its records begin
_FLAG_IDS = frozenset(column.id for column in FLAGS)
_RAW_TYPES = {1: "u1", 2: "<u2", 4: "<u4", 8: "<u8"}
_OUTPUT_TYPES = {"u1": np.uint8, "<u2": np.int32, "<u4": np.int64, "<u8": np.uint64}
_BLOCK = 8_192  # records per pass over the columns: a block of records stays in the processor's cache


@dataclass(frozen=True)
class Layout:
    """Where each column of a record lies.

    Attributes:
        record: Structured type of one record; fields are called by column id, the flag byte `flags`.
        missing: Ids that are in the file but could not be placed.
        raw: Ids that are not in the table and are kept as raw bytes.
        flag_bits: Ids that are not in the table and have no bytes of their own.
    """

    record: np.dtype[Any]
    missing: tuple[int, ...] = ()
    raw: tuple[int, ...] = ()
    flag_bits: tuple[int, ...] = ()


@dataclass(frozen=True)
class DataModule:
    """Header of the data module.

    Attributes:
        points: Number of records announced.
        ids: Column ids in the order of the record.
        start: Offset of the first record in the file.
        layout: Where each column lies.
    """

    points: int
    ids: tuple[int, ...]
    start: int
    layout: Layout


def score(source: Source) -> Match:
    """Certain where the file begins with EC-Lab's signature."""
    if source.head.startswith(SIGNATURE):
        return Match(1.0, "begins with 'BIO-LOGIC MODULAR FILE'")
    return NO_MATCH


def read(source: Source, options: Mapping[str, str]) -> Reading:  # noqa: ARG001 - readers share one signature
    """Reads a `.mpr`: table `records`, and `spectrum` where it holds impedances.

    Raises:
        UnreadableFile: Not a `.mpr`, cut before the first record, or with contradictory headers.
    """
    _require_signature(source)
    parts = {module.name: module for module in reversed(modules(source.path))}
    if DATA not in parts:
        raise UnreadableFile(
            f"{source.name}: no data module; found {', '.join(parts) or 'no module'} in {source.size} bytes: cut "
            "within its header or damaged; copy it again from the instrument's computer"
        )
    module = _data_module(source, parts[DATA])
    complete = min(module.points, max(0, source.size - module.start) // module.layout.record.itemsize)
    warnings = _missing_records(source, module, complete) + _unknown_columns(module)
    loops: tuple[int, ...] | None = loop_starts(body(source.path, parts[LOOPS])) if LOOPS in parts else ()
    if LOOPS not in parts and complete < module.points:
        loops = None  # the list of loops comes after the records
    records = build(_columns(source, module, complete), source.name, loops)
    metadata: dict[str, Any] = settings(body(source.path, parts[SETTINGS])) if SETTINGS in parts else {}
    if LOG in parts:
        metadata |= log(body(source.path, parts[LOG]))
    else:
        warnings.append("no log module: start time, instrument and channel are not known")
    technique = technique_by_number(metadata.get("technique_number", 0))
    key = technique_key(technique, records)
    if technique is None:
        title = metadata.get("technique_text", "no technique")
        warnings.append(f"{title} is not known: read as {key} by its columns")
    return Reading(records.tables(), key, metadata, (*warnings, *records.warnings))


def _require_signature(source: Source) -> None:
    if source.head.startswith(SIGNATURE):
        return
    right = "a .mpr begins with 'BIO-LOGIC MODULAR FILE'"
    if not source.size:
        raise UnreadableFile(f"{source.name}: the file is empty (0 bytes); {right}")
    if SIGNATURE.startswith(source.head):
        raise UnreadableFile(f"{source.name}: cut after {source.size} bytes, within its first line; {right}")
    text_export = source.head.startswith(b"EC-Lab ASCII FILE")
    what = "an EC-Lab text export (.mpt)" if text_export else looks_like(source)
    found = f"this is {what}" if what else f"begins with {source.head[:16]!r}"
    raise UnreadableFile(f"{source.name}: {found}; {right}")


def _data_module(source: Source, module: Module) -> DataModule:
    with source.path.open("rb") as file:
        file.seek(module.start)
        head = file.read(max(_DATA_OFFSETS.values()))
    width = 2 if module.recent else 1
    if len(head) < 4 + width:
        raise UnreadableFile(f"{source.name}: cut within the header of its data module ({source.size} bytes)")
    (points,) = struct.unpack_from("<I", head)
    number = int.from_bytes(head[4 : 4 + width], "little")
    listed = head[4 + width : 4 + width + 2 * number]
    if not number or len(listed) < 2 * number:
        raise UnreadableFile(
            f"{source.name}: announces {number} columns but lists {len(listed) // 2} column ids; cut or damaged"
        )
    ids = struct.unpack(f"<{number}H", listed)
    if len(set(ids)) < number:
        raise UnreadableFile(f"{source.name}: lists a column twice ({', '.join(map(str, ids))}); it is damaged")
    offset, size = _record_size(source, module, points, ids)
    return DataModule(points, ids, module.start + offset, _layout(source, ids, size))


def _record_size(source: Source, module: Module, points: int, ids: tuple[int, ...]) -> tuple[int, int]:
    """Offset of the records in the module and their size: module length = offset + points x size.

    For a version of the data module that no file has shown yet: the known offset that makes records of
    exactly the size of the columns; where not exactly one does, the file is refused.
    """
    slots = _slots(ids)
    whole = sum(map(_slot_size, slots))
    known = _DATA_OFFSETS.get(module.version)
    if not points:
        return known or 0, max(whole, 1)
    fits = {
        offset: (module.length - offset) // points
        for offset in ((known,) if known else _DATA_OFFSETS.values())
        if module.length > offset and (module.length - offset) % points == 0
    }
    if not known:
        complete = all(slot is None or slot in BY_ID for slot in slots)
        fits = {offset: size for offset, size in fits.items() if size == whole and complete}
    if len(fits) != 1:
        raise UnreadableFile(
            f"{source.name}: {points} records do not fill the {module.length} bytes of the data module (version "
            f"{module.version}; known: {', '.join(map(str, _DATA_OFFSETS))}); its header is damaged or newer "
            "than this reader"
        )
    return next(iter(fits.items()))


def _layout(source: Source, ids: tuple[int, ...], size: int) -> Layout:
    """Places the columns in a record of `size` bytes.

    From the front up to the first unknown id and from the back down to the last one the places are certain.
    Between them they are so only where one solution exists: one unknown id, or several that all have no bytes
    or all have eight.
    """
    slots = _slots(ids)
    unknown = tuple(slot for slot in slots if slot is not None and slot not in BY_ID)
    known_bytes = sum(map(_slot_size, slots))
    gap = size - known_bytes
    each = gap // len(unknown) if unknown else 0
    possible = 0 <= gap <= 8 * len(unknown) and not (len(unknown) == 1 and gap not in {0, *_RAW_TYPES})
    if not possible:
        raise UnreadableFile(
            f"{source.name}: a record has {size} bytes, but its columns ({', '.join(map(str, ids))}) need "
            f"{known_bytes}{' and those of unknown ones' if unknown else ''}; damaged or newer than this reader"
        )
    if len(unknown) <= 1 or gap in {0, 8 * len(unknown)}:
        record = _structure(slots, size, unknown_size=each)
        return Layout(record, raw=unknown if each else (), flag_bits=() if each else unknown)
    first, last = slots.index(unknown[0]), slots.index(unknown[-1])
    front, back = slots[:first], slots[last + 1 :]
    record = _structure(front, size, back=back)
    return Layout(record, missing=tuple(slot for slot in slots[first : last + 1] if slot is not None))


def _structure(
    slots: list[int | None], size: int, *, unknown_size: int = 0, back: list[int | None] | None = None
) -> np.dtype[Any]:
    """Structured type of a record: `slots` from its front on, `back` so that it ends with the record."""
    placed: dict[str, tuple[str, int]] = {}
    for run, start in ((slots, 0), (back or [], size - sum(map(_slot_size, back or [])))):
        offset = start
        for slot in run:
            unknown = slot is not None and slot not in BY_ID
            width = unknown_size if unknown else _slot_size(slot)
            if width:
                stored = "u1" if slot is None else _RAW_TYPES[width] if unknown else BY_ID[slot].dtype
                placed[_field(slot)] = (stored, offset)
            offset += width
    formats, offsets = [kind for kind, _ in placed.values()], [at for _, at in placed.values()]
    return np.dtype({"names": list(placed), "formats": formats, "offsets": offsets, "itemsize": size})


def _slots(ids: tuple[int, ...]) -> list[int | None]:
    """The columns that take bytes, in order; all flags share one byte (None) at the place of the first."""
    slots: list[int | None] = []
    for id_ in ids:
        if id_ not in _FLAG_IDS:
            slots.append(id_)
        elif None not in slots:
            slots.append(None)
    return slots


def _slot_size(slot: int | None) -> int:
    """Bytes of a slot, 0 for an unknown id."""
    if slot is None:
        return 1
    return np.dtype(BY_ID[slot].dtype).itemsize if slot in BY_ID else 0


def _field(slot: int | None) -> str:
    return "flags" if slot is None else str(slot)


def _columns(source: Source, module: DataModule, count: int) -> list[tuple[VendorColumn, Array]]:
    """Columns of the first `count` records, in one pass: values as float64, counts and codes as integers."""
    record = module.layout.record
    wanted = [BY_ID[id_] for id_ in module.ids if _field(id_) in (record.names or ()) and id_ in BY_ID]
    wanted += [VendorColumn(id_, str(id_), str(record[str(id_)])) for id_ in module.layout.raw]
    flags = [column for column in FLAGS if column.id in module.ids and "flags" in (record.names or ())]
    made: dict[int | None, Array] = {
        column.id: np.empty(count, _output_type(record[str(column.id)])) for column in wanted
    }
    made |= {column.id: np.empty(count, np.uint8) for column in flags}
    if count:
        mapped = np.memmap(source.path, record, "r", module.start, (count,))
        with np.errstate(all="ignore"):
            for begin in range(0, count, _BLOCK):
                block = mapped[begin : begin + _BLOCK]
                for column in wanted:
                    made[column.id][begin : begin + _BLOCK] = block[str(column.id)]
                for column in flags:
                    made[column.id][begin : begin + _BLOCK] = _bits(block["flags"], column)
    in_order = sorted(flags + wanted, key=lambda column: module.ids.index(column.id or 0))
    return [(column, made[column.id]) for column in in_order]


def _output_type(stored: np.dtype[Any]) -> type:
    return np.float64 if stored.kind == "f" else _OUTPUT_TYPES[stored.str.replace("|", "")]


def _bits(flags: Array, column: VendorColumn) -> Array:
    first, number = column.bits or (0, 8)
    return np.asarray((flags >> first) & ((1 << number) - 1))


def _missing_records(source: Source, module: DataModule, complete: int) -> list[str]:
    if complete == module.points:
        return [] if complete else ["the file holds no records"]
    if not complete:
        raise UnreadableFile(
            f"{source.name}: announces {module.points} records but ends before the first one is complete "
            f"({source.size} bytes); copy it again from the instrument's computer"
        )
    return [f"truncated: {complete} of {module.points} records are complete and were read"]


def _unknown_columns(module: DataModule) -> list[str]:
    def listed(ids: tuple[int, ...]) -> str:
        return ", ".join(BY_ID[id_].vendor if id_ in BY_ID else str(id_) for id_ in ids)

    layout, warnings = module.layout, []
    if layout.raw:
        warnings.append(f"partly read: unknown column ids {listed(layout.raw)}, kept as raw bytes")
    if layout.flag_bits:
        warnings.append(f"partly read: unknown column ids {listed(layout.flag_bits)} have no bytes of their own")
    if layout.missing:
        warnings.append(
            f"partly read: the columns {listed(layout.missing)} are left out, because the sizes of the unknown "
            "ones are not certain"
        )
    return warnings


READER = Reader(
    name="biologic_mpr",
    version="2",
    format="biologic-mpr",
    label="BioLogic EC-Lab binary (.mpr)",
    extensions=(".mpr",),
    techniques=("cycling", "eis", "cv", "ca", "cp", "lsv", "ocv", "mixed"),
    score=score,
    read=read,
)
