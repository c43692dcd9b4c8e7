"""What the readers of vendors' impedance exports share: a signature, headings, and the lines above as metadata.

Each of those readers is a table of a few words about its vendor; the work is done here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.impedance_text import blocks, headings_of
from measurements.readers.spectra import head_text, reading_of, started_at, text_of

_PREAMBLE = 400  # lines above the first headings


@dataclass(frozen=True)
class Export:
    """One vendor's text export.

    Attributes:
        name: Key of the reader.
        format: Key of the format.
        label: What a person calls it.
        extensions: Usual suffixes.
        signature: What the beginning of the file holds and no other format does; empty for headings alone.
        score: How sure signature and headings together make it.
        labels: Text before `:` or `=` above the headings -> key of the metadata.
        started: Pattern of the start in the lines above, with groups `date` and `time`; empty for none.
        metadata: What is known of every such file.
    """

    name: str
    format: str
    label: str
    extensions: tuple[str, ...]
    signature: str = ""
    score: float = 1.0
    labels: Mapping[str, str] = field(default_factory=dict)
    started: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def reader_of(export: Export, version: str = "1") -> Reader:
    """The reader of a vendor's export."""

    def score(source: Source) -> Match:
        text = head_text(source)
        if not text or (export.signature and not re.search(export.signature, text[:8192])):
            return NO_MATCH
        for line in re.split(r"\r\n|\r|\n", text)[:_PREAMBLE]:
            if headings_of(line) is not None:
                return Match(export.score, f"headings of a spectrum: {line.strip()[:80]}")
        if not export.signature:
            return NO_MATCH
        return Match(0.5 * export.score, f"begins as {export.label}, but no headings of a spectrum were found")

    def read(source: Source, options: Mapping[str, str]) -> Reading:
        del options
        return read_export(source, export)

    return Reader(
        name=export.name,
        version=version,
        format=export.format,
        label=export.label,
        extensions=export.extensions,
        techniques=("eis",),
        score=score,
        read=read,
    )


def read_export(source: Source, export: Export) -> Reading:
    """Reads all spectra of a text export: table `spectrum`.

    Raises:
        UnreadableFile: No line of headings names frequency and impedance, or no row below them holds numbers.
    """
    text = text_of(source)
    lines = text.split("\n")
    found = list(blocks(lines, ends_with_line_feed=text.endswith("\n")))
    if not found:
        raise UnreadableFile(
            "no line names a frequency with real and imaginary part (or modulus and phase) of an impedance, "
            "such as freq/Hz, Re(Z)/Ohm, -Im(Z)/Ohm; export the file again with these columns"
        )
    warnings: list[str] = []
    sweeps = []
    for block in found:
        if not block.rows:
            continue
        sweep, said = block.sweep()
        sweeps.append(sweep)
        warnings += [sentence for sentence in said if sentence not in warnings]
    damaged = sum(block.damaged for block in found)
    if damaged:
        warnings.append(f"truncated or damaged: {damaged} rows that are not complete were left out")
    return reading_of(sweeps, _metadata(lines, export), warnings, "the table below the headings")


def _metadata(lines: list[str], export: Export) -> dict[str, Any]:
    """What the lines above the first headings say."""
    found: dict[str, Any] = dict(export.metadata)
    above = []
    for line in lines[:_PREAMBLE]:
        if headings_of(line) is not None:
            break
        above.append(line)
    for line in above:
        label, mark, value = re.match(r"#?\s*([^:=]*)([:=]?)(.*)", line).groups()  # type: ignore[union-attr]
        key = export.labels.get(label.strip().lower())
        if mark and key and value.strip():
            found[key] = {"true": True, "false": False}.get(value.strip().lower(), value.strip())
    start = re.search(export.started, "\n".join(above)) if export.started else None
    if start is not None:
        found |= started_at(start["date"], start["time"] or "")
    return found
