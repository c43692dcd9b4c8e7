"""The servers that `make run` and `make test` bring along where none are named in the environment.

Settings ask here for addresses, which are known before anything runs; whoever needs a server takes a lease on
it.
"""

from __future__ import annotations

import atexit
import functools
import os
from urllib.parse import urlsplit

from config import environment
from config.embedded.lease import EmbeddedServerError, LeasedServer
from config.embedded.postgres import EmbeddedPostgres, Role
from config.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedServerError", "broker_url", "database_url", "postgres", "redis_url", "start", "valkey"]


@functools.cache
def postgres() -> EmbeddedPostgres:
    """This home's PostgreSQL, running or not."""
    return EmbeddedPostgres(environment.home() / "postgres")


@functools.cache
def valkey() -> EmbeddedValkey:
    """This home's Valkey, running or not."""
    return EmbeddedValkey(environment.home() / "valkey")


def database_url(role: Role = "app") -> str:
    """Address of the database as a role: of the environment, else of the embedded server.

    Args:
        role: `app` works with the data, `owner` migrates.
    """
    url = environment.text("DATABASE_URL")
    if url is None:
        return postgres().url(role)
    return (environment.text("DATABASE_OWNER_URL") or url) if role == "owner" else url


def redis_url() -> str:
    """Address of the broker as redis-py reads it: of the environment, else of the embedded server."""
    return environment.text("REDIS_URL") or valkey().url()


def broker_url() -> str:
    """The same address as Celery reads it, which calls a Unix socket `redis+socket`."""
    url = redis_url()
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair).get("db", "0")
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"


def embedded_servers() -> list[LeasedServer]:
    """The servers that the environment does not name."""
    servers: list[LeasedServer] = []
    if environment.text("DATABASE_URL") is None:
        servers.append(postgres())
    if environment.text("REDIS_URL") is None:
        servers.append(valkey())
    return servers


def start(*servers: LeasedServer) -> None:
    """Takes a lease on each server until this process ends; the last process to end stops it.

    Raises:
        EmbeddedServerError: One does not start.
    """
    for server in servers:
        _release_at_exit(server)
        server.acquire()


@functools.cache
def _release_at_exit(server: LeasedServer) -> None:
    process = os.getpid()

    def release() -> None:
        if os.getpid() == process:  # a forked child leaves its parent's lease alone
            server.release()

    atexit.register(release)
