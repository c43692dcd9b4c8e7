"""What is known of one row of a comparison, and table cells made of it, each with its origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from analysis_tasks.models import Result
from comparisons.table import ColumnSpec, Origin, TableCell
from measurements.models import CellTest, Measurement
from samples.models import Cell, Process, ProcessInput, Sample


@dataclass(frozen=True)
class Ancestry:
    """What a cell was made by and from, the nearest first, as far as the person may see it."""

    processes: Sequence[Process] = ()
    samples: Sequence[Sample] = ()
    inputs: Sequence[ProcessInput] = ()


@dataclass(frozen=True)
class RowFacts:
    """What is known of one row.

    Attributes:
        subject: The cell, or the sample of another kind.
        measurement: The measurement its numbers come from; None where each comes from the latest that has it.
        results: Results by quantity.
        ancestry: What the subject was made by and from; empty where no column asks for it.
        measured: Results of the subject's latest measurement of each technique, by technique and quantity.
    """

    subject: Sample
    measurement: Measurement | None
    results: Mapping[str, Result] = field(default_factory=dict)
    ancestry: Ancestry = field(default_factory=Ancestry)
    measured: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)

    @property
    def cell(self) -> Cell | None:
        """The subject, where it is a battery cell."""
        return self.subject if isinstance(self.subject, Cell) else None

    @property
    def test(self) -> CellTest | None:
        """The measurement, where it is a cell's test."""
        return self.measurement if isinstance(self.measurement, CellTest) else None

    @property
    def simulated(self) -> bool:
        """Whether its subject or its measurement are."""
        return self.subject.simulated or bool(self.measurement and self.measurement.simulated)


@dataclass(frozen=True)
class Column:
    """A column with the function that fills it.

    Attributes:
        spec: Key, header and unit.
        fill: From what is known of a row to a table cell.
        aggregate: How a group of rows becomes one value.
    """

    spec: ColumnSpec
    fill: Callable[[RowFacts], TableCell]
    aggregate: str = "mean"


def origin_of_result(result: Result) -> Origin:
    """Where a stored number comes from."""
    if result.run is not None:
        return Origin("run", "analysis_tasks.analysisrun", result.run.pk, str(result.run.release), result.simulated)
    if result.publication is not None:
        label = f"{result.publication.label}, {result.locator}"
        return Origin("publication", "samples.publication", result.publication.pk, label, result.simulated)
    return Origin("manual", "analysis_tasks.result", result.pk, f"{result.person}: {result.reason}", result.simulated)


def of_record(record: Any, text: str, *, simulated: bool, value: float | None = None, unit: str = "") -> TableCell:
    """A fact that stands on a record."""
    origin = Origin("record", record._meta.label_lower, record.pk, str(record), simulated)
    return TableCell(text, value, unit, origin if text else None)


def of_test(facts: RowFacts, text: str, *, value: float | None = None, unit: str = "", note: str = "") -> TableCell:
    """A condition of the row's measurement: from its publication, where it has one."""
    test = facts.measurement
    if test is None or not text:
        return TableCell(note=note)
    if test.publication is not None:
        label = f"{test.publication}, {test.locator}"
        origin = Origin("publication", "samples.publication", test.publication.pk, label)
    else:
        origin = Origin("record", test._meta.label_lower, test.pk, str(test), test.simulated)
    return TableCell(text, value, unit, origin, note)


def keys_of(results: Sequence[Result]) -> tuple[UUID, ...]:
    """Keys of results."""
    return tuple(result.pk for result in results)
