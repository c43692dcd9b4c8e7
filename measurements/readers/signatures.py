"""What a file is that no reader wants: told from its first bytes, for the sentence a person gets.

Only for messages; recognition itself is the readers' own.
"""

from __future__ import annotations

import zipfile

from measurements.readers.base import Source
from measurements.readers.delimited import encoding_of, head_lines

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a Windows bitmap image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office file (.xls or .doc)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\0\x01\0\0Standard Jet DB", "an Access database (Arbin .res)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
)

# A folder or member that gives a ZIP archive away.
_ARCHIVES: tuple[tuple[str, str], ...] = (
    ("xl/", "an Excel workbook (.xlsx)"),
    ("word/", "a Word document (.docx)"),
    ("ppt/", "a PowerPoint presentation (.pptx)"),
    ("content.xml", "an OpenDocument file"),
)

# How a text that is no table begins.
_TEXTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("<!doctype html", "<html"),
        "an HTML page, perhaps a sign-in page saved by mistake; download the file again",
    ),
    (("<",), "an XML text of no known format"),
    (("{", "[{", "[["), "a JSON text of no known format"),
)


# Files of instrument programs in versions that no reader knows, and what to export instead.
_PALMSENS = "a file of PalmSens' PSTrace that is no session known here; export the measurement as CSV or text there"
_IVIUM = "an Ivium file without a method that is known here; export it in IviumSoft as text"


def looks_like(source: Source) -> str:
    """What the file is, as in `this is a PNG image, not ...`; empty where that is not plain."""
    if b"Version=" in source.head[:64] and source.head[:16] == bytes(16):
        return _IVIUM
    for signature, name in _SIGNATURES:
        if source.head.startswith(signature):
            return f"{name}, not a file of an instrument that is known here"
    if source.head.startswith(b"PK"):
        return f"{_archive(source)}; upload the instrument's own file"
    encoding = encoding_of(source.head)
    if encoding is None:
        return ""
    text = "\n".join(head_lines(source, encoding)).lstrip("\ufeff \t\r\n").lower()
    if text.startswith("{") and ("palmsens" in text or source.name.lower().endswith(".pssession")):
        return _PALMSENS
    beginnings = (name for begins, name in _TEXTS if text.startswith(begins))
    return next(beginnings, "a text of no known format: no table of numbers was found in its first lines")


def _archive(source: Source) -> str:
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a ZIP archive that is damaged or cut off"
    for start, name in _ARCHIVES:
        if any(member.startswith(start) for member in names):
            return name
    return f"a ZIP archive ({', '.join(names[:3]) or 'empty'})"
