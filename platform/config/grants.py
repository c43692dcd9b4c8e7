"""What the site's own database role may do: change records, and only add to what must never change.

The owner grants this after each migration; a model says `immutable = True` to be protected from updates and
deletes.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

_READ_ONLY_TABLES = ("django_migrations",)


def immutable_tables() -> Iterator[str]:
    """Tables of the models that say `immutable = True`."""
    for model in apps.get_models(include_auto_created=True):
        if getattr(model, "immutable", False) and model._meta.managed and not model._meta.proxy:
            yield model._meta.db_table


def database_written_tables() -> Iterator[str]:
    """Tables that only triggers of the database write: models that say `written_by_database = True`."""
    for model in apps.get_models():
        if getattr(model, "written_by_database", False):
            yield model._meta.db_table


def grant_to_app_role(connection: BaseDatabaseWrapper, role: str) -> None:
    """Gives the role its rights on every table and sequence that exists now; safe to run again.

    Args:
        connection: A connection as the owner of the tables.
        role: Name of the role that the site works as.
    """
    grantee = sql.Identifier(role)
    existing = set(connection.introspection.table_names())
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            "REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM {}",
        ):
            cursor.execute(sql.SQL(statement).format(grantee))
        for table in existing.intersection(immutable_tables()):
            revoke = sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}")
            cursor.execute(revoke.format(sql.Identifier(table), grantee))
        for table in existing.intersection({*_READ_ONLY_TABLES, *database_written_tables()}):
            revoke = sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}")
            cursor.execute(revoke.format(sql.Identifier(table), grantee))
