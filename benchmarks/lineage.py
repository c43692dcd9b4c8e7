"""Lineage and staleness at the size of a large laboratory, in an embedded PostgreSQL of their own.

AiiDA answers the same question on the same shape, a tenth as large, in its own tables on the same server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from benchmarks.measure import measure
from benchmarks.peers import peer_python

NODES, SLOTS = 1_000_000, 100_000
PEER_NODES = 100_000
MOST_WALK, MOST_STALENESS = 10.0, 50.0
_WAYS = ("ancestors", "descendants")


def figures(folder: Path) -> Iterator[tuple[str, str, float, float | None, str, bool]]:
    """Name, peer, our milliseconds, the peer's, what must hold in words and whether it does."""
    with own_server(folder) as server:
        large = measure("ours_lineage.py", NODES, SLOTS).answer
        ours = measure("ours_lineage.py", PEER_NODES, 0).answer
        theirs = measure("aiida_lineage.py", PEER_NODES, *server, python=peer_python("aiida")).answer
    limit = f"at most {MOST_WALK:g} ms"
    for way in _WAYS:
        walk = large[way]
        name = f"{way} of a sample among 1 M nodes"
        yield f"{name}, {walk['relatives']:.0f} found", "", walk["median"], None, limit, walk["median"] <= MOST_WALK
        most = walk["largest_median"]
        yield f"{name}, {walk['largest_relatives']:.0f} found", "", most, None, limit, most <= MOST_WALK
    for way in _WAYS:
        name = f"{way} of a sample among 0.1 M nodes"
        yield name, "aiida", ours[way]["median"], theirs[way]["median"], "", True
        stopped = ", stopped after 10 s" if theirs[way]["largest_stopped"] else ""
        yield (
            f"{name} with most of them{stopped}",
            "aiida",
            ours[way]["largest_median"],
            theirs[way]["largest"],
            "",
            True,
        )
    yield "lineage graph of a sample among 1 M nodes", "", large["graph"], None, "", True
    stale, limit = large["staleness"], f"at most {MOST_STALENESS:g} ms"
    of_50 = stale["of_50"]
    yield "staleness of 50 slots among 0.1 M", "", of_50, None, limit, of_50 <= MOST_STALENESS
    yield "staleness of all 0.1 M slots", "", stale["of_all"], None, "", True


@contextmanager
def own_server(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """An embedded PostgreSQL below the folder with an empty database for a peer: its name, user, password and port."""
    os.environ["COSINTER_HOME"] = str(folder / "test")
    from config.embedded.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(folder / "test" / "postgres", durable=False)  # each part of a run has its own
    server.acquire()
    try:
        address = urlsplit(server.url("owner"))
        os.environ["PGHOST"] = unquote(address.netloc.rpartition("@")[2].rpartition(":")[0])
        with psycopg.connect(server.url("owner"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE aiida TEMPLATE template0 ENCODING 'UTF8'")
        yield "aiida", address.username or "", address.password or "", str(address.port)
    finally:
        server.release()
