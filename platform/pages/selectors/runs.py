"""Where every number of a run comes from: each parameter with the record it was read from, as far as one may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, RunContext, Slot
from measurements.models import CellTest, Measurement
from samples.models import Cell, Material

_PROJECT_BY: dict[type[Model], str] = {Cell: "project", CellTest: "sample__project", Measurement: "sample__project"}
INSIGHTS = "insights."
"""How the names of kernels begin that do nothing but suggest."""
_SUGGESTS = (INSIGHTS, "eis.before_after")
_SHOWABLE = (*_PROJECT_BY, Material)


@dataclass(frozen=True)
class ParameterRow:
    """A parameter of a run as it was used.

    Attributes:
        key: Its name.
        unit: Canonical unit, empty for texts.
        value: What the kernel was given; None where it was not known.
        text: The same for reading, without its unit.
        source: `record`, `person`, `default` or `unknown`.
        record: The record that was asked; None where there is none or it is closed to the person.
        field: Which field of that record.
        now: What the record says today, where that is something else; else empty.
        description: What the parameter means.
    """

    key: str
    unit: str
    value: Any
    text: str
    source: str
    record: Any
    field: str
    now: str
    description: str


def visible_runs(user: Any) -> QuerySet[AnalysisRun]:
    """Runs with what pages show of them."""
    return AnalysisRun.objects.visible_to(user).select_related(
        "release", "measurement__sample__project", "subject__project", "supersedes", "verifies", "requested_by"
    )


def current_run_ids(measurement: Measurement) -> set[Any]:
    """Runs whose results stand for the measurement today."""
    return set(Slot.objects.filter(measurement=measurement).values_list("current_run", flat=True))


def main_run(runs: Iterable[AnalysisRun]) -> AnalysisRun | None:
    """The run whose numbers stand for a measurement: of the kernel that the platform names first."""
    order = {kernel.name: place for place, kernel in enumerate(KERNELS)}
    return min(runs, key=lambda run: order.get(run.release.name, len(order)), default=None)


def suggestions(runs: Iterable[AnalysisRun]) -> list[AnalysisRun]:
    """Those of the runs whose kernels suggest something, as far as they have something to say."""
    return [run for run in runs if suggests(run) and run.warnings]


def suggests(run: AnalysisRun) -> bool:
    """Whether what the run says is a suggestion, and no warning."""
    return run.release.name.startswith(_SUGGESTS)


def said_once(runs: Iterable[AnalysisRun]) -> list[tuple[AnalysisRun, str]]:
    """Warnings of runs, each once however many runs say it, with the first run in the order of the kernels."""
    order = {kernel.name: place for place, kernel in enumerate(KERNELS)}
    found: dict[str, AnalysisRun] = {}
    for run in sorted(runs, key=lambda run: order.get(run.release.name, len(order))):
        for warning in run.warnings:
            found.setdefault(warning, run)
    return [(run, warning) for warning, run in found.items()]


def parameter_rows(run: AnalysisRun, user: Any) -> list[ParameterRow]:
    """Every parameter of the run, in the kernel's order."""
    context = {row.parameter: row for row in run.context.all()}
    records = _records(list(context.values()), user)
    return [_row(run, described, context.get(described["key"]), records) for described in run.release.parameters]


def _records(context: list[RunContext], user: Any) -> dict[Any, Any]:
    """The records that were read, as far as this person may see them, one query per model."""
    found: dict[Any, Any] = {}
    for label in {row.record for row in context}:
        model = apps.get_model(label)
        if model not in _SHOWABLE:
            continue
        manager: Any = model._default_manager
        rows = manager.visible_to(user).filter(pk__in=[row.record_id for row in context if row.record == label])
        if model in _PROJECT_BY:
            rows = rows.select_related(_PROJECT_BY[model])
        found |= {record.pk: record for record in rows}
    return found


def _row(run: AnalysisRun, described: dict[str, Any], read: RunContext | None, records: dict[Any, Any]) -> ParameterRow:
    key, unit, value = described["key"], described["unit"], run.parameters.get(described["key"])
    record = records.get(read.record_id) if read else None
    source = _source(run, described, value, read)
    now = ""
    if source == "record" and read is not None and record is not None:
        today = getattr(record, read.field)
        now = _said(today) if today != read.value else ""
    return ParameterRow(
        key=key,
        unit=unit,
        value=value,
        text=_said(value),
        source=source,
        record=record,
        field=read.field if read else "",
        now=now,
        description=described["description"],
    )


def _source(run: AnalysisRun, described: dict[str, Any], value: Any, read: RunContext | None) -> str:
    if described["key"] in run.given:
        return "person"
    if value is None:
        return "unknown"
    return "record" if read is not None and read.value not in {None, ""} else "default"


def _said(value: Any) -> str:
    """In full, for what was used must be told exactly."""
    if value is None or value == "":
        return "not known"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
