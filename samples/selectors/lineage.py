"""Which samples something was made from, and what was made of it: recursion over processes, in the database.

Plain `UNION` visits each sample once; `UNION ALL` would walk every path, and diamonds have very many.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

_UP = """
    WITH RECURSIVE walk(id) AS (
        SELECT unnest(%s::uuid[])
        UNION
        SELECT input.sample_id
        FROM walk
        JOIN samples_processoutput output ON output.sample_id = walk.id
        JOIN samples_processinput input ON input.process_id = output.process_id AND input.sample_id IS NOT NULL
    )
    SELECT id FROM walk
"""

_DOWN = """
    WITH RECURSIVE walk(id) AS (
        SELECT unnest(%s::uuid[])
        UNION
        SELECT output.sample_id
        FROM walk
        JOIN samples_processinput input ON input.sample_id = walk.id
        JOIN samples_processoutput output ON output.process_id = input.process_id
    )
    SELECT id FROM walk
"""


def ancestor_ids(samples: Iterable[UUID]) -> set[UUID]:
    """Samples that these were made from, at any distance; not themselves. Access is the caller's to check."""
    return _walk(_UP, samples)


def descendant_ids(samples: Iterable[UUID]) -> set[UUID]:
    """Samples that were made from these, at any distance; not themselves. Access is the caller's to check."""
    return _walk(_DOWN, samples)


def _walk(sql: str, samples: Iterable[UUID]) -> set[UUID]:
    start = set(samples)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(start)])
        return {row[0] for row in cursor.fetchall()} - start
