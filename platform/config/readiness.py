"""The wiring's own health checks: the database is migrated, the first start is done, a worker is alive."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import pulse
from core.health import register_check


def first_start_file() -> Path:
    """Exists while `manage.py up` still has the demo lab to load."""
    return Path(settings.HOME) / "first-start-unfinished"


class MigrationCheck:
    """Health check: no migration is waiting.

    Once true it stays true for this process, whose code does not change, so the answer is kept.
    """

    def __init__(self) -> None:
        self._done = False

    def __call__(self) -> str | None:
        """Looks for waiting migrations until there are none."""
        if self._done:
            return None
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        self._done = not waiting
        return f"{len(waiting)} migrations are waiting; run manage.py migrate" if waiting else None


def first_start_is_done() -> str | None:
    """Health check: `manage.py up` has finished its first start."""
    return "the demo lab is being loaded" if first_start_file().exists() else None


def worker_is_alive() -> str | None:
    """Health check: a worker marked itself alive a moment ago."""
    return None if pulse.worker_is_alive() else "no worker is alive; start one: python manage.py part worker"


register_check("migrations", MigrationCheck())
register_check("first start", first_start_is_done)
register_check("worker", worker_is_alive)
