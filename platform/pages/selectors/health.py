"""How the platform itself is: what verification found, what waits in the queues, whether events are sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from analysis_tasks.models import AnalysisRun
from core.jobs import Job, State
from core.models import AuditEvent, AuditSeal
from measurements.models import Blob, FileReading
from provenance.models import Verification
from provenance.services import Verdict

_GOOD = (Verdict.IDENTICAL.value, Verdict.PURGED.value)
_LONG = timedelta(minutes=10)
_SHOWN = 50


@dataclass(frozen=True)
class Work:
    """Jobs of one kind.

    Attributes:
        name: What they are.
        queued: How many wait.
        running: How many are worked on.
        stuck: How many the sweeper should have moved: waiting for ten minutes, or held by a worker that is gone.
        oldest: Since when the oldest one waits.
    """

    name: str
    queued: int
    running: int
    stuck: int
    oldest: datetime | None


@dataclass(frozen=True)
class Sealing:
    """The state of the audit trail.

    Attributes:
        last: The newest seal.
        unsealed: How many events wait for one.
        oldest: Since when the oldest of them waits.
    """

    last: AuditSeal | None
    unsealed: int
    oldest: datetime | None

    @property
    def is_late(self) -> bool:
        """Whether the sealer, which runs each minute, has not run."""
        return self.oldest is not None and timezone.now() - self.oldest > _LONG


@dataclass(frozen=True)
class Coverage:
    """How much of one kind has been verified, and when last."""

    name: str
    verified: int
    total: int
    last: datetime | None


def work() -> list[Work]:
    """Readings and runs that are under way."""
    return [_work("readings of files", FileReading), _work("runs", AnalysisRun)]


def sealing() -> Sealing:
    """Whether what happened is sealed."""
    open_ = AuditEvent.objects.filter(seal=None).order_by().aggregate(count=Count("pk"), oldest=Min("at"))
    return Sealing(AuditSeal.objects.order_by("-pk").first(), open_["count"], open_["oldest"])


def coverage() -> list[Coverage]:
    """How far verification has come through runs and files."""
    known = {
        row["subject"]: row
        for row in Verification.objects.order_by().values("subject").annotate(count=Count("pk"), last=Max("at"))
    }
    totals = {
        Verification.Subject.RUN: AnalysisRun.objects.filter(state=State.SUCCEEDED).count(),
        Verification.Subject.FILE: Blob.objects.count(),
    }
    return [
        Coverage(str(subject.label), known.get(subject, {}).get("count", 0), total, known.get(subject, {}).get("last"))
        for subject, total in totals.items()
    ]


def findings() -> QuerySet[Verification]:
    """Answers that are not as they should be, the newest first."""
    return Verification.objects.exclude(verdict__in=_GOOD).order_by("-since")[:_SHOWN]


def latest() -> list[Verification]:
    """The last answers about what is verified whole, not piece by piece: the audit trail, the lineage and the like."""
    pieces = (Verification.Subject.RUN, Verification.Subject.FILE)
    return list(Verification.objects.exclude(subject__in=pieces).order_by("subject"))


def verdicts() -> list[dict[str, Any]]:
    """How often each verdict was the last one."""
    return list(Verification.objects.order_by().values("verdict").annotate(count=Count("pk")).order_by("-count"))


def _work(name: str, model: type[Job]) -> Work:
    now = timezone.now()
    late = Q(state=State.QUEUED, queued_at__lt=now - _LONG) | Q(state=State.RUNNING, lease_until__lt=now)
    counted = model._base_manager.filter(state__in=(State.QUEUED, State.RUNNING)).aggregate(
        queued=Count("pk", filter=Q(state=State.QUEUED)),
        running=Count("pk", filter=Q(state=State.RUNNING)),
        stuck=Count("pk", filter=late),
        oldest=Min("queued_at", filter=Q(state=State.QUEUED)),
    )
    return Work(name, **counted)
