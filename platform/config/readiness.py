"""The wiring's own health checks: the database is migrated, the first start is done, a worker is alive."""

from __future__ import annotations

import functools
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import pulse
from core.health import register_check


def first_start_file() -> Path:
    """Exists while `manage.py up` still has the demo lab to load."""
    return Path(settings.HOME) / "first-start-unfinished"


def database_is_migrated() -> str | None:
    """Health check: no migration is waiting."""
    waiting = _waiting_migrations()
    return f"{len(waiting)} migrations are waiting; run manage.py migrate" if waiting else None


def first_start_is_done() -> str | None:
    """Health check: `manage.py up` has finished its first start."""
    return "the demo lab is being loaded" if first_start_file().exists() else None


def worker_is_alive() -> str | None:
    """Health check: a worker marked itself alive a moment ago."""
    return None if pulse.worker_is_alive() else "no worker is alive; start one: celery -A config worker"


def _waiting_migrations() -> list[str]:
    if _is_migrated_for_good.cache_info().currsize:
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        _is_migrated_for_good()
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


@functools.cache
def _is_migrated_for_good() -> bool:
    """Remembers the answer: the code of a running process does not change."""
    return True


register_check("migrations", database_is_migrated)
register_check("first start", first_start_is_done)
register_check("worker", worker_is_alive)
