"""What a question about lineage may touch: whose eyes, how many nodes, how long the database may think."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from accounts.models import Project

PATIENCE_MS = 5_000


class TooMuchError(RuntimeError):
    """The database was stopped before it had the answer."""


@dataclass(frozen=True)
class Scope:
    """Bounds of one walk.

    Attributes:
        user: Who asks.
        projects: Projects whose records may be walked through; None where all may.
        limit: Rows that one step may give.
        steps: How many processes the walk may pass; None where it ends by itself.
        each: Numbers stand alone, not together by their source.
    """

    user: Any
    projects: tuple[UUID, ...] | None
    limit: int
    steps: int | None = None
    each: bool = False


def open_projects(user: Any) -> tuple[UUID, ...] | None:
    """Keys of the projects a person may see, None where there is no bound."""
    if user.is_superuser and user.is_active:
        return None
    return tuple(Project.objects.visible_to(user).order_by().values_list("pk", flat=True))


@contextmanager
def capped(milliseconds: int = PATIENCE_MS) -> Iterator[None]:
    """Stops each statement inside after so long.

    Raises:
        TooMuchError: A statement took longer.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            [before] = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooMuchError(
                f"The lineage asked for takes the database more than {milliseconds / 1000:g} s. Ask for a smaller "
                "depth, or for one direction only."
            ) from error
        raise
