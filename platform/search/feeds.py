"""Where the values of the side table come from: feeds, each a query over one kind of row.

A feed is declared once, with the tables whose changes concern it. From it come the triggers that keep the side table
in step, the rebuild, and the comparison of both. Apps add feeds of their own with `FEEDS.add`; the next `migrate`
installs them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from search.language import Level

COLUMNS: Final = (
    "feed",
    "owner",
    "level",
    "record",
    "sample",
    "measurement",
    "field",
    "number",
    "uncertainty",
    "text",
    "ref",
    "origin",
)
TABLE: Final = "search_value"


@dataclass(frozen=True)
class Fact:
    """One value of a row, as SQL over the row `r`.

    Attributes:
        field: Key of the field: a name, or SQL where `computed` says so.
        number: The number in the field's canonical unit.
        text: The text, the key of a choice, or `yes` and `no`.
        ref: Key of the record that is referred to.
        computed: Whether `field` is SQL.
    """

    field: str
    number: str = ""
    text: str = ""
    ref: str = ""
    computed: bool = False

    def sql(self) -> str:
        """A row of VALUES."""
        key = self.field if self.computed else f"'{self.field}'"
        return (
            f"({key}, {self.number or 'NULL'}::double precision, nullif({self.text or 'NULL'}::text, ''),"
            f" {self.ref or 'NULL'}::uuid)"
        )


@dataclass(frozen=True)
class Watch:
    """A table whose changes concern a feed.

    Attributes:
        table: Its name.
        owners: SQL that gives the keys of the feed's rows that are concerned, from the changed rows `{changed}`.
    """

    table: str
    owners: str


@dataclass(frozen=True)
class Feed:
    """Values of one kind of row.

    Attributes:
        name: Unique name.
        source: What is read: a FROM clause in which the row is called `r`.
        owner: Key of the row, as SQL.
        level: What the values are recorded of.
        record: Key of the record they are recorded of, as SQL.
        facts: The values.
        watches: What it must be asked again after.
        sample: Key of the sample that the values speak of, NULL for processes.
        measurement: Key of the measurement that the values speak of, or NULL.
        uncertainty: Standard uncertainty of the numbers.
        origin: Where the values come from.
        condition: Which rows count.
    """

    name: str
    source: str
    owner: str
    level: Level
    record: str
    facts: Sequence[Fact]
    watches: Sequence[Watch]
    sample: str = "NULL"
    measurement: str = "NULL"
    uncertainty: str = "NULL"
    origin: str = "'record'"
    condition: str = "TRUE"

    def select(self, owners: str = "") -> str:
        """SQL of its values: of all rows, or of those whose keys are in an array."""
        values = ", ".join(fact.sql() for fact in self.facts)
        bound = f" AND {self.owner} = ANY ({owners})" if owners else ""
        return (
            f"SELECT '{self.name}'::text, {self.owner}::uuid, '{self.level}'::text, {self.record}::uuid,"
            f" {self.sample}::uuid, {self.measurement}::uuid, v.field, v.number,"
            f" CASE WHEN v.number IS NOT NULL THEN {self.uncertainty}::double precision END, v.text, v.ref,"
            f" {self.origin}::text"
            f" FROM {self.source} CROSS JOIN LATERAL (VALUES {values}) AS v(field, number, text, ref)"
            f" WHERE (v.number IS NOT NULL OR v.text IS NOT NULL OR v.ref IS NOT NULL)"
            f" AND ({self.condition}){bound}"
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that it watches."""
        return tuple(dict.fromkeys(watch.table for watch in self.watches))

    @property
    def fingerprint(self) -> str:
        """Hash of what it says; another one means that its values must be made again."""
        said = "\n".join((self.select(), *(f"{watch.table}: {watch.owners}" for watch in self.watches)))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


Declared = Callable[[], Sequence[Feed]]


@dataclass
class Feeds:
    """The feeds of all apps. They are declared as functions, because models are not there when apps start."""

    declared: list[Declared] = field(default_factory=list)

    def add(self, declare: Declared) -> None:
        """Adds feeds; called once by each app when it is ready."""
        if declare not in self.declared:
            self.declared.append(declare)

    def __iter__(self) -> Iterator[Feed]:
        for declare in self.declared:
            yield from declare()


FEEDS: Final = Feeds()
