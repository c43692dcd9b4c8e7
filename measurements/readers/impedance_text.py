"""Tables of impedances in text files whose headings say which column is what: the engine of several readers.

A heading counts only where its name leaves no doubt (`freq/Hz`, `-Im(Z)/Ohm`, `Z'`); every place where such a
line of headings stands begins a sweep of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.tables import Array
from measurements.readers.base import UnreadableFile
from measurements.readers.bdf_terms import FREQUENCY, IMAGINARY, REAL, TERMS, conversion
from measurements.readers.delimited import WHITESPACE, decimal_comma, split
from measurements.readers.records import unique_names
from measurements.readers.spectra import MODULUS, PHASE, Sweep, as_number, is_number, raw_column

DELIMITERS = ("\t", ";", ",", WHITESPACE)
MOST_COLUMNS = 256

# A name as headings write it, in lower case and without blanks -> what the column is.
_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("f", "freq", "freq.", "frequency"), FREQUENCY),
    **dict.fromkeys(
        ("z'", "z’", "zre", "zreal", "re(z)", "re[z]", "z_re", "z_real", "z.real", "z'(a)", "realimpedance", "z're"),
        REAL,
    ),
    **dict.fromkeys(
        (
            "z''", "z’’", 'z"', "z”", "z″", "zim", "zimag", "im(z)", "im[z]", "z_im", "z_imag", "z.imag", "z''(b)",
            "imaginaryimpedance",
        ),
        IMAGINARY,
    ),
    **dict.fromkeys(("|z|", "z", "zmod", "impedance", "absoluteimpedance", "abs(z)", "modulus(z)"), MODULUS),
    **dict.fromkeys(("phase", "phase(z)", "zphz", "phaseangle", "phaseofz", "arg(z)"), PHASE),
}  # fmt: skip
# These say what they are only together with a unit.
_NEEDS_UNIT = {"z", "impedance", "phase", "phaseangle", "modulus(z)"}
_UNIT = re.compile(r"\s*(?:/\s*(?P<slash>[^/()\[\]]+)|\((?P<round>[^()]+)\)|\[(?P<square>[^\[\]]+)\])\s*$")
_SPELLINGS = {"ohms": "ohm", "degrees": "deg", "hertz": "Hz", "hz": "Hz", "ohm": "ohm", "deg": "deg", "": ""}


@dataclass(frozen=True)
class Heading:
    """What one heading says.

    Attributes:
        role: Column of the spectrum that it is.
        factor: What its values are multiplied by, the sign included.
        stated: The unit is written there; else Hz and ohm are assumed.
    """

    role: str
    factor: float
    stated: bool


@dataclass
class Block:
    """Headings and the rows below them.

    Attributes:
        headings: As written.
        rows: Cells of each row, as many as there are headings or more.
        damaged: Rows that hold too few cells or no numbers where numbers are meant.
    """

    headings: tuple[str, ...]
    delimiter: str
    rows: list[list[str]] = field(default_factory=list)
    damaged: int = 0

    def sweep(self) -> tuple[Sweep, list[str]]:
        """The points, and what a person should know about the headings."""
        meanings = understood(self.headings) or {}
        texts = list(zip(*(row[: len(self.headings)] for row in self.rows), strict=True))
        values = {role: _values(texts[place], heading) for role, (place, heading) in meanings.items()}
        if REAL not in values or IMAGINARY not in values:
            angle = np.deg2rad(values[PHASE])
            values[REAL], values[IMAGINARY] = values[MODULUS] * np.cos(angle), values[MODULUS] * np.sin(angle)
        raw = {name: raw_column(column) for name, column in zip(unique_names(list(self.headings)), texts, strict=True)}
        assumed = [
            self.headings[place]
            for role, (place, heading) in meanings.items()
            if not heading.stated and role in (FREQUENCY, REAL, IMAGINARY)
        ]
        said = [f"no unit is stated for {', '.join(assumed)}: Hz and ohm are assumed"] if assumed else []
        return Sweep(values[FREQUENCY], values[REAL], values[IMAGINARY], raw), said


def heading(text: str) -> Heading | None:
    """What a heading says about impedances, None where it says nothing or leaves a doubt."""
    plain = text.strip().strip('"').strip() if text.count('"') == 2 else text.strip()
    sign = 1.0
    for minus in ("-", "−", "–", "neg. ", "neg."):
        if plain.lower().startswith(minus):
            plain, sign = plain[len(minus) :], -1.0
            break
    found = _NAMES.get(_slug(plain))
    if found is not None and _slug(plain) not in _NEEDS_UNIT:
        return Heading(found, sign, stated=False)
    unit = _UNIT.search(plain)
    if unit is None:
        return None
    name = _slug(plain[: unit.start()])
    role = _NAMES.get(name)
    if role is None:
        return None
    written = (unit["slash"] or unit["round"] or unit["square"]).strip()
    try:
        factor, _ = conversion(TERMS[role], _SPELLINGS.get(written.lower(), written), text)
    except UnreadableFile:
        return None
    return Heading(role, sign * factor, stated=True)


def understood(headings: Sequence[str]) -> dict[str, tuple[int, Heading]] | None:
    """Place and meaning of each part of a spectrum; None where the headings do not make one without doubt."""
    found: dict[str, tuple[int, Heading]] = {}
    for place, text in enumerate(headings):
        meant = heading(text)
        if meant is None:
            continue
        if meant.role in found and meant.role in (FREQUENCY, REAL, IMAGINARY):
            return None
        found.setdefault(meant.role, (place, meant))
    complete = {FREQUENCY, REAL, IMAGINARY} <= found.keys() or {FREQUENCY, MODULUS, PHASE} <= found.keys()
    return found if complete else None


def headings_of(line: str) -> tuple[str, tuple[str, ...]] | None:
    """Delimiter and headings of a line that makes a spectrum, None for any other line."""
    if "z" not in line.lower() and "imp" not in line.lower():
        return None
    for delimiter in DELIMITERS:
        cells = tuple(cell.strip() for cell in _cells(line, delimiter))
        while cells and not cells[-1]:
            cells = cells[:-1]
        if 3 <= len(cells) <= MOST_COLUMNS and understood(cells) is not None:
            return delimiter, cells
    return None


def blocks(lines: Sequence[str], *, ends_with_line_feed: bool) -> Iterator[Block]:
    """Every table of impedances of a text.

    Args:
        lines: The text.
        ends_with_line_feed: Whether the last line is known to be whole.
    """
    current: Block | None = None
    last = next((place for place in range(len(lines) - 1, -1, -1) if lines[place].strip()), -1)
    for place, line in enumerate(lines):
        found = headings_of(line)
        if found is not None:
            if current is not None:
                yield current
            current = Block(found[1], found[0])
        elif current is not None and line.strip():
            whole = ends_with_line_feed or place < last or _as_long(lines, place)
            _add(current, line, whole=whole)
    if current is not None:
        yield current


def _add(block: Block, line: str, *, whole: bool) -> None:
    """Adds a row; lines of units and texts below the headings are no rows."""
    cells = [cell.strip().strip('"') for cell in _cells(line, block.delimiter)]
    comma = block.delimiter != "," and decimal_comma([cells])
    if comma:
        cells = [cell.replace(",", ".") for cell in cells]
    numbers = sum(map(is_number, cells))
    if len(cells) >= len(block.headings) and numbers >= 3 and whole:
        block.rows.append(cells)
    elif numbers:
        block.damaged += 1


def _cells(line: str, delimiter: str) -> list[str]:
    """Cells of a line; a quotation mark may be part of a heading (`Z"`), so that it only counts in pairs."""
    if delimiter != WHITESPACE and line.count('"') % 2:
        return line.split(delimiter)
    return split(line, delimiter)


def _as_long(lines: Sequence[str], place: int) -> bool:
    """Whether a last line without line feed is about as long as the one before, so that it is not cut."""
    before = next((lines[other] for other in range(place - 1, -1, -1) if lines[other].strip()), "")
    return len(lines[place].rstrip()) >= 0.85 * len(before.rstrip())


def _values(texts: Sequence[str], meant: Heading) -> Array:
    values: Array = np.array([as_number(text) for text in texts], dtype=np.float64) * meant.factor
    return values


def _slug(text: str) -> str:
    return "".join(text.lower().split())
