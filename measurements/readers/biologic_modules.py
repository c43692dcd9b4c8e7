"""The modules of a BioLogic `.mpr`: how the file is divided, and what its settings and log say.

The records are read in `biologic_mpr`; here are the headers, and the fields that vendor text exports confirm.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO

from measurements.readers.biologic_records import technique_by_number

SIGNATURE = b"BIO-LOGIC MODULAR FILE\x1a"
SETTINGS, DATA, LOG, LOOPS = "VMP Set", "VMP data", "VMP LOG", "VMP loop"

_FIRST_MODULE = 52
_MAGIC = b"MODULE"
_LENGTH = 41  # of a module: magic, short name (10) and long name (25) come before it
_MANY = 64  # more modules than any real file has
_LONGEST_TEXT_MODULE = 1 << 20
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - the instrument's local time, whose zone the file does not state
_NOT_ENTERED = struct.unpack("<f", struct.pack("<f", 0.001))[0]


@dataclass(frozen=True)
class Module:
    """One module.

    Attributes:
        name: Short name (`VMP data`).
        version: Version of the module's layout.
        start: Offset of the first byte after its header.
        length: Length as announced in its header, which a truncated file may not hold.
        recent: Header of EC-Lab 11.50 and later, with a 16-bit number of columns in the data module.
    """

    name: str
    version: int
    start: int
    length: int
    recent: bool


def modules(path: Path) -> list[Module]:
    """The modules as far as their headers follow one another; data are not touched."""
    found: list[Module] = []
    position = _FIRST_MODULE
    with path.open("rb") as file:
        while len(found) < _MANY:
            module = _module(file, position)
            if module is None:
                break
            found.append(module)
            position = module.start + module.length
    return found


def _module(file: BinaryIO, position: int) -> Module | None:
    file.seek(position)
    header = file.read(65)
    if len(header) < 57 or not header.startswith(_MAGIC):
        return None
    name = header[6:16].decode("latin-1").strip()
    (length,) = struct.unpack_from("<I", header, _LENGTH)
    if length != 0xFFFF_FFFF:
        (version,) = struct.unpack_from("<I", header, 45)
        return Module(name, version, position + 57, length, recent=False)
    if len(header) < 65:
        return None
    length, version = struct.unpack_from("<I4xI", header, 45)
    return Module(name, version, position + 65, length, recent=True)


def body(path: Path, module: Module) -> bytes:
    """The bytes of a small module (settings, log), as far as the file holds them."""
    with path.open("rb") as file:
        file.seek(module.start)
        held = max(0, path.stat().st_size - module.start)
        return file.read(min(module.length, held, _LONGEST_TEXT_MODULE))


# Pascal strings of the settings: offset of the length byte -> key of our metadata, and room for the text.
_SETTINGS_TEXTS = (
    (0x007, "comments", 255),
    (0x11E, "electrode_material", 80),
    (0x16F, "initial_state", 80),
    (0x1C0, "electrolyte", 80),
    (0x215, "reference_electrode", 50),
)
_AREA_UNITS = {2: 1.0, 3: 0.01}  # to cm²: code 2 is cm², 3 is mm²
_MASS_UNITS = {1: 1.0, 2: 1e-3}  # to g: code 1 is g, 2 is mg
_DEVICES = {5: "VMP3", 6: "VSP", 12: "VMP-300", 14: "SP-150", 16: "SP-300", 27: "SP-240", 34: "VSP-3e"}


def settings(data: bytes) -> dict[str, Any]:
    """What the settings module says about the technique, the cell and the electrode.

    EC-Lab fills in 0.001 where nothing was entered; such masses and areas are left out: they state nothing.

    Returns:
        Plain JSON: `technique_number`, `technique_text`, `comments` ..., `active_mass_mg`,
        `electrode_area_cm2`, `characteristic_mass_g`, `battery_capacity_ah`; each only where stated.
    """
    found: dict[str, Any] = {}
    if len(data) >= 2:
        (number,) = struct.unpack_from("<H", data)
        technique = technique_by_number(number)
        found["technique_number"] = number
        found["technique_text"] = technique.title if technique else f"EC-Lab technique {number}"
    for offset, key, room in _SETTINGS_TEXTS:
        text = _pascal(data, offset, room)
        if text and text != "(unspecified)":
            found[key] = text
    if len(data) >= 0x261:
        found |= _amounts(data)
    return found


def _amounts(data: bytes) -> dict[str, float]:
    area_unit, mass_unit = data[0x250], data[0x251]
    stated = {
        "active_mass_mg": (_stated(data, 0x107), 1.0),
        "electrode_area_cm2": (_stated(data, 0x211), _AREA_UNITS.get(area_unit)),
        "characteristic_mass_g": (_stated(data, 0x24C), _MASS_UNITS.get(mass_unit)),
        "battery_capacity_ah": (_stated(data, 0x25C), 1e-3),
    }
    return {
        key: float(f"{value * factor:.7g}")
        for key, (value, factor) in stated.items()
        if value is not None and factor is not None
    }


def _stated(data: bytes, offset: int) -> float | None:
    value = float(struct.unpack_from("<f", data, offset)[0])
    return value if 0 < value < 1e9 and value != _NOT_ENTERED else None


def log(data: bytes) -> dict[str, Any]:
    """What the log module says about when and with what was measured.

    Returns:
        Plain JSON: `started_at` (local time, the file states no zone), `instrument`, `channel`,
        `channel_serial`, `software`, `ec_lab_version`, `original_file`; each only where stated.
    """
    found: dict[str, Any] = {}
    if len(data) < 0x3E1:
        return found
    (day,) = struct.unpack_from("<d", data, 0x249)
    if 30_000 < day < 80_000:  # 1982 to 2119; the test also excludes what is not a number
        moment = _DAY_ZERO + timedelta(milliseconds=round(day * 86_400_000))
        found["started_at"] = moment.isoformat(timespec="milliseconds")
    found["channel"] = data[9] + 1
    found["channel_serial"] = struct.unpack_from("<H", data, 0xAB)[0]
    device = _DEVICES.get(data[0x3CE], f"BioLogic device {data[0x3CE]}")
    serial = _pascal(data, 0x3CF, 17)
    found["instrument"] = f"{device} (SN {serial})" if serial else device
    version = _pascal(data, 0x3B7, 6)
    if version:
        found["ec_lab_version"] = version
        found["software"] = f"EC-Lab {version}"
    original = PureWindowsPath(_pascal(data, 0x251, 255)).name
    if original:
        found["original_file"] = original
    return found


def loop_starts(data: bytes) -> tuple[int, ...]:
    """First record of each loop, from the loop module: a count and as many indexes, the last one the end.

    Empty where the indexes do not begin at 0 and rise, because then they are no such list.
    """
    number = int.from_bytes(data[:4], "little")
    if number < 2 or len(data) < 4 * (number + 1):
        return ()
    starts = struct.unpack_from(f"<{number}I", data, 4)
    rising = all(before < after for before, after in pairwise(starts))
    return starts[:-1] if starts[0] == 0 and rising else ()


def _pascal(data: bytes, offset: int, room: int) -> str:
    """A text after its length byte; empty where it exceeds its room, is cut or holds control bytes."""
    length = data[offset] if offset < len(data) else 0
    text = data[offset + 1 : offset + 1 + length]
    if length > room or len(text) < length:
        return ""
    lines = text.decode("cp1252", "replace").replace("\r\n", "\n").replace("\r", "\n").strip()
    return lines if all(sign.isprintable() or sign == "\n" for sign in lines) else ""
