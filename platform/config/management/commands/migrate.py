"""Django's `migrate` as the role that owns the tables, which then grants the site's own role its rights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from config.databases import connection_settings
from config.grants import grant_to_app_role

_ADDRESS = ("HOST", "PORT", "USER", "PASSWORD", "OPTIONS")


class Command(migrate.Command):
    """Migrates as the owner, whatever role the site works as."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Switches the connection to the owner for as long as the migration takes."""
        connection = connections[options["database"]]
        app_role = connection_settings("app")["USER"]
        with _as_owner(connection):
            super().handle(*args, **options)
            if app_role != settings.DATABASE_OWNER["USER"]:
                grant_to_app_role(connection, app_role)


@contextlib.contextmanager
def _as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
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
