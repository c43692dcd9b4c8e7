"""A worker's hold on a job: claim, heartbeat, and the four ways in which the hold ends.

A job succeeds, fails, is cancelled by a person, or is handed back because the surroundings (disk, database) were in
trouble and it may well succeed later. Each is one transaction that only the holder of the newest token can make; all
times are the database's, so that a worker's clock decides nothing.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Concat, Now

from core.audit import attribute
from core.jobs.model import ENDED, Job, State
from core.models import QueuePause
from core.storage import storage_trouble

log = logging.getLogger(__name__)

_BEATS_PER_LEASE = 12
_PAUSE_SECONDS = 0.5

J = TypeVar("J", bound=Job)
T = TypeVar("T")


class LostClaimError(Exception):
    """Another worker has taken the job over, or a person has cancelled it; this one's work is thrown away."""


def lease() -> timedelta:
    """How long a worker may be silent before its job is given to another."""
    return timedelta(seconds=settings.COSINTER_LEASE_SECONDS)


def claim(model: type[J], pk: uuid.UUID, worker: str) -> J | None:
    """Takes a job for this worker: one winner, however many ask.

    Returns:
        The job with its new token, or None where there is nothing to do (done, held by a living worker, not yet due,
        in a paused queue, unknown).
    """
    token = uuid.uuid4()
    due = Q(state=State.QUEUED) & (Q(not_before=None) | Q(not_before__lte=Now()))
    abandoned = Q(state=State.RUNNING, lease_until__lt=Now())
    paused = QueuePause.objects.filter(queue=OuterRef("queue"))
    taken = model._base_manager.filter(due | abandoned, ~Exists(paused), pk=pk, attempts__lt=F("max_attempts")).update(
        state=State.RUNNING,
        token=token,
        attempts=F("attempts") + 1,
        lease_until=Now() + lease(),
        started_at=Now(),
        not_before=None,
        progress="",
        log=Case(When(state=State.RUNNING, then=Concat(F("log"), _words_on_the_dead())), default=F("log")),
        worker=worker[:200],
    )
    return model._base_manager.get(pk=pk) if taken else None


def _words_on_the_dead() -> Cast:
    number, end = Cast(F("attempts"), models.CharField()), Value(" died or was cut off.\n")
    said = Concat(Value("Attempt "), number, Value(" ended without a word: the worker "), F("worker"), end)
    return Cast(said, models.TextField())


def renew(job: Job) -> bool:
    """Prolongs the lease; False where the claim was lost."""
    return _mine(job).update(lease_until=Now() + lease()) == 1


def note(job: Job, progress: str) -> None:
    """Writes on the row what is being done now."""
    _mine(job).update(progress=progress[:200])


@contextmanager
def finishing(job: J) -> Iterator[J]:
    """One transaction in which the outputs are written and the job ends, or neither.

    Raises:
        LostClaimError: Another worker holds the job by now, or a person has cancelled it.
    """
    with transaction.atomic():
        held = _mine(job).select_for_update(of=("self",)).first()
        if held is None:
            raise LostClaimError(f"{job._meta.verbose_name} {job.pk}")
        attribute()
        yield held
        end(held, State.SUCCEEDED)


def fail(job: Job, error: str, *, details: str = "") -> None:
    """Ends a job with the reason in words; silently does nothing where the claim was lost."""
    with transaction.atomic():
        held = _mine(job).select_for_update(of=("self",)).first()
        if held is not None:
            held.error, held.log = error, held.log + details
            end(held, State.FAILED)


def hand_back(job: Job, trouble: str, *, details: str = "") -> None:
    """Puts a job back into its queue because the surroundings were in trouble, to be tried again a little later.

    The pause doubles with each attempt. After the last one the job fails with what the trouble was.
    """
    with transaction.atomic():
        held = _mine(job).select_for_update(of=("self",)).first()
        if held is None:
            return
        held.log += f"Attempt {held.attempts} on {held.worker} was given up: {trouble}\n{details}"
        if held.attempts >= held.max_attempts:
            held.error = f"Given up after {held.attempts} attempts. {trouble} Once this is mended, it can be retried."
            end(held, State.FAILED)
            return
        pause = timedelta(seconds=settings.COSINTER_SWEEP_SECONDS * 2 ** (held.attempts - 1))
        held.state, held.token, held.lease_until, held.sent_at = State.QUEUED, None, None, None
        held.not_before = Now() + pause
        held.progress = f"Waits to be tried again. {trouble}"[:200]
        held.save()


def cancel(job: J, words: str) -> J | None:
    """Ends a job that waits or runs; the worker that holds it notices with its next heartbeat and stops.

    Args:
        job: What to end.
        words: Who wants it and why, kept as the job's error.

    Returns:
        The job as it ended, None where it had ended before.
    """
    with transaction.atomic():
        held = type(job)._base_manager.select_for_update(of=("self",)).get(pk=job.pk)
        if held.state in ENDED:
            return None
        attribute()
        held.error = words
        end(held, State.CANCELLED)
    return type(job)._base_manager.get(pk=job.pk)


def end(job: Job, state: State) -> None:
    """Ends a job that the caller has locked."""
    job.state, job.token, job.lease_until, job.not_before, job.progress = state, None, None, None, ""
    job.finished_at = Now()
    job.save()


def steadily(action: Callable[[], T]) -> T:
    """Does something with the database, again if it restarts meanwhile, for as long as a lease lasts.

    The action must begin with a check of the claim (`finishing`), so that to repeat it is harmless.
    """
    deadline = time.monotonic() + lease().total_seconds()
    while True:
        try:
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            return action()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            log.warning("the database is in trouble; trying again", exc_info=True)
            connection.close()
            time.sleep(_PAUSE_SECONDS)


def is_transient(error: BaseException) -> str:
    """What of the surroundings was in trouble, in words; empty where the error is the job's own."""
    if isinstance(error, OperationalError | InterfaceError):
        return f"The database did not answer as it should ({_first_line(error)})."
    return storage_trouble(error.errno) if isinstance(error, OSError) else ""


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _mine(job: J) -> models.QuerySet[J]:
    return type(job)._base_manager.filter(pk=job.pk, token=job.token, state=State.RUNNING)


class Heartbeat:
    """Keeps a claim alive from a thread of its own while the work goes on.

    Attributes:
        lost: Set as soon as the claim is found to be lost, so that the work can be stopped.
    """

    def __init__(self, job: Job) -> None:
        self.lost = threading.Event()
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
            while not self._stop.wait(lease().total_seconds() / _BEATS_PER_LEASE):
                if not self._renewed():
                    self.lost.set()
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
