"""What can be searched: kinds of records, how values reach them, and the fields that may be asked for.

Apps above register their own kinds with `TARGETS.add` and their fields with `FIELDS.add`; projects' own fields come
with `FIELDS.add_for_user`, because who may see a project decides who may see its fields.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from analysis_tasks.models import Result
from measurements.models import Measurement
from samples.models import Cell, Process, Sample
from search.language import Catalogue, Field, Level


@dataclass(frozen=True)
class Route:
    """How values of a level reach a record.

    Attributes:
        value: Column of the side table: `record`, `sample` or `measurement`.
        column: Column of the record's table that it is compared with.
        wrap: SQL around the values, with `{}` for them, where they reach the record through another table;
            `{visible:s.project_id}` becomes the condition that a project may be seen.
    """

    value: str
    column: str = "id"
    wrap: str = "{}"


@dataclass(frozen=True)
class Target:
    """A kind of record that can be searched.

    Attributes:
        name: As in addresses.
        model: Its model.
        table: Table of the key that conditions are about.
        routes: How values reach it, by level, the nearest first.
        lineage: How samples of its lineage reach it.
    """

    name: str
    model: Any
    table: str
    routes: Mapping[Level, Route]
    lineage: Route

    @property
    def levels(self) -> frozenset[Level]:
        """Levels of fields that may be asked for."""
        return frozenset(self.routes)


_OF_SAMPLES: Final = {
    Level.SAMPLE: Route("sample"),
    Level.MEASUREMENT: Route("sample"),
    Level.RESULT: Route("sample"),
}
_SAMPLES: Final = Target("samples", Sample, "samples_sample", _OF_SAMPLES, Route("sample"))
_CELLS: Final = Target("cells", Cell, "samples_sample", _OF_SAMPLES, Route("sample"))
_PROCESSES: Final = Target("processes", Process, "samples_process", {Level.PROCESS: Route("record")}, Route("sample"))
_MEASUREMENTS: Final = Target(
    "measurements",
    Measurement,
    "measurements_measurement",
    {
        Level.MEASUREMENT: Route("measurement"),
        Level.SAMPLE: Route("sample", "sample_id"),
        Level.RESULT: Route("measurement"),
    },
    Route("sample", "sample_id"),
)
_RESULTS: Final = Target(
    "results",
    Result,
    "analysis_tasks_result",
    {
        Level.RESULT: Route("record"),
        Level.MEASUREMENT: Route("measurement", "measurement_id"),
        Level.SAMPLE: Route("sample", "subject_id"),
    },
    Route("sample", "subject_id"),
)


@dataclass
class Targets:
    """The kinds of records by name."""

    known: dict[str, Target] = field(default_factory=dict)

    def add(self, target: Target) -> None:
        """Adds a kind; called by its app when it is ready."""
        self.known[target.name] = target

    def __getitem__(self, name: str) -> Target:
        return self.known[name]

    def names(self) -> list[str]:
        """Their names in order."""
        return sorted(self.known)


TARGETS: Final = Targets({one.name: one for one in (_SAMPLES, _CELLS, _PROCESSES, _MEASUREMENTS, _RESULTS)})

Declared = Callable[[], Sequence[Field]]
DeclaredForUser = Callable[[Any], Sequence[Field]]


@dataclass
class Fields:
    """Where fields are declared."""

    always: list[Declared] = field(default_factory=list)
    for_user: list[DeclaredForUser] = field(default_factory=list)

    def add(self, declare: Declared) -> None:
        """Fields that are there for everybody."""
        if declare not in self.always:
            self.always.append(declare)
            common_catalogue.cache_clear()

    def add_for_user(self, declare: DeclaredForUser) -> None:
        """Fields that depend on who asks."""
        if declare not in self.for_user:
            self.for_user.append(declare)

    def catalogue(self, user: Any) -> Catalogue:
        """Everything that this person may ask for."""
        own = [one for declare in self.for_user for one in declare(user)]
        common = common_catalogue()
        return Catalogue([*common.values(), *own]) if own else common


FIELDS: Final = Fields()


@functools.cache
def common_catalogue() -> Catalogue:
    """The fields that are there for everybody."""
    return Catalogue(one for declare in FIELDS.always for one in declare())
