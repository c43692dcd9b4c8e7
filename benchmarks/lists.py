"""Lists of 1000 rows over REST: what the web process spends on them, beside Django REST framework's serializers.

The database writes the rows as JSON. Its own part is told apart: it replaces what the queries of the serializers cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.lineage import own_server
from benchmarks.measure import measure

CELLS, PROCESSES = 1_100, 3_300
MOST = 3.0


def figures(folder: Path) -> Iterator[tuple[str, str, float, float | None, str, bool]]:
    """Name, peer, our milliseconds, the peer's, what must hold in words and whether it does."""
    home = folder / "lists"
    home.mkdir()
    with own_server(home):
        from config.supervisor.memory import KEPT_MEMORY

        found = measure("ours_lists.py", CELLS, PROCESSES, environment=KEPT_MEMORY).answer
    limit = f"at most {MOST:g} ms"
    for name, cost in found.items():
        ours, theirs = cost["ours"], cost["serializers"]
        title = f"REST list of {name}, 1000 rows"
        here = ours["python"]
        yield f"{title}: web process", "DRF serializers", here, theirs["python"], limit, here <= MOST
        all_of_it = sum(ours.values()), sum(theirs.values())
        yield f"{title}: with the database", "DRF serializers", *all_of_it, "", True
