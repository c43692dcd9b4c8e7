"""Workbooks written by hand, and bytes damaged at random: what the readers of cyclers' exports are tested with."""

import math
import struct
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import strategies as st

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
# Number formats of cells: 0 general, 1 a clock, 2 a span of hours, 3 a date with its clock.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm:ss"/></numFmts>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="21"/><xf numFmtId="164"/><xf numFmtId="22"/></cellXfs>'
    "</styleSheet>"
)


class Styled(float):
    """A number shown by one of the formats above."""

    style = 0

    def __new__(cls, value, style):
        made = super().__new__(cls, value)
        made.style = style
        return made


def letters(column):
    text = ""
    while column >= 0:
        column, rest = column // 26 - 1, column % 26
        text = chr(65 + rest) + text
    return text


def cell_xml(row, column, value):
    place = f'r="{letters(column)}{row + 1}"'
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""
    return f'<c {place} s="{getattr(value, "style", 0)}"><v>{value!r}</v></c>'


def sheet_xml(rows):
    made = "".join(
        f'<row r="{row + 1}">{"".join(cell_xml(row, column, value) for column, value in enumerate(cells))}</row>'
        for row, cells in enumerate(rows)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{made}</sheetData></worksheet>'


def xlsx(path, sheets, extra=None):
    """Writes a workbook: `sheets` maps names to rows of texts and numbers, `extra` adds or replaces members."""
    named = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    members = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}<Relationship Id="rId99" '
        f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
    for n, rows in enumerate(sheets.values(), start=1):
        members[f"xl/worksheets/sheet{n}.xml"] = sheet_xml(rows)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, **(extra or {})}.items():
            archive.writestr(name, content)
    return Path(path)


def _record(kind, body):
    return struct.pack("<HH", kind, len(body)) + body


def _label(row, column, text):
    return _record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def xls(path, sheets):
    """Writes an old Excel file: one stream of BIFF8 records in a compound file."""
    bodies = []
    for rows in sheets.values():
        body = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
        width = max(map(len, rows), default=0)
        body += _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if isinstance(value, str):
                    body += _label(row, column, value) if value else b""
                else:
                    body += _record(0x203, struct.pack("<HHHd", row, column, 0, value))
        bodies.append(body + _record(0x0A, b""))
    heads = [_record(0x85, struct.pack("<IBBBB", 0, 0, 0, len(name), 0) + name.encode("ascii")) for name in sheets]
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0)) + _record(0x42, struct.pack("<H", 1200))
    place = len(start) + sum(map(len, heads)) + 4
    stream = start
    for name, body in zip(sheets, bodies, strict=True):
        stream += _record(0x85, struct.pack("<IBBBB", place, 0, 0, len(name), 0) + name.encode("ascii"))
        place += len(body)
    Path(path).write_bytes(_compound_file(stream + _record(0x0A, b"") + b"".join(bodies)))
    return Path(path)


def _compound_file(stream):
    """The stream `Workbook` in a compound file of 512-byte sectors; never short enough for the small-stream store."""
    stream = stream.ljust(max(4096, 512 * math.ceil(len(stream) / 512)), b"\0")
    sectors = len(stream) // 512
    tables = next(n for n in range(1, 110) if n * 128 >= sectors + 1 + n)
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [*range(1, sectors), end, end, *[table] * tables]
    chain += [free] * (tables * 128 - len(chain))
    first_table = sectors + 1
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, sectors, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *range(first_table, first_table + tables), *[free] * (109 - tables))
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, free, free, child)
        + bytes(16 + 4 + 16)
        + struct.pack("<IQ", at, size)
        for name, kind, child, at, size in (("Root Entry", 5, 1, end, 0), ("Workbook", 2, free, 0, len(stream)))
    )
    directory = entries.ljust(512, b"\0")
    return header + stream + directory + struct.pack(f"<{len(chain)}I", *chain)


@pytest.fixture
def write_xlsx():
    return xlsx


@pytest.fixture
def write_xls():
    return xls


@pytest.fixture
def styled():
    return Styled


@pytest.fixture
def damaged():
    """Damages bytes as a lost cable, a bad disk or an enemy would: cut, flip, splice, zero."""

    def damage(data: st.DataObject, whole: bytes) -> bytes:
        content = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, max(len(content) - 1, 0)))
            match data.draw(st.sampled_from(["cut", "flip", "splice", "zero", "repeat"])):
                case "cut":
                    del content[at:]
                case "flip":
                    content[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
                case "splice":
                    content[at : at + data.draw(st.integers(0, 300))] = data.draw(st.binary(max_size=40))
                case "zero":
                    length = data.draw(st.sampled_from([1, 16, 512, 4096]))
                    content[at : at + length] = bytes(len(content[at : at + length]))
                case "repeat":
                    content[at:at] = content[at : at + data.draw(st.integers(1, 4096))]
        return bytes(content)

    return damage
