"""A selection as a Process Run Crate: a zip with the files, the runs with their numbers, and one JSON-LD file on top.

RO-Crate 1.1 with the profile Process Run Crate 0.5. The zip is written while it is sent; it needs memory for one piece
of one file. The JSON-LD is written here and not by a library, for it is one list of plain objects.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from django.db.models import Prefetch

from analysis_tasks.models import AnalysisRun, Artifact
from comparisons.exports import to_csv
from comparisons.models import Comparison
from comparisons.selectors import comparison_table
from measurements.models import Blob, RawFile
from measurements.store import CHUNK, open_blob
from provenance.exports.crate_metadata import Entry, metadata
from provenance.graph import Direction, Graph, Kind
from provenance.selectors import lineage

_DIRECTIONS: dict[Kind, Direction] = {Kind.COMPARISON: "up", Kind.RESULT: "up", Kind.RUN: "up"}
_LIMIT = 20_000
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Time of every member: the same selection gives the same bytes."""


@dataclass(frozen=True)
class Selection:
    """What goes into a crate.

    Attributes:
        graph: The lineage of what was chosen.
        files: Raw files in it.
        runs: Runs in it that succeeded, with inputs, results and artifacts.
        table: The comparison that was chosen, as CSV; empty for other records.
    """

    graph: Graph
    files: list[RawFile]
    runs: list[AnalysisRun]
    table: str = ""


class TooLargeForCrateError(ValueError):
    """A crate would not hold all of it."""


@dataclass
class _Member:
    """One member of the zip: bytes in memory, or a blob."""

    path: str
    content: bytes = b""
    blob: Blob | None = None
    entry: Entry = field(default_factory=dict)


def select(kind: Kind, key: str, user: Any) -> Selection:
    """What a crate of this record holds: everything it came from, and of a sample, cell or measurement its data too.

    Raises:
        NoSuchRecordError: There is none, or this person may not see it.
        TooLargeForCrateError: It rests on more records than a crate should hold.
    """
    graph = lineage(kind, key, user, direction=_DIRECTIONS.get(kind, "both"), limit=_LIMIT)
    if graph.truncated:
        raise TooLargeForCrateError(
            f"{graph.nodes[graph.start].label} rests on more than {_LIMIT} records, too many for one crate. Choose a "
            "cell or a measurement of it."
        )
    ids = {kind: [node.id for node in graph.nodes.values() if node.kind is kind] for kind in Kind}
    files = RawFile.objects.visible_to(user).filter(pk__in=ids[Kind.FILE]).select_related("blob", "uploader")
    artifacts: Any = Prefetch("artifacts", Artifact.objects.select_related("blob").order_by("name"))
    runs = AnalysisRun.objects.visible_to(user).filter(pk__in=ids[Kind.RUN], state="succeeded")
    runs = runs.select_related("release", "requested_by", "measurement")
    runs = runs.prefetch_related("results", artifacts, "inputs__dataset", "sources")
    table = ""
    if kind is Kind.COMPARISON:
        table = to_csv(comparison_table(Comparison.objects.get(pk=graph.start), user))
    return Selection(graph, list(files.order_by("received_at", "pk")), list(runs.order_by("queued_at", "pk")), table)


def crate_pieces(selection: Selection, *, licence: str = "", site: str = "") -> Iterator[bytes]:
    """The zip in pieces.

    Args:
        selection: From `select`.
        licence: Address of the licence that the data are given under; empty where none was chosen.
        site: Address of this server; empty where it is not known.
    """
    members = list(_members(selection))
    entries = [member.entry for member in members]
    described = metadata(selection.graph, entries, selection.runs, licence=licence, site=site)
    text = json.dumps(described, indent=1, ensure_ascii=False).encode()
    pieces = _Pieces()
    with zipfile.ZipFile(cast("BinaryIO", pieces), "w", zipfile.ZIP_DEFLATED) as archive:
        for member in [_Member("ro-crate-metadata.json", text), *members]:
            for _ in _write(archive, member):
                yield pieces.take()
    yield pieces.take()


class _Pieces:
    """A stream that only knows the way forward: what was written is taken away at once."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keeps bytes until they are taken."""
        self.written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        """The bytes since the last time."""
        taken, self.written = b"".join(self.written), []
        return taken


def _write(archive: zipfile.ZipFile, member: _Member) -> Iterator[None]:
    about = zipfile.ZipInfo(member.path, _MOMENT)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o644 << 16
    size = member.blob.size if member.blob else len(member.content)
    with archive.open(about, "w", force_zip64=size > zipfile.ZIP64_LIMIT // 2) as target:
        for piece in _content(member):
            target.write(piece)
            yield
    yield


def _content(member: _Member) -> Iterable[bytes]:
    if member.blob is None:
        yield member.content
        return
    with open_blob(member.blob) as stored:
        yield from stored.chunks(CHUNK)


def _members(selection: Selection) -> Iterator[_Member]:
    from provenance.exports.w3c_prov import as_prov_json

    prov = as_prov_json(selection.graph).encode()
    yield _in_memory("prov.json", prov, "Lineage in W3C PROV", "application/json", about="prov")
    if selection.table:
        text, about = selection.table.encode(), selection.graph.start
        yield _in_memory("comparison.csv", text, "The table, each number with its origin", "text/csv", about=about)
    for file in selection.files:
        path = f"files/{file.measurement_id}/{_safe(file.name)}"
        entry = _entry(
            path,
            file.name,
            file.media_type or "application/octet-stream",
            f"As received {file.received_at:%Y-%m-%d}",
            file.blob_id,
            file.blob.size,
        )
        yield _Member(path, blob=file.blob, entry=entry | {"about": str(file.pk)})
    for run in selection.runs:
        yield _results(run)
        for artifact in run.artifacts.all():
            path = f"runs/{run.pk}/{artifact.name}.parquet"
            about = f"Table {artifact.name}, {artifact.rows} rows, of {run.release}"
            media = "application/vnd.apache.parquet"
            blob = artifact.blob
            entry = _entry(path, f"{artifact.name} of {run.release}", media, about, blob.sha256, blob.size)
            yield _Member(path, blob=blob, entry=entry | {"run": str(run.pk)})


def _results(run: AnalysisRun) -> _Member:
    numbers = [
        {
            "quantity": row.quantity,
            "value": row.value,
            "uncertainty": row.uncertainty,
            "unit": row.unit,
            "index": row.index,
            "simulated": row.simulated,
        }
        for row in sorted(run.results.all(), key=lambda row: (row.quantity, json.dumps(row.index, sort_keys=True)))
    ]
    text = json.dumps(numbers, indent=1, ensure_ascii=False).encode()
    about = f"{len(numbers)} numbers with unit and uncertainty"
    member = _in_memory(f"runs/{run.pk}/results.json", text, f"Results of {run.release}", "application/json", about)
    member.entry.update(run=str(run.pk), about=f"results-{run.pk}")
    return member


def _in_memory(path: str, content: bytes, name: str, media: str, described: str = "", about: str = "") -> _Member:
    entry = _entry(path, name, media, described or name, sha256(content).hexdigest(), len(content))
    return _Member(path, content, entry=entry | ({"about": about} if about else {}))


def _entry(path: str, name: str, media: str, described: str, digest: str, size: int) -> Entry:
    return {
        "@id": quote(path),
        "@type": "File",
        "name": name,
        "description": described,
        "encodingFormat": media,
        "sha256": digest,
        "contentSize": str(size),
    }


def _safe(name: str) -> str:
    """The last part of a name, for a name from elsewhere must not leave its folder."""
    return PurePosixPath(name.replace("\\", "/")).name or "file"
