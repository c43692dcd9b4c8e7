"""Verifying: read the stored bytes again, run the same code again, compare with what is stored, bit by bit if it can.

Nothing is written: a verification is an answer, not a record. A run that was requested to verify another one is a
record of its own (`analysis_tasks.services.rerun`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.db import connection

from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import Kernel, KernelInput, Output
from analysis_tasks.models import AnalysisRun, Result, RunSource
from analysis_tasks.services.execution import output_hash
from analysis_tasks.services.related import source_input
from comparisons.models import FrozenComparison
from comparisons.snapshot import hash_of_content
from core.canonical import canonical_json
from core.jobs import State
from core.models import AuditEvent
from measurements import readers
from measurements.models import Blob, Dataset, Purge
from measurements.readers.base import Reading, Source
from measurements.store import PurgedError, local_path, sha256_of
from measurements.tables import hash_of


class Verdict(StrEnum):
    """How a second computation compares with the stored one."""

    IDENTICAL = "identical"
    WITHIN_TOLERANCE = "within tolerance"
    DIFFERS = "differs"
    CANNOT_RUN = "cannot run"
    PURGED = "purged"


@dataclass(frozen=True)
class Outcome:
    """What became of a verification.

    Attributes:
        subject: What was verified, for a person: `run … of cycling.capacity 1 on cell.mpr`.
        verdict: How it compares.
        detail: Where it differs, or why it cannot run; empty where it is identical.
    """

    subject: str
    verdict: Verdict
    detail: str = ""


class _CannotRunError(Exception):
    """What the run needs is not here any more, or not as it was."""


def verify_run(run: AnalysisRun) -> Outcome:
    """Executes a succeeded run again from the stored bytes and compares with its stored results."""
    subject = f"run {run.pk} of {run.release} on {run.measurement}"
    if run.state != State.SUCCEEDED:
        return Outcome(subject, Verdict.CANNOT_RUN, f"it is {run.state}, so there is nothing to compare with")
    try:
        kernel = _kernel_of(run)
        inputs = tuple(_input_again(entry.dataset) for entry in run.inputs.select_related("dataset__file__blob"))
        read = tuple(_source_again(source) for source in run.sources.select_related("source__release"))
        output = kernel.run((*inputs, *read), run.parameters)
    except PurgedError as purge:
        return Outcome(subject, Verdict.PURGED, str(purge))
    except _CannotRunError as reason:
        return Outcome(subject, Verdict.CANNOT_RUN, str(reason))
    except _DiffersError as difference:
        return Outcome(subject, Verdict.DIFFERS, str(difference))
    except Exception as error:  # noqa: BLE001 (the answer to "does it still run?" is then no, and why)
        return Outcome(subject, Verdict.CANNOT_RUN, f"{type(error).__name__}: {error}")
    return Outcome(subject, *_compare(run, output, kernel))


def compare_values(
    stored: Mapping[tuple[str, str], tuple[float, float | None]],
    again: Mapping[tuple[str, str], tuple[float, float | None]],
    tolerance: float,
) -> tuple[Verdict, str]:
    """Compares two sets of numbers by quantity and index.

    Args:
        stored: Value and standard uncertainty by quantity key and canonical index.
        again: The same, computed again.
        tolerance: Largest relative difference that is rounding and no difference.
    """
    if stored.keys() != again.keys():
        missing = min(stored.keys() ^ again.keys())
        return Verdict.DIFFERS, f"{missing[0]} {missing[1]} is on one side only"
    worst, where = 0.0, ("", "")
    for key, numbers in stored.items():
        for old, new in zip(numbers, again[key], strict=True):
            difference = _relative(old, new)
            if difference > worst:
                worst, where = difference, key
    if worst == 0:
        return Verdict.IDENTICAL, ""
    old, new = stored[where][0], again[where][0]
    detail = f"{where[0]}: stored {old!r}, computed again {new!r} (relative difference {worst:.2g})"
    return (Verdict.WITHIN_TOLERANCE if worst <= tolerance else Verdict.DIFFERS), detail


def verify_blobs(blobs: Iterable[Blob]) -> Iterator[Outcome]:
    """Hashes stored files again; yields one outcome for each. What was purged is no damage, if it is really gone."""
    purged = set(Purge.objects.values_list("blob", flat=True))
    for blob in blobs:
        subject = f"stored file {blob.sha256}"
        try:
            found = sha256_of(blob)
        except PurgedError as purge:
            yield Outcome(subject, Verdict.PURGED, str(purge))
            continue
        except OSError as error:
            yield Outcome(subject, Verdict.CANNOT_RUN, f"its bytes cannot be read: {error}")
            continue
        if blob.sha256 in purged:
            yield Outcome(subject, Verdict.DIFFERS, "it was purged, but its bytes are still there: purge it again")
        elif found == blob.sha256:
            yield Outcome(subject, Verdict.IDENTICAL)
        else:
            yield Outcome(subject, Verdict.DIFFERS, f"its bytes have the hash {found}: they were changed on disk")


def verify_lineage() -> Outcome:
    """Looks for a circle in the lineage of samples, which the database refuses while its triggers are on."""
    with connection.cursor() as cursor:
        cursor.execute(_CIRCLES)
        codes = [row[0] for row in cursor.fetchall()]
    if codes:
        return Outcome("lineage", Verdict.DIFFERS, f"these samples are their own ancestors: {', '.join(codes)}")
    return Outcome("lineage", Verdict.IDENTICAL)


_CIRCLES = """
    WITH RECURSIVE edge(parent, child) AS (
        SELECT input.sample_id, output.sample_id
        FROM samples_processinput input
        JOIN samples_processoutput output ON output.process_id = input.process_id
        WHERE input.sample_id IS NOT NULL
    ), walk(origin, id) AS (
        SELECT parent, child FROM edge
        UNION
        SELECT walk.origin, edge.child FROM walk JOIN edge ON edge.parent = walk.id
    )
    SELECT sample.code FROM walk JOIN samples_sample sample ON sample.id = walk.id
    WHERE walk.origin = walk.id ORDER BY sample.code LIMIT 20
