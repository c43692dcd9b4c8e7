"""Work that the database remembers: the row is the queue entry, the broker's message only a hint.

A worker claims a row with a token and a lease on the database's clock. Whoever holds the newest token may finish it;
a worker that was thought dead and wakes up finds its token worthless. The sweeper re-queues what nobody works on.
So a message may be lost or delivered twice, a worker may die anywhere, and every job still ends exactly once.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import ClassVar, Self, TypeVar

import pgtrigger
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core.audit import attribute
from core.models import Identified

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 20.0
PATIENCE = timedelta(seconds=30)
"""How long a queued row may wait for its message before it is sent again."""


class LostClaimError(Exception):
    """Another worker has taken the job over; this one's work is thrown away."""


class State(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)


class Job(Identified):
    """A piece of work with its state, attempts, lease, log and error on its own row."""

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    max_attempts = models.PositiveSmallIntegerField(default=3, editable=False)
    token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    queued_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    worker = models.CharField(max_length=200, blank=True, editable=False)
    error = models.TextField(blank=True, editable=False, help_text="What went wrong, for the scientist")
    log = models.TextField(blank=True, editable=False, help_text="What went wrong, for the engineer")

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_running_is_claimed",
                condition=~Q(state=State.RUNNING)
                | Q(token__isnull=False, lease_until__isnull=False, started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_ended_has_time",
                condition=~Q(state__in=ENDED) | Q(finished_at__isnull=False, token__isnull=True),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_failure_has_words",
                condition=~Q(state=State.FAILED) | ~Q(error=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["queued_at"],
                name="%(class)s_unfinished",
                condition=Q(state__in=[State.QUEUED, State.RUNNING]),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="state_moves",
                field="state",
                transitions=[
                    ("queued", "running"),
                    ("queued", "cancelled"),
                    ("queued", "failed"),
                    ("running", "queued"),
                    ("running", "succeeded"),
                    ("running", "failed"),
                    ("running", "cancelled"),
                ],
            ),
            pgtrigger.Protect(
                name="ended_never_changes",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["succeeded", "failed", "cancelled"]),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]


J = TypeVar("J", bound=Job)


def claim(model: type[J], pk: uuid.UUID, worker: str) -> J | None:
    """Takes a job for this worker: one winner, however many ask.

    Returns:
        The job with its new token, or None where there is nothing to do (done, held by a living worker, unknown).
    """
    token = uuid.uuid4()
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=Now())
    taken = model._base_manager.filter(free, pk=pk, attempts__lt=F("max_attempts")).update(
        state=State.RUNNING,
        token=token,
        attempts=F("attempts") + 1,
        lease_until=Now() + LEASE,
        started_at=Now(),
        worker=worker[:200],
    )
    return model._base_manager.get(pk=pk) if taken else None


def renew(job: Job) -> bool:
    """Prolongs the lease; False where the claim was lost."""
    mine = type(job)._base_manager.filter(pk=job.pk, token=job.token, state=State.RUNNING)
    return mine.update(lease_until=Now() + LEASE) == 1


@contextmanager
def finishing(job: J) -> Iterator[J]:
    """One transaction in which the outputs are written and the job ends, or neither.

    Raises:
        LostClaimError: Another worker holds the job by now.
    """
    with transaction.atomic():
        held = (
            type(job)
            ._base_manager.select_for_update(of=("self",))
            .filter(pk=job.pk, token=job.token, state=State.RUNNING)
            .first()
        )
        if held is None:
            raise LostClaimError(f"{job._meta.verbose_name} {job.pk}")
        attribute()
        yield held
        _end(held, State.SUCCEEDED)


def fail(job: Job, error: str, *, details: str = "") -> None:
    """Ends a job with the reason in words; silently does nothing where the claim was lost."""
    with transaction.atomic():
        held = (
            type(job)
            ._base_manager.select_for_update(of=("self",))
            .filter(pk=job.pk, token=job.token, state=State.RUNNING)
            .first()
        )
        if held is not None:
            held.error, held.log = error, details
            _end(held, State.FAILED)


def _end(job: Job, state: State) -> None:
    job.state, job.token, job.lease_until, job.finished_at = state, None, None, timezone.now()
    job.save()


class Heartbeat:
    """Keeps a claim alive from a thread of its own while the work goes on."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{job.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                if not self._renewed():
                    return
        finally:
            connection.close()

    def _renewed(self) -> bool:
        try:
            return renew(self._job)
        except Exception:
            log.exception("could not renew the lease of %s", self._job.pk)
            connection.close()
            return True


def sweep(model: type[J], send: Callable[[uuid.UUID], object], *, limit: int = 500) -> dict[str, int]:
    """Moves what should be moving but is not: resends lost messages, gives up on jobs that kill their workers.

    Returns:
        How many were sent again (`sent`) and how many ended as failed (`given_up`).
    """
    waiting = Q(state=State.QUEUED) & (Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - PATIENCE))
    abandoned = Q(state=State.RUNNING, lease_until__lt=Now())
    counts = {"sent": 0, "given_up": 0}
    with transaction.atomic():
        stuck = model._base_manager.select_for_update(skip_locked=True, of=("self",)).filter(waiting | abandoned)
        for job in stuck.order_by("queued_at")[:limit]:
            if job.attempts >= job.max_attempts:
                job.error = (
                    f"No result after {job.attempts} attempts: each time the worker died (last: {job.worker}). "
                    "The file may need more memory than the worker has; ask your administrator to look at the log."
                )
                _end(job, State.FAILED)
                counts["given_up"] += 1
            else:
                model._base_manager.filter(pk=job.pk).update(sent_at=Now())
                transaction.on_commit(lambda pk=job.pk: send(pk), robust=True)  # type: ignore[misc]
                counts["sent"] += 1
    return counts


def send_after_commit(job: Job, send: Callable[[uuid.UUID], object]) -> None:
    """Sends the message once the row is committed. A broker that is down changes nothing: the sweeper sends again."""
    pk, model = job.pk, type(job)

    def publish() -> None:
        send(pk)
        model._base_manager.filter(pk=pk, state=State.QUEUED).update(sent_at=Now())

    transaction.on_commit(publish, robust=True)
