"""Speaking to the database as the role that owns the tables, for the few commands that must: migrate, purge."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

_ADDRESS = ("HOST", "PORT", "USER", "PASSWORD", "OPTIONS")


@contextlib.contextmanager
def as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Lets a connection speak as the owner; the name of the database stays, for tests have their own."""
    address = {key: settings.DATABASE_OWNER[key] for key in _ADDRESS}
    before = {key: connection.settings_dict[key] for key in _ADDRESS}
    if address == before:
        yield
        return
    connection.close()
    connection.settings_dict.update(address)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
