"""What the laboratory's computers are doing: running, failed, waiting for a person; and what records lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from analysis_tasks.models import AnalysisRun
from core.jobs import State
from core.withdrawal import standing
from measurements.models import FileReading, Measurement
from samples.models import Cell, Sample

_UNFINISHED = (State.QUEUED, State.RUNNING)


@dataclass(frozen=True)
class Work:
    """What goes on, newest first."""

    readings: list[FileReading]
    runs: list[AnalysisRun]

    @property
    def is_going_on(self) -> bool:
        """Whether anything is still to end."""
        return bool(self.readings or self.runs)


def work_under_way(user: Any, *, limit: int = 20) -> Work:
    """Readings and runs that have not ended."""
    return Work(
        readings=list(_readings(user).filter(state__in=_UNFINISHED)[:limit]),
        runs=list(_runs(user).filter(state__in=_UNFINISHED)[:limit]),
    )


def failed_readings(user: Any) -> QuerySet[FileReading]:
    """Files that could not be read, unless a later reading of the same file is there."""
    return _last_readings(user).filter(state=State.FAILED, proposal={})


def readings_that_ask(user: Any) -> QuerySet[FileReading]:
    """Tables whose columns a person must name."""
    return _last_readings(user).filter(state=State.FAILED).exclude(proposal={})


def failed_runs(user: Any) -> QuerySet[AnalysisRun]:
    """Runs that failed, unless the same kernel was run again on the measurement."""
    later = AnalysisRun.objects.filter(
        measurement=OuterRef("measurement"),
        release__name=OuterRef("release__name"),
        queued_at__gt=OuterRef("queued_at"),
    )
    return _runs(user).filter(~Exists(later), state=State.FAILED)


def cells_without_mass(user: Any) -> QuerySet[Cell]:
    """Cells whose capacity per gram nobody can compute; those from the literature have none to enter."""
    return (
        standing(Cell.objects.visible_to(user))
        .filter(active_mass__isnull=True)
        .exclude(source=Sample.Source.LITERATURE)
        .select_related("project")
    )


def recent_measurements(user: Any) -> QuerySet[Measurement]:
    """What was measured or received last."""
    rows = standing(Measurement.objects.visible_to(user))
    return rows.filter(publication=None).select_related("sample__project", "created_by")


def recent_samples(user: Any) -> QuerySet[Sample]:
    """What was recorded last."""
    return standing(Sample.objects.visible_to(user)).select_related("project", "material", "created_by")


def _readings(user: Any) -> QuerySet[FileReading]:
    return FileReading.objects.visible_to(user).select_related("file__measurement__sample__project")


def _last_readings(user: Any) -> QuerySet[FileReading]:
    later = FileReading.objects.filter(
        Q(queued_at__gt=OuterRef("queued_at")) | Q(queued_at=OuterRef("queued_at"), pk__gt=OuterRef("pk")),
        file=OuterRef("file"),
    )
    return _readings(user).filter(~Exists(later))


def _runs(user: Any) -> QuerySet[AnalysisRun]:
    runs = AnalysisRun.objects.visible_to(user).select_related("release", "measurement__sample__project", "subject")
    return runs.order_by(F("queued_at").desc())
