"""How many requests one person, or one address without a sign-in, may make in a minute.

They are counted for all processes together, in the cache on Redis. Where that does not answer, nobody is kept out.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Final

import redis
from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

log = logging.getLogger(__name__)
_WINDOW: Final = 60  # s
_ANONYMOUS_SHARE: Final = 10


@dataclass(frozen=True)
class Allowance:
    """What is left of a minute's requests.

    Attributes:
        limit: How many there may be.
        used: How many there have been, this one included.
        reset: Seconds until they are counted anew.
    """

    limit: int
    used: int
    reset: int

    def headers(self) -> dict[str, str]:
        """The header fields that clients read."""
        left = max(self.limit - self.used, 0)
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(self.reset),
        }


def count_request(request: Request) -> Allowance | None:
    """Counts a request; None where the cache does not answer.

    Raises:
        Throttled: There have been too many in this minute.
    """
    person = getattr(request, "_user", None)  # asking for `user` again would raise again where a token is wrong
    if person is not None and person.is_authenticated:
        who, limit = f"user {person.pk}", settings.COSINTER_REQUESTS_PER_MINUTE
    else:
        address = BaseThrottle().get_ident(request)
        who, limit = f"address {address}", max(settings.COSINTER_REQUESTS_PER_MINUTE // _ANONYMOUS_SHARE, 1)
    minute, second = divmod(int(time.time()), _WINDOW)
    used = _count(f"requests:{who}:{minute}".replace(" ", ":"))
    if used is None:
        return None
    allowance = Allowance(limit, used, _WINDOW - second)
    if used > limit:
        raise Throttled(wait=allowance.reset)
    return allowance


def _count(key: str) -> int | None:
    try:
        cache.add(key, 0, 2 * _WINDOW)
        return int(cache.incr(key))
    except ValueError:  # a cache that forgives has not kept the key
        return None


class ForgivingRedisCache(RedisCache):
    """The cache on Redis; it holds nothing that the site could not do without for a while."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """False where the server does not answer."""
        try:
            return bool(super().add(*args, **kwargs))
        except redis.RedisError as error:
            _note(error)
            return False

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The default where the server does not answer."""
        try:
            return super().get(key, default, version)
        except redis.RedisError as error:
            _note(error)
            return default

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Nothing where the server does not answer."""
        try:
            super().set(*args, **kwargs)
        except redis.RedisError as error:
            _note(error)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """As of a key that is not there, where the server does not answer."""
        try:
            return int(super().incr(key, delta, version))
        except redis.RedisError as error:
            raise ValueError(str(key)) from error


def _note(error: Exception) -> None:
    log.warning("the cache does not answer", exc_info=error)
