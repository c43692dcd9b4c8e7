"""A query, the home page and the lists with 100 000 cells, 1 000 000 results and 10 000 processes.

CPU is that of the web process and of its database process together. The same question is asked of plain JSON documents
with a cast, as platforms without a side table keep their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.lineage import own_server
from benchmarks.measure import measure

CELLS, PROCESSES = 100_000, 10_000
MOST, MOST_LIST = 150.0, 100.0


def figures(folder: Path) -> Iterator[tuple[str, str, float, float | None, str, bool]]:
    """Name, peer, our milliseconds, the peer's, what must hold in words and whether it does."""
    home = folder / "scale"
    home.mkdir()
    with own_server(home):
        found = measure("ours_scale.py", CELLS, PROCESSES).answer
    size = "0.1 M cells, 1 M results, 10 000 processes"
    asked, documents = found["query"], found["query_documents"]
    limit = f"at most {MOST:g} ms"
    name = f"query with an ancestor among {size}, {asked['found']} found, {asked['queries']} queries"
    yield name, "JSONB with a cast", asked["all"], documents["all"], limit, asked["all"] <= MOST
    for key, title in (
        ("comparison", "comparison of 50 cells and 12 columns, 3 of ancestors"),
        ("home", "home page"),
        ("few", "query for few cells"),
        ("results", "query of results"),
    ):
        cost = found[key]
        yield f"{title}, {cost['queries']} queries", "", cost["all"], None, limit, cost["all"] <= MOST
    search = found["search"]
    yield f"search page for the query, {search['queries']} queries", "", search["all"], None, "", True
    limit = f"at most {MOST_LIST:g} ms"
    for key in ("cells", "samples", "measurements", "runs"):
        cost = found[key]
        yield f"list of {key}, {cost['queries']} queries", "", cost["all"], None, limit, cost["all"] <= MOST_LIST
    for key in ("cell", "composite", "measurement", "process"):
        cost = found[key]
        yield f"page of a {key}, {cost['queries']} queries", "", cost["all"], None, limit, cost["all"] <= MOST_LIST
    ours, theirs = found["thousand"]["all"], found["thousand_serialized"]["all"]
    yield "REST list of samples, 1000 rows", "DRF serializers", ours, theirs, limit, ours <= MOST_LIST
    yield "side table of the query language made anew, 1 M results", "", 1000 * found["indexed_seconds"], None, "", True
