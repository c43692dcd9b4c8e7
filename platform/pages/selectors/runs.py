"""Where every number of a run comes from: each parameter with its source, each input with its hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.jobs import State
from django.apps import apps
from django.db.models import Model, QuerySet

from analysis_tasks.models import AnalysisRun, RunContext, Slot
from measurements.models import CellTest, Measurement
from samples.models import Cell, Material

_SHOWABLE: tuple[type[Model], ...] = (Cell, CellTest, Measurement, Material)


@dataclass(frozen=True)
class ParameterRow:
    """A parameter of a run as it was used.

    Attributes:
        key: Its name.
        unit: Canonical unit, empty for texts.
        value: What the kernel was given; None where it was not known.
        source: `record`, `person`, `default` or `unknown`.
        record: The record that it was read from.
        field: Which field of that record.
        now: What the record says today, where that is something else.
        description: What the parameter means.
    """

    key: str
    unit: str
    value: Any
    source: str
    record: Any
    field: str
    now: Any
    description: str


def visible_runs(user: Any) -> QuerySet[AnalysisRun]:
    """Runs with what pages show of them."""
    return AnalysisRun.objects.visible_to(user).select_related(
        "release", "measurement__sample__project", "subject__project", "supersedes", "verifies"
    )


def current_run_ids(measurement: Measurement) -> set[Any]:
    """Runs whose results stand for the measurement today."""
    return set(Slot.objects.filter(measurement=measurement).values_list("current_run", flat=True))


def parameter_rows(run: AnalysisRun, user: Any) -> list[ParameterRow]:
    """Every parameter of the run, in the kernel's order."""
    context = {row.parameter: row for row in run.context.all()}
    records = _records(list(context.values()), user)
    return [
        _row(described, run.parameters.get(described["key"]), context.get(described["key"]), records)
        for described in run.release.parameters
    ]


def chosen_by_person(rows: list[ParameterRow]) -> dict[str, Any]:
    """The values that a person set."""
    return {row.key: row.value for row in rows if row.source == "person"}


def is_stale(run: AnalysisRun, rows: list[ParameterRow]) -> bool:
    """Whether a record says something else by now than when the run read it."""
    return run.state == State.SUCCEEDED and any(row.source == "record" and row.now is not None for row in rows)


def _records(context: list[RunContext], user: Any) -> dict[tuple[str, Any], Any]:
    """The records that were read, as far as this person may see them, one query per model."""
    found: dict[tuple[str, Any], Any] = {}
    for label in {row.record for row in context}:
        model = apps.get_model(label)
        if model not in _SHOWABLE:
            continue
        keys = [row.record_id for row in context if row.record == label]
        manager: Any = model._default_manager
        relation = {CellTest: "sample__project", Measurement: "sample__project", Cell: "project"}.get(model)
        rows = manager.visible_to(user).filter(pk__in=keys)
        rows = rows.select_related(relation) if relation else rows
        found |= {(label, record.pk): record for record in rows}
    return found


def _row(
    described: dict[str, Any], value: Any, read: RunContext | None, records: dict[tuple[str, Any], Any]
) -> ParameterRow:
    record = records.get((read.record, read.record_id)) if read else None
    is_read = read is not None and read.value is not None and read.value == value
    if value is None:
        source = "unknown"
    elif is_read:
        source = "record"
    elif value == described["default"]:
        source = "default"
    else:
        source = "person"
    now = None
    if record is not None and read is not None and is_read:
        today = _today(record, read)
        now = today if today != read.value else None
    return ParameterRow(
        key=described["key"],
        unit=described["unit"],
        value=value,
        source=source,
        record=record,
        field=read.field if read else "",
        now=now,
        description=described["description"],
    )


def _today(record: Any, read: RunContext) -> Any:
    if read.field == "rate":  # the run read the 1C convention that the rate states
        rate = record.parsed_rate
        return rate.one_c if rate else None
    return getattr(record, read.field)
