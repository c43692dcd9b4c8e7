"""Django's `migrate` as the role that owns the tables, which then grants the site's own role its rights."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from config.databases import connection_settings
from config.grants import grant_to_app_role
from config.owner import as_owner


class Command(migrate.Command):
    """Migrates as the owner, whatever role the site works as."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Switches the connection to the owner for as long as the migration takes."""
        connection = connections[options["database"]]
        app_role = connection_settings("app")["USER"]
        with as_owner(connection):
            super().handle(*args, **options)
            if app_role != settings.DATABASE_OWNER["USER"]:
                grant_to_app_role(connection, app_role)
