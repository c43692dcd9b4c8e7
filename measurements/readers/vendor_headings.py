"""What a cycler's own headings mean: label and unit told apart, both looked up, nothing guessed.

A vendor's module lists its labels; the unit comes from the heading itself (`Current(mA)`, `U[V]`, `Voltage/V`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from measurements.readers.base import UnreadableFile
from measurements.readers.bdf_terms import TERMS, TIME_SERIES, Term, conversion

CLOCK = "h:m:s"

# Ways to write a unit that only cyclers have; time units are compared without case.
_UNITS: Mapping[str, Mapping[str, str]] = {
    "s": {"secs": "s", "hours": "h", "hrs": "h", "mins": "min", "minutes": "min", "minute": "min"},
    "A": {"amps": "A", "Amps": "A", "Amp": "A", "mAmps": "mA"},
    "V": {"Volts": "V", "volts": "V"},
    "Ah": {"Amp-hr": "Ah", "Amp-hrs": "Ah", "mAmp-hr": "mAh", "AH": "Ah", "mAH": "mAh"},
    "Wh": {"Watt-hr": "Wh", "Watt-hrs": "Wh", "WH": "Wh", "mWH": "mWh"},
    "degC": {"C": "degC", "℃": "degC", "deg C": "degC", "F": "degF"},
    "ohm": {"Ohms": "ohm", "mOhms": "mohm", "mO": "mohm", "O": "ohm"},
}
_BRACKETED = re.compile(r"(?P<label>.*?)[\s_]*[(\[（](?P<unit>[^()\[\]（）]*)[)\]）]\.?", re.DOTALL)
_DIVIDED = re.compile(r"(?P<label>[^/]*?)\s*/\s*(?P<unit>[^\s].*)", re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """One column a vendor writes.

    Attributes:
        term: The Battery Data Format column it becomes.
        labels: Spellings without unit; case, blanks and punctuation do not matter.
        unit: Unit where the heading states none, because the vendor's format fixes it; empty: it must be stated.
    """

    term: str
    labels: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class Assigned:
    """What one heading of a file means.

    Attributes:
        term: The column it becomes.
        factor: What a value is multiplied by to be in the term's unit ...
        offset: ... and what is then added.
        clock: The values are clocks (`12:05:00`), or may be.
    """

    term: Term
    factor: float = 1.0
    offset: float = 0.0
    clock: bool = False


def heading(term: str, *labels: str, unit: str = "") -> Heading:
    """A `Heading`, as one line of a vendor's table."""
    return Heading(term, labels, unit)


def plain(label: str) -> str:
    """A label without what spellings differ in: case, blanks, punctuation."""
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]+", "", label.casefold())


def label_and_unit(text: str) -> tuple[str, str | None]:
    """`Current(mA)`, `U[V]` or `Voltage/V` as label and unit; None where there is no unit."""
    stripped = " ".join(text.split())
    found = _BRACKETED.fullmatch(stripped) or _DIVIDED.fullmatch(stripped)
    return (found["label"], found["unit"].strip()) if found and found["label"] else (stripped, None)


class Vocabulary:
    """All headings of one vendor, looked up by label."""

    def __init__(self, headings: Iterable[Heading]) -> None:
        self._by_label: dict[str, list[Heading]] = {}
        for entry in headings:
            for label in entry.labels:
                self._by_label.setdefault(plain(label), []).append(entry)

    def hits(self, headers: Iterable[str]) -> int:
        """How many different columns the headers name, whatever their units."""
        found = {entries[0].term for header in headers if (entries := self._entries(header))}
        return len(found)

    def assign(self, headers: Sequence[str]) -> dict[str, Assigned]:
        """What the headers of one file mean; of two with the same meaning the first counts.

        Raises:
            UnreadableFile: Time, voltage or current has a unit that is not known, or none where one is needed.
        """
        assigned: dict[str, Assigned] = {}
        taken: set[str] = set()
        for header in headers:
            meant = self._meaning(header)
            if meant is not None and meant.term.name not in taken:
                taken.add(meant.term.name)
                assigned[header] = meant
        return assigned

    def _entries(self, header: str) -> list[Heading]:
        # A unit may itself be part of the label (`Amp-hr`), and a second heading of the same name has a number.
        whole = re.sub(r" \(\d+\)$", "", header)
        return self._by_label.get(plain(whole)) or self._by_label.get(plain(label_and_unit(whole)[0]), [])

    def _meaning(self, header: str) -> Assigned | None:
        entries = self._entries(header)
        complaint: UnreadableFile | None = None
        for entry in entries:
            try:
                return _assigned(entry, header)
            except UnreadableFile as problem:
                complaint = problem
        if complaint is not None and entries[0].term in TIME_SERIES:
            raise complaint
        return None


def _assigned(entry: Heading, header: str) -> Assigned:
    term = TERMS[entry.term]
    stated = label_and_unit(header)[1]
    unit = entry.unit if stated is None else stated
    if not term.unit:
        if stated:
            raise UnreadableFile(f"column {header!r} has the unit {stated!r}, where {term.name} has none")
        return Assigned(term)
    if term.unit == "s" and (not unit or ":" in unit):
        return Assigned(term, clock=True)
    if not unit:
        raise UnreadableFile(f"column {header!r} states no unit; it should read like '{header}({term.unit})'")
    known = _UNITS.get(term.unit, {})
    spelled = unit.rstrip(".").casefold() if term.unit == "s" else unit
    factor, offset = conversion(term, known.get(spelled, spelled), header)
    return Assigned(term, factor, offset)
