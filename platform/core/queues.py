"""The two queues of background work: what a person waits for goes before what can wait, and either can be paused.

A pause is a row, so that every worker on every machine obeys it: `core.jobs.claim` refuses while it is there, and the
sweeper sends again what waited. The broker's lists are asked only for how many messages they hold.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.audit import attribute

if TYPE_CHECKING:
    from core.models import QueuePause

log = logging.getLogger(__name__)


class Queue(models.TextChoices):
    """In the order in which workers empty them."""

    INTERACTIVE = "interactive", "interactive: a person waits for it"
    BULK = "bulk", "bulk: campaigns, and what the platform computes again by itself"


@dataclass(frozen=True)
class Line:
    """A queue as it stands.

    Attributes:
        queue: Its name.
        messages: How many wait in the broker.
        pause: Why nothing starts; None where it goes on.
    """

    queue: str
    messages: int
    pause: QueuePause | None

    @property
    def paused(self) -> bool:
        """Whether nothing new starts."""
        return self.pause is not None


def lines() -> list[Line]:
    """The queues in the order in which workers empty them."""
    from core.models import QueuePause

    pauses = {pause.queue: pause for pause in QueuePause.objects.select_related("paused_by")}
    return [Line(queue, messages_in(queue), pauses.get(queue)) for queue in Queue.values]


@transaction.atomic
def pause_queue(queue: str, *, actor: Any, reason: str) -> None:
    """Lets nothing new start in a queue; what runs goes on. To pause a paused queue changes the reason.

    Raises:
        PermissionDenied: The person is no administrator.
        ValidationError: There is no such queue, or no reason is given.
    """
    from core.models import QueuePause

    _require_administrator(actor)
    if queue not in Queue.values:
        raise ValidationError({"queue": f"{queue!r} is no queue; there are {' and '.join(Queue.values)}."})
    if not reason.strip():
        raise ValidationError({"reason": "Say why, for those who will wonder why nothing moves."})
    attribute(actor)
    QueuePause.objects.update_or_create(queue=queue, defaults={"paused_by": actor, "reason": reason.strip()})


@transaction.atomic
def resume_queue(queue: str, *, actor: Any) -> bool:
    """Lets a queue go on; the sweeper sends what waited within seconds.

    Returns:
        False where it was not paused.

    Raises:
        PermissionDenied: The person is no administrator.
    """
    from core.models import QueuePause

    _require_administrator(actor)
    attribute(actor)
    removed, _ = QueuePause.objects.filter(queue=queue).delete()
    return removed > 0


def messages_in(queue: str) -> int:
    """How many messages wait in the broker's list; 0 where the broker does not answer."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        ) as client:
            return int(client.llen(queue))
    except redis.RedisError:
        log.warning("the broker does not say how many messages wait in %s", queue)
        return 0


def _require_administrator(actor: Any) -> None:
    if not (actor.is_active and actor.is_superuser):
        raise PermissionDenied("Only administrators pause and resume queues.")