"""


def verify_frozen() -> Iterator[Outcome]:
    """Hashes every frozen comparison again, and compares with what the audit trail says of the day it was made."""
    events = AuditEvent.objects.filter(model=FrozenComparison._meta.db_table, operation=AuditEvent.Operation.INSERT)
    audited = dict(events.values_list("record_id", "changes__sha256"))
    for frozen in FrozenComparison.objects.order_by("frozen_at", "pk").iterator(chunk_size=20):
        subject = f"frozen comparison {frozen} ({frozen.pk})"
        if hash_of_content(frozen.content) != frozen.sha256:
            yield Outcome(subject, Verdict.DIFFERS, "its content does not have the hash that it was frozen with")
        elif audited.get(str(frozen.pk)) != frozen.sha256:
            yield Outcome(subject, Verdict.DIFFERS, "its hash is not the one that the audit trail keeps")
        else:
            yield Outcome(subject, Verdict.IDENTICAL)


class _DiffersError(Exception):
    """An input is not what it was."""


def _kernel_of(run: AnalysisRun) -> Kernel:
    kernel = KERNELS.get(run.release.name)
    if kernel is None:
        raise _CannotRunError(f"the kernel {run.release.name} is not installed")
    if fingerprint(kernel) != run.release.fingerprint:
        raise _CannotRunError(
            f"the code of {run.release.name} has changed since version {run.release.version}; "
            "its results are superseded by running it again, not verified"
        )
    return kernel


def _input_again(dataset: Dataset) -> KernelInput:
    """The dataset read again from the stored bytes."""
    blob = dataset.file.blob
    if sha256_of(blob) != blob.sha256:
        raise _DiffersError(f"the bytes of {dataset.file.name} were changed on disk")
    reader = readers.READERS.get(dataset.reader)
    if reader is None or reader.version != dataset.reader_version:
        found = f"version {reader.version}" if reader else "none of that name"
        raise _CannotRunError(f"it was read by {dataset.reader} {dataset.reader_version}; installed is {found}")
    with local_path(blob) as path:
        content: Reading = reader.read(Source(path, dataset.file.name), dataset.reading.options)
    if hash_of(content.tables) != dataset.sha256:
        raise _DiffersError(f"{dataset.file.name} reads differently than it did")
    return KernelInput({table.name: table for table in content.tables}, dict(content.metadata))


def _source_again(source: RunSource) -> KernelInput:
    """The stored results of a run that was read; that run is verified by itself."""
    if source.source.output_sha256 != source.sha256:
        raise _DiffersError(f"the results of run {source.source_id} are not what they were")
    return source_input(source)


def _compare(run: AnalysisRun, output: Output, kernel: Kernel) -> tuple[Verdict, str]:
    original = run.verifies or run
    stored = {
        (result.quantity, canonical_json(result.index)): (result.value, result.uncertainty)
        for result in Result.objects.filter(run=original)
    }
    again = {
        (value.quantity, canonical_json(dict(value.index))): (value.value, value.uncertainty) for value in output.values
    }
    verdict, detail = compare_values(stored, again, kernel.tolerance)
    values = [asdict(value) for value in output.values]
    if (
        verdict is Verdict.IDENTICAL
        and output_hash(values, {t.name: t.sha256 for t in output.tables}) != run.output_sha256
    ):
        return Verdict.DIFFERS, "the numbers are equal, but a table of the run is not"
    return verdict, detail


def _relative(old: float | None, new: float | None) -> float:
    if old == new:
        return 0.0
    if old is None or new is None:
        return float("inf")
    return abs(old - new) / max(abs(old), abs(new))


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome for machines."""
    return {"subject": outcome.subject, "verdict": outcome.verdict.value, "detail": outcome.detail}
