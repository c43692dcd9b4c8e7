"""Fields that a query can ask for: their names, kinds and units, and of which records they are.

A catalogue is made from what the apps declare and from what projects define; the parser, the compiler and the
completion all look fields up here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum


class Kind(StrEnum):
    """What the values of a field are."""

    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    REFERENCE = "reference"
    DATE = "date"
    FLAG = "flag"


class Level(StrEnum):
    """What a value is recorded of."""

    SAMPLE = "sample"
    PROCESS = "process"
    MEASUREMENT = "measurement"
    RESULT = "result"
    COMPARISON = "comparison"


@dataclass(frozen=True)
class Reference:
    """A table whose records a field refers to, and the columns that hold their names."""

    table: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """Something that a query can ask for.

    Attributes:
        key: Its name in queries.
        kind: What its values are.
        levels: Of which records it is recorded.
        label: What a person calls it.
        unit: Canonical unit of a number, empty for other kinds.
        choices: Values of a choice by their keys, with what a person reads.
        words: Texts that stand for a number that is not known (`RT`).
        reference: Of a reference, where the names are.
        searchable: Whether words without a field are looked for in it.
        direct: Column of a table that is looked at instead of the side table, by level: SQL that gives the ids of
            the records, with `{match}` where the text is compared.
        aliases: Other names for it.
        stored: Keys that its values have in the side table, where these are not its own key.
    """

    key: str
    kind: Kind
    levels: frozenset[Level]
    label: str = ""
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    reference: Reference | None = None
    searchable: bool = False
    direct: Mapping[Level, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()

    @property
    def stored_keys(self) -> list[str]:
        """Keys of its values in the side table."""
        return list(self.stored or (self.key,))


class Catalogue(Mapping[str, Field]):
    """All fields by key. The same field of several records is one entry with several levels."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields: dict[str, Field] = {}
        self._names: dict[str, str] = {}
        for one in fields:
            self._add(one)

    def _add(self, new: Field) -> None:
        known = self._fields.get(new.key)
        if known is not None:
            if (known.kind, known.unit) != (new.kind, new.unit):
                raise ValueError(
                    f"the field {new.key} is declared as {known.kind} in {known.unit or 'no unit'} "
                    f"and as {new.kind} in {new.unit or 'no unit'}"
                )
            new = replace(
                known,
                levels=known.levels | new.levels,
                choices={**known.choices, **new.choices},
                words=tuple(dict.fromkeys((*known.words, *new.words))),
                searchable=known.searchable or new.searchable,
                direct={**known.direct, **new.direct},
                aliases=tuple(dict.fromkeys((*known.aliases, *new.aliases))),
                stored=tuple(dict.fromkeys((*known.stored, *new.stored))),
                label=known.label or new.label,
            )
        self._fields[new.key] = new
        for name in (new.key, *new.aliases):
            self._names[name.casefold()] = new.key

    def __getitem__(self, key: str) -> Field:
        return self._fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def named(self, name: str) -> Field | None:
        """The field of a name or alias, in any case."""
        key = self._names.get(name.casefold()) or self._names.get(name.casefold().replace("-", "_"))
        return None if key is None else self._fields[key]

    def near(self, name: str, levels: frozenset[Level]) -> list[str]:
        """Names of fields that somebody may have meant."""
        known = [key for key, one in self._fields.items() if one.levels & levels]
        return get_close_matches(name.casefold().replace("-", "_"), known, n=3, cutoff=0.6)

    def of(self, levels: frozenset[Level]) -> list[Field]:
        """Fields that are recorded on one of the levels, by key."""
        return sorted((one for one in self._fields.values() if one.levels & levels), key=lambda one: one.key)
