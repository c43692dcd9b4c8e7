"""What a reader is: a name, a score by content, and a function from bytes on disk to tables.

Readers are pure: no Django, no settings, no clock. The registry in `measurements.readers` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from core.tables import Table

HEAD_BYTES = 65_536


class UnreadableFile(ValueError):
    """A file that a reader refuses. The message tells a scientist what was found and what would be right."""


class NeedsMapping(UnreadableFile):
    """A table whose columns a person must name first; nothing is guessed.

    Attributes:
        columns: The headers found, in order.
        sample: The first rows as texts, for the person who decides.
    """

    def __init__(self, message: str, columns: list[str], sample: list[list[str]]) -> None:
        super().__init__(message)
        self.columns = columns
        self.sample = sample

    @property
    def details(self) -> dict[str, Any]:
        """The proposal as plain values."""
        return {"columns": self.columns, "sample": self.sample}


@dataclass(frozen=True)
class Source:
    """A file to be recognised or read.

    Attributes:
        path: Where its bytes are.
        name: The name it came with, which may tell nothing or lie.
    """

    path: Path
    name: str

    @classmethod
    def at(cls, path: Path) -> Source:
        """A source under its own file name."""
        return cls(path, path.name)

    @cached_property
    def size(self) -> int:
        """Size in bytes."""
        return self.path.stat().st_size

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB: enough to recognise every format."""
        with self.path.open("rb") as file:
            return file.read(HEAD_BYTES)

    @property
    def suffix(self) -> str:
        """Lower-case suffix of the name, with its dot."""
        return Path(self.name).suffix.lower()


@dataclass(frozen=True)
class Match:
    """How well a reader fits a file.

    Attributes:
        score: 0 (not this format) to 1 (the format's own signature, verified).
        reason: What was seen, in one line for the match report.
    """

    score: float
    reason: str


NO_MATCH = Match(0.0, "no sign of this format")


@dataclass(frozen=True)
class Reading:
    """What a reader made of a file.

    Attributes:
        tables: Named tables; time series are called `records`, in Battery Data Format columns.
        technique: Technique key (`cycling`, `eis`, `ocv`, `mixed` ...).
        metadata: Plain JSON values: `started_at` (ISO 8601 as written, zone only where the file states one),
            `instrument`, `channel`, `software`, settings ...
        warnings: What a person should know (truncated, unknown columns kept raw ...), one sentence each.
    """

    tables: tuple[Table, ...]
    technique: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises:
            KeyError: There is none.
        """
        for candidate in self.tables:
            if candidate.name == name:
                return candidate
        raise KeyError(f"no table {name}; there are {', '.join(t.name for t in self.tables)}")


@dataclass(frozen=True)
class Reader:
    """One file format.

    Attributes:
        name: Unique key, the module's name (`biologic_mpr`).
        version: Raised by hand whenever the reader would read any file differently.
        format: Key of the format (`biologic-mpr`).
        label: What a person calls it (`BioLogic EC-Lab binary (.mpr)`).
        extensions: Usual suffixes, for the file chooser only: recognition goes by content.
        techniques: Technique keys it can yield.
        score: Looks at `Source.head` (and the tail if it must) and says how well the format fits.
        read: Reads the whole file; options are `{"key": "text"}` such as a column mapping.
            Raises UnreadableFile with a sentence for the person who uploaded.
    """

    name: str
    version: str
    format: str
    label: str
    extensions: tuple[str, ...]
    techniques: tuple[str, ...]
    score: Callable[[Source], Match]
    read: Callable[[Source, Mapping[str, str]], Reading]
