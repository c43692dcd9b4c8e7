"""Whether a worker is alive: each worker leaves a mark in the broker that fades by itself.

The mark is made by the worker's main process, so a long analysis in a child does not stop it.
"""

from __future__ import annotations

import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "cosinter:worker-alive"
FADES_AFTER_SECONDS = 20
_EVERY_SECONDS = 5.0

_last_mark = float("-inf")


def broker_client() -> redis.Redis:
    """A client of the broker that gives up quickly."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def mark_alive() -> None:
    """Renews the mark, at most every few seconds."""
    global _last_mark  # noqa: PLW0603  # one worker, one process, one clock
    if time.monotonic() - _last_mark >= _EVERY_SECONDS:
        with broker_client() as client:
            client.set(KEY, "1", ex=FADES_AFTER_SECONDS)
        _last_mark = time.monotonic()


def worker_is_alive() -> bool:
    """True if a worker marked itself alive a moment ago.

    Raises:
        RedisError: The broker does not answer.
    """
    with broker_client() as client:
        return bool(client.exists(KEY))
