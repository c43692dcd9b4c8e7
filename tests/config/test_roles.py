"""The site's own database role may work with records and never change what must not change."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection

from accounts.writing import reinstate, withdraw
from config.databases import connection_settings
from config.grants import database_written_tables, immutable_tables
from measurements.services import receive_file
from tests import factories

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


@pytest.fixture
def as_app(transactional_db: None) -> Iterator[None]:
    """The test's own connection works as the site does."""
    role = connection_settings("app")
    if role["USER"] == settings.DATABASE_OWNER["USER"]:
        pytest.skip("DATABASE_URL and DATABASE_OWNER_URL name the same role")
    owner = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict |= {name: role[name] for name in owner}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= owner


def test_the_app_role_withdraws_a_file_and_takes_it_back(as_app: None) -> None:
    cell = factories.cell(factories.project())
    owner = factories.owner_of(cell.project)
    file = receive_file(actor=owner, subject=cell, name="cell.csv", chunks=[b"a,b\n1,2\n"]).file
    withdraw(file, actor=owner, reason="of another cell")
    with pytest.raises(ValidationError, match="withdrawn already"):
        withdraw(file, actor=owner, reason="of another cell")
    reinstate(file, actor=owner, reason="it was right")


def test_migrating_again_keeps_the_rights(app_role: psycopg.Connection) -> None:
    before = {table: privileges(app_role, table) for table in connection.introspection.table_names()}
    call_command("migrate", verbosity=0)
    assert {table: privileges(app_role, table) for table in before} == before
