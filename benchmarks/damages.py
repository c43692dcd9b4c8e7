"""How the copies of real files are damaged, and how a large real file is made small enough for a night.

Bytes are damaged as a lost cable, a bad disk or an enemy would; members of an archive before they are packed, so that
their checksums are right; and single values of a marked-up text, so that what reads the markup goes on to the values.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Callable, Iterator

import numpy as np

from measurements.readers.delimited import encoding_of

OPENING = 64_000  # bytes of a text
ROWS = 60  # of a sheet
_KINDS = ("cut", "flip", "splice", "zero")
_ZIP = b"PK\x03\x04"
_XML_VALUE = re.compile(r'>([^<>]+)<|="([^"]*)"')
_JSON_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|(-?\d[\d.eE+-]*|true|false|null)')
_ROW = re.compile(rb'<row r="(\d+)".*?</row>', re.DOTALL)
# What programs write where nothing was measured, what they never write, and what a person would type.
_ODD = (
    "",
    "0",
    "-1",
    "1e308",
    "-1e-320",
    "NaN",
    "Inf",
    "1,5",
    "99999999999999999999",
    "\u00b5",
    "true",
    "null",
    "A" * 300,
)

Damage = Callable[[bytes, np.random.Generator], bytes]


def damaged(whole: bytes, generator: np.random.Generator) -> bytes:
    """The bytes with one to three damages: cut off, bits flipped, a piece of another place put in, a stretch zeroed."""
    content = bytearray(whole)
    for _ in range(int(generator.integers(1, 4))):
        if not content:
            break
        at, length = int(generator.integers(len(content))), int(generator.choice((1, 16, 512, 4096)))
        match _KINDS[int(generator.integers(len(_KINDS)))]:
            case "cut":
                del content[at:]
            case "flip":
                for place in generator.integers(at, min(at + length, len(content)), size=min(length, 8)).tolist():
                    content[place] ^= 1 << int(generator.integers(8))
            case "splice":
                start = int(generator.integers(len(content)))
                content[at : at + int(generator.integers(length + 1))] = content[start : start + length]
            case "zero":
                content[at : at + length] = bytes(len(content[at : at + length]))
    return bytes(content)


def damaged_values(whole: bytes, generator: np.random.Generator) -> bytes:
    """A marked-up text with one to five of its values replaced: by another of them, by an odd one, by one flipped."""
    wide = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    encoding = wide.get(whole[:2], "latin-1")
    text = whole.decode(encoding, "replace")
    pattern = _XML_VALUE if text.lstrip("\ufeff \r\n").startswith("<") else _JSON_VALUE
    spans = [found.span(found.lastindex or 0) for found in pattern.finditer(text)]
    if not spans:
        return damaged(whole, generator)
    for place in sorted(generator.integers(len(spans), size=int(generator.integers(1, 6))).tolist(), reverse=True):
        start, end = spans[place]
        match int(generator.integers(3)):
            case 0:
                other = spans[int(generator.integers(len(spans)))]
                value = text[slice(*other)][:400]
            case 1:
                value = _ODD[int(generator.integers(len(_ODD)))]
            case _:
                value = "".join(chr(ord(sign) ^ 1) if generator.random() < 0.3 else sign for sign in text[start:end])
        text = text[:start] + value + text[end:]
    return text.encode(encoding, "replace")


def damaged_inside(whole: bytes, generator: np.random.Generator, damage: Damage = damaged) -> bytes:
    """A ZIP archive with one member damaged before it is packed, so that its checksum is right again."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, _archive(packed) as copy:
        members = [member for member in archive.infolist() if damage is damaged or _marked_up(member.filename)]
        sizes = np.array([member.file_size + 1 for member in members], dtype=np.float64) ** 0.5
        chosen = members[int(generator.choice(len(members), p=sizes / sizes.sum()))]
        for member in archive.infolist():
            content = archive.read(member)
            copy.writestr(member.filename, damage(content, generator) if member is chosen else content)
    return packed.getvalue()


def damages_of(whole: bytes) -> dict[str, Damage]:
    """What is done to copies of a file, in turn: to its bytes, to those of its members, and to single values."""
    kinds: dict[str, Damage] = {"bytes": damaged}
    if whole.startswith(_ZIP):
        kinds["members"] = damaged_inside
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            if any(_marked_up(name) for name in archive.namelist()):
                kinds["values"] = lambda content, generator: damaged_inside(content, generator, damaged_values)
    elif whole.lstrip(b"\xff\xfe\xef\xbb\xbf\0 \r\n").startswith((b"{", b"<?xml")):
        kinds["values"] = damaged_values
    return kinds


def opening(whole: bytes) -> bytes | None:
    """The beginning of a file: whole lines of a text, the first rows of each sheet of a workbook; None of others."""
    if whole.startswith(_ZIP):
        return _opening_of_workbook(whole)
    start = whole[:OPENING]
    if encoding_of(start) is None or start.count(b"\n") < 10:
        return None
    return start[: start.rindex(b"\n") + 1]


def _opening_of_workbook(whole: bytes) -> bytes | None:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, _archive(packed) as copy:
        if "xl/workbook.xml" not in archive.namelist():
            return None
        for name in archive.namelist():
            content = archive.read(name)
            if name.startswith("xl/worksheets/"):
                content = b"".join(_without_later_rows(content))
            copy.writestr(name, content)
    return packed.getvalue()


def _without_later_rows(sheet: bytes) -> Iterator[bytes]:
    at = 0
    for row in _ROW.finditer(sheet):
        if int(row[1]) > ROWS:
            yield sheet[at : row.start()]
            at = row.end()
    yield sheet[at:]


def _marked_up(name: str) -> bool:
    return name.endswith((".xml", ".rels", ".json"))


def _archive(target: io.BytesIO) -> zipfile.ZipFile:
    return zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
