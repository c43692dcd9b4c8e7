"""The site's own database role may work with records and never change what must not change."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from config.grants import database_written_tables, immutable_tables

pytestmark = pytest.mark.servers


def privileges(connection: psycopg.Connection, table: str) -> set[str]:
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
    query = "SELECT has_table_privilege(quote_ident(%s), %s)"
    return {kind for kind in kinds if connection.execute(query, [table, kind]).fetchone() == (True,)}


def test_the_app_role_has_no_rights_over_structure(app_role: psycopg.Connection) -> None:
    for statement in (
        "CREATE TABLE mine (word text)",
        "ALTER TABLE accounts_user ADD mine text",
        "DROP TABLE accounts_user",
        "ALTER TABLE accounts_user DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "TRUNCATE accounts_user CASCADE",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_role.execute(statement)


def test_the_app_role_works_with_records_and_only_adds_to_immutable_ones(app_role: psycopg.Connection) -> None:
    tables = set(immutable_tables())
    assert tables, "some models must be immutable"
    assert privileges(app_role, "accounts_user") == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert privileges(app_role, "django_migrations") == {"SELECT"}
    for table in tables - set(database_written_tables()):
        assert privileges(app_role, table) == {"SELECT", "INSERT"}, table


def test_migrating_again_keeps_the_rights(app_role: psycopg.Connection) -> None:
    before = {table: privileges(app_role, table) for table in connection.introspection.table_names()}
    call_command("migrate", verbosity=0)
    assert {table: privileges(app_role, table) for table in before} == before
