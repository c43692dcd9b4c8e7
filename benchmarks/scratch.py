"""A scratch PostgreSQL database of the project's own models, filled by SQL, for programs that ask it questions.

Rows are copies of one row that the models made, so that the tables are whatever the migrations say.
"""

# ruff: noqa: E402 (models can be imported only after the setup)

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"

import django

django.setup()

from django.db import connection


@contextmanager
def scratch_database() -> Iterator[None]:
    """A migrated database of its own, gone afterwards."""
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def copies(model: Any, template: Any, source: str, **replaced: str) -> None:
    """Copies of a stored row, one for each row of a query; `replaced` gives expressions for some columns."""
    columns = [field.column for field in model._meta.local_concrete_fields]
    values = ", ".join(replaced.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} "
            f'FROM ({source}) rows CROSS JOIN {table} t WHERE t."{key}" = %s',
            [template.pk],
        )


def without_checks() -> None:
    """Bulk rows are right by construction: neither triggers nor foreign keys look at each of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' "
            "AND connamespace = 'public'::regnamespace"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')


def key_of(letter: str, number: int) -> uuid.UUID:
    """The key that `key('x')` in SQL gives."""
    return uuid.UUID(md5(f"{letter}{number}".encode()).hexdigest())


def key(letter: str, column: str = "rows.n") -> str:
    return f"md5('{letter}' || {column})::uuid"


def milliseconds(question: Callable[[], Any]) -> float:
    """Of the best of five times that a question is asked, after a first one that warms the caches."""
    question()
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        question()
        spent.append(time.perf_counter() - began)
    return 1000 * min(spent)
