"""Lists of 1000 rows by the database's own JSON beside the serializers: CPU of this process, and of the database's."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.scratch import scratch_database, without_checks

# isort: split
from django.db import connection
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIRequestFactory

from accounts.models import User
from benchmarks.laboratory import Size, fill
from config.api_router import router

LISTS = ("samples", "cells", "processes", "measurements", "files", "runs", "results")
ROWS = 1000
OFTEN, SELDOM = 30, 3


def database_seconds() -> float:
    """CPU time of this connection's database process."""
    ticks = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / 100


def milliseconds(ask: Callable[[], Any], times: int) -> dict[str, float]:
    """Of CPU: the least of this process, and the mean of the database's, whose clock ticks every 10 ms."""
    ask()
    database, spent = database_seconds(), []
    for _ in range(times):
        began = time.process_time()
        ask()
        spent.append(time.process_time() - began)
    return {"python": 1000 * min(spent), "database": 1000 * (database_seconds() - database) / times}


def both(view: Any, user: User) -> dict[str, Any]:
    """What a thousand rows cost, written by the database and by the serializers."""
    request = APIRequestFactory().get("/")
    request.user = user
    page = view.queryset.visible_to(user).order_by("pk")[:ROWS]

    def serialized() -> bytes:
        context = {"request": request, "fields": None}
        return bytes(JSONRenderer().render(view.serializer_class(page.all(), many=True, context=context).data))

    written = b"".join(view.listing.rows(page, request))
    assert len(json.loads(written)) == ROWS
    assert json.loads(serialized()) == json.loads(written)
    return {
        "ours": milliseconds(lambda: b"".join(view.listing.rows(page.all(), request)), OFTEN),
        "serializers": milliseconds(serialized, SELDOM),
        "bytes": len(written),
    }


def main(cells: int, processes: int) -> None:
    views = {prefix: view for prefix, view, _ in router.registry}
    with scratch_database():
        without_checks()
        user = fill(Size(cells, processes))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SET max_parallel_workers_per_gather = 0")  # a worker's CPU would not be counted
        began = time.process_time()
        answer = {name: both(views[name], user) for name in LISTS}
        print(json.dumps({"cpu": time.process_time() - began, "answer": answer}))


main(int(sys.argv[1]), int(sys.argv[2]))
