"""Messages for jobs: one after the commit, another from the sweeper wherever it may have been lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from core.jobs.claims import end
from core.jobs.model import Job, State
from core.models import QueuePause
from core.queues import Queue

J = TypeVar("J", bound=Job)

_SWEEPS_OF_PATIENCE = 1.5
_OVERDUE = timedelta(minutes=10)


def send_after_commit(job: J, send: Callable[[J], object]) -> None:
    """Sends the message once the row is committed. A broker that is down changes nothing: the sweeper sends again."""

    def publish() -> None:
        send(job)
        type(job)._base_manager.filter(pk=job.pk, state=State.QUEUED).update(sent_at=Now())

    transaction.on_commit(publish, robust=True)


def sweep(
    model: type[J],
    send: Callable[[J], object],
    *,
    messages_in: Callable[[str], int] = lambda _: 0,
    given_up: Callable[[J], object] = lambda _: None,
    limit: int = 500,
) -> dict[str, int]:
    """Moves what should be moving but is not: resends lost messages, gives up on jobs that kill their workers.

    While a queue's messages still wait in the broker, its jobs most likely have theirs among them and are left alone,
    so that a long queue does not fill the broker with copies; after ten minutes a job gets another one all the same.

    Args:
        model: Which jobs.
        send: Sends the message of a job.
        messages_in: How many messages wait in a queue.
        given_up: Called with each job that has ended as failed, in the same transaction.
        limit: Most jobs looked at in one sweep.

    Returns:
        How many were sent again (`sent`) and how many ended as failed (`given_up`).
    """
    crowded = [queue for queue in Queue.values if messages_in(queue)]
    counts = {"sent": 0, "given_up": 0}
    with transaction.atomic():
        stuck = model._base_manager.select_for_update(skip_locked=True, of=("self",)).filter(_stuck(crowded))
        for job in stuck.order_by("queued_at")[:limit]:
            if job.attempts >= job.max_attempts:
                job.error = (
                    f"No result after {job.attempts} attempts: each time the worker died (last: {job.worker}). "
                    "The file may need more memory than the worker has; ask your administrator to look at the log."
                )
                end(job, State.FAILED)
                given_up(job)
                counts["given_up"] += 1
            else:
                model._base_manager.filter(pk=job.pk).update(sent_at=Now())
                transaction.on_commit(lambda job=job: send(job), robust=True)  # type: ignore[misc]
                counts["sent"] += 1
    return counts


def _stuck(crowded: list[str]) -> Q:
    patience = timedelta(seconds=settings.COSINTER_SWEEP_SECONDS * _SWEEPS_OF_PATIENCE)
    silent = (
        Q(sent_at__isnull=True)
        | (Q(sent_at__lt=Now() - patience) & ~Q(queue__in=crowded))
        | Q(sent_at__lt=Now() - _OVERDUE)
    )
    due = Q(state=State.QUEUED) & (Q(not_before__isnull=True) | Q(not_before__lte=Now()))
    abandoned = Q(state=State.RUNNING, lease_until__lt=Now())
    unsent = Q(sent_at__lt=F("lease_until"))  # nobody has been told yet that its worker is dead
    used_up = Q(attempts__gte=F("max_attempts"))
    paused = Exists(QueuePause.objects.filter(queue=OuterRef("queue")))
    return ((due & silent) | (abandoned & (silent | unsent))) & ~paused | (abandoned & used_up)
