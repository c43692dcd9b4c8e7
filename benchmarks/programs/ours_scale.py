"""A query, the home page and the lists in a large laboratory: CPU of web process and database together, and queries."""

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
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Project
from benchmarks.laboratory import Size, as_documents, fill
from comparisons.columns import TABLE_S1
from comparisons.models import Comparison, ComparisonRow
from measurements.models import Measurement
from samples.api import SampleViewSet
from samples.models import Cell, Process, Sample
from search.install import rebuild
from search.models import IndexedValue

QUERY = (
    "material:LLZTO and ancestor(process:co-sintering).temperature between 650 degC and 750 degC"
    " and initial_discharge_capacity > 120 mAh/g and origin:run"
)
AS_DOCUMENTS = """
    SELECT {what} FROM bench_document c
    WHERE c.kind = 'cell' AND c.data -> 'material' ? 'LLZTO'
      AND (c.data #>> '{{results,initial_discharge_capacity,value}}')::float > 120
      AND c.data #>> '{{results,initial_discharge_capacity,origin}}' = 'run'
      AND c.id IN (
        WITH RECURSIVE reach(id) AS (
            SELECT o.sample_id FROM bench_document p JOIN samples_processoutput o ON o.process_id = p.id
            WHERE p.data ->> 'kind' = 'co-sintering' AND (p.data ->> 'temperature')::float BETWEEN 650 AND 750
            UNION
            SELECT o.sample_id FROM reach JOIN samples_processinput i ON i.sample_id = reach.id
            JOIN samples_processoutput o ON o.process_id = i.process_id
        ) SELECT id FROM reach)
    {rest}
"""
COLUMNS = (
    *TABLE_S1,
    "ancestor(process:co-sintering).temperature",
    "ancestor(process:co-sintering).dwell_time",
    "ancestor(kind:mixture).code",
)
TIMES = 5


def backend_seconds() -> float:
    """CPU time of this connection's database process."""
    ticks = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / 100


def cpu(ask: Callable[[], Any], times: int = TIMES) -> dict[str, float]:
    """Milliseconds of CPU of a question, of this process and of the database's, after a first one that warms up."""
    ask()
    began, database = time.process_time(), backend_seconds()
    for _ in range(times):
        ask()
    here, there = time.process_time() - began, backend_seconds() - database
    return {"python": 1000 * here / times, "database": 1000 * there / times, "all": 1000 * (here + there) / times}


def asked(client: Any, address: str, **parameters: str) -> dict[str, Any]:
    """What a request costs, and what it finds where it is a list."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, parameters)
    count = len(queries)
    assert response.status_code == 200, response.content[:500]
    found = response.json().get("count") if response["Content-Type"] == "application/json" else None
    return {**cpu(lambda: client.get(address, parameters)), "queries": count, "found": found}


def documents() -> dict[str, Any]:
    """The query asked of JSON documents: how many there are, and a page of them."""

    def ask() -> int:
        with connection.cursor() as cursor:
            cursor.execute(AS_DOCUMENTS.format(what="count(*)", rest=""))
            (found,) = cursor.fetchone()
            cursor.execute(AS_DOCUMENTS.format(what="c.id", rest="ORDER BY c.id LIMIT 50"))
            cursor.fetchall()
        return int(found)

    return {**cpu(ask), "found": ask()}


def comparison() -> str:
    """Address of the table of a comparison of 50 cells and 12 columns."""
    project = Project.objects.get(slug="bench")
    made = Comparison.objects.create(slug="bench", project=project, title="Bench", columns=list(COLUMNS))
    cells = Cell.objects.filter(code__startswith="C1").order_by("code")[:50]
    ComparisonRow.objects.bulk_create(
        [ComparisonRow(comparison=made, position=place, subject=cell) for place, cell in enumerate(cells)]
    )
    return f"/api/v1/comparisons/{made.slug}/table/"


def details(pages: Client) -> dict[str, Any]:
    """The pages of one record of each kind."""
    cell = Cell.objects.get(code="C7")
    records = {
        "cell": cell,
        "composite": Sample.objects.get(code="CC7"),
        "measurement": Measurement.objects.get(sample=cell),
        "process": Process.objects.filter(kind="co-sintering")[0],
    }
    return {name: asked(pages, record.get_absolute_url()) for name, record in records.items()}


def main(cells: int, processes: int) -> None:
    answer: dict[str, Any] = {}
    with scratch_database():
        without_checks()
        began = time.perf_counter()
        user = fill(Size(cells, processes))
        answer["filled_seconds"] = time.perf_counter() - began
        began = time.perf_counter()
        answer["values"] = rebuild()
        answer["indexed_seconds"] = time.perf_counter() - began
        as_documents()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SET max_parallel_workers_per_gather = 0")  # a worker's CPU would not be counted
        spent = time.process_time()
        pages, api = Client(), APIClient()
        pages.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        api.force_authenticate(user)
        answer["query"] = asked(api, "/api/v1/cells/", q=QUERY, fields="id,code")
        answer["query_documents"] = documents()
        assert answer["query"]["found"] == answer["query_documents"]["found"]
        for name, address in (
            ("home", "/"),
            ("cells", "/cells/"),
            ("samples", "/samples/"),
            ("measurements", "/measurements/"),
            ("runs", "/runs/"),
        ):
            answer[name] = asked(pages, address)
        answer["search"] = asked(pages, "/search/", q=QUERY)
        answer |= details(pages)
        answer["comparison"] = asked(api, comparison())
        answer["thousand"] = asked(api, "/api/v1/samples/", page_size="1000")
        SampleViewSet.listing = None
        answer["thousand_serialized"] = asked(api, "/api/v1/samples/", page_size="1000")
        answer["few"] = asked(api, "/api/v1/cells/", q="code:C77 and cycle_count > 3", fields="id,code")
        answer["results"] = asked(api, "/api/v1/results/", q=QUERY)
        answer["stored"] = IndexedValue.objects.count()
        print(json.dumps({"cpu": time.process_time() - spent, "answer": answer}))


main(int(sys.argv[1]), int(sys.argv[2]))
