"""Dumps and restores the database with PostgreSQL's own programs, as the role that owns it.

The programs must be of the server's major version: an older one refuses, and a newer one writes what an older server
cannot read.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
from django.conf import settings

from config import embedded
from config.embedded.postgres import major_version, program_folders


class DatabaseToolError(Exception):
    """A program of PostgreSQL is missing or failed; the message says which and why."""


def dump(target: Path) -> int:
    """Writes the database into a file, in pg_dump's custom format.

    Returns:
        The server's major version.

    Raises:
        DatabaseToolError: There is no fitting pg_dump, or it failed.
    """
    major = _server_major()
    _call(major, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    return major


def restore(source: Path) -> None:
    """Reads such a file into an empty database, all of it or nothing.

    Raises:
        DatabaseToolError: There is no fitting pg_restore, or it failed.
    """
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    _call(_server_major(), "pg_restore", *options, f"--dbname={settings.DATABASE_OWNER['NAME']}", str(source))


def is_empty() -> bool:
    """True if the database holds no table."""
    with _connect() as connection:
        query = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"
        return connection.execute(query).fetchone() == (False,)


def clear() -> None:
    """Removes everything from the database."""
    with _connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def _server_major() -> int:
    with _connect() as connection:
        return connection.info.server_version // 10_000


def _connect() -> psycopg.Connection:
    if embedded.postgres() in embedded.embedded_servers():
        embedded.start(embedded.postgres())
    owner = settings.DATABASE_OWNER
    return psycopg.connect(
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        user=owner["USER"] or None,
        password=owner["PASSWORD"] or None,
        dbname=owner["NAME"],
        **owner["OPTIONS"],
    )


def _program(major: int, name: str) -> Path:
    seen = []
    for folder in program_folders():
        program = folder / name
        if program.exists():
            found = major_version(program)
            if found == major:
                return program
            seen.append(f"{found} in {folder}")
    raise DatabaseToolError(
        f"the server is PostgreSQL {major}, and there is no {name} {major} here (found {', '.join(seen) or 'none'}); "
        f"install postgresql-client-{major}, or let COSINTER_PG_BIN name the folder that holds it"
    )


def _call(major: int, name: str, *arguments: str) -> None:
    owner = settings.DATABASE_OWNER
    address = {  # the environment keeps the password out of the process list
        "PGHOST": owner["HOST"],
        "PGPORT": owner["PORT"],
        "PGUSER": owner["USER"],
        "PGPASSWORD": owner["PASSWORD"],
        "PGDATABASE": owner["NAME"],
        **{f"PG{key.upper()}": value for key, value in owner["OPTIONS"].items()},
    }
    done = subprocess.run(
        [_program(major, name), *arguments],
        env=os.environ | {key: value for key, value in address.items() if value},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DatabaseToolError(f"{name} ended with code {done.returncode}: {done.stderr.strip()}")
