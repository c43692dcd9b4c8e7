"""Recognising and reading a file: a job that ends with a dataset, or with a sentence that says why not."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.access import require_write
from core import records, sandbox
from core.audit import attribute
from core.events import announce, dataset_ready, reading_failed
from core.jobs import (
    LostClaimError,
    State,
    Work,
    cancel_for,
    finishing,
    note,
    perform,
    reason_to_retry,
    send_after_commit,
    steadily,
)
from core.queues import Queue
from measurements.models import Dataset, DatasetTable, FileReading, Measurement, RawFile
from measurements.services.versions import goes_on, separate
from measurements.store import local_path, put_file


def request_reading(
    file: RawFile,
    *,
    options: Mapping[str, str] | None = None,
    actor: Any = None,
    reason: str = "",
    queue: str = Queue.INTERACTIVE,
) -> FileReading:
    """Queues a reading of the file; the message follows once the transaction has committed.

    Args:
        file: What to read.
        options: What a person tells the reader, such as a column mapping.
        actor: Who asked for it; None for the platform itself.
        reason: Why, where it is not the first reading.
        queue: Whether a person waits for it.
    """
    reading = FileReading(file=file, options=dict(options or {}), requested_by=actor, reason=reason, queue=queue)
    reading.full_clean()
    reading.save(force_insert=True)
    send_after_commit(reading, send_reading)
    return reading


def send_reading(reading: FileReading) -> None:
    """Sends the message that a reading waits."""
    from measurements.tasks import read_file

    read_file.apply_async((str(reading.pk),), queue=reading.queue)


@transaction.atomic
def cancel_reading(reading: FileReading, *, actor: Any, reason: str = "") -> FileReading:
    """Ends a reading that waits or runs; a child process that reads is stopped within seconds.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: It had ended before.
    """
    require_write(actor, reading)
    return cancel_for(actor, reading, reason, name="reading")


@transaction.atomic
def retry_reading(reading: FileReading, *, actor: Any, reason: str = "") -> FileReading:
    """Reads a file again after a reading of it failed or was cancelled: a new reading that names the first.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: The reading did not fail and was not cancelled.
    """
    require_write(actor, reading)
    why = reason_to_retry(reading, reason, name="reading")
    attribute(actor)
    return request_reading(reading.file, options=reading.options, actor=actor, reason=why)


def perform_reading(pk: UUID) -> FileReading | None:
    """Reads a file, if nobody else does or has; called by the worker.

    The reader works in a child process without a database, under limits of time and memory.

    Returns:
        The reading as this call left it, None where there was nothing to do or the work is not wanted any more.
    """
    reading = perform(FileReading, pk, _WORK)
    if reading is not None and reading.state == State.FAILED:
        announce_failure(reading)
    return reading


def announce_failure(reading: FileReading) -> None:
    """Tells whoever listens that a file could not be read."""
    announce(reading_failed, FileReading, reading.pk)


def _read_and_store(reading: FileReading, unwanted: threading.Event) -> None:
    with tempfile.TemporaryDirectory(prefix="reading-") as folder, local_path(reading.file.blob) as path:
        source = {"path": str(path), "name": reading.file.name}
        limits = sandbox.Limits(settings.COSINTER_JOB_SECONDS, settings.COSINTER_JOB_MEMORY)
        report = sandbox.call("measurements.readers.sandboxed:match", source, limits, unwanted=unwanted)
        steadily(partial(_note_match, reading, report))
        asked = {**source, "options": reading.options, "folder": folder}
        try:
            content = sandbox.call("measurements.readers.sandboxed:read", asked, limits, unwanted=unwanted)
        except sandbox.RemoteError as problem:
            steadily(partial(_note_proposal, reading, problem.details))
            raise
        if reading.file.version_of_id is not None and not goes_on(reading.file, content, limits):
            steadily(partial(separate, reading))
            raise LostClaimError
        steadily(partial(_store, reading, report, content))


def _note_match(reading: FileReading, report: dict[str, Any]) -> None:
    FileReading.objects.filter(pk=reading.pk, token=reading.token).update(match_report=report)
    note(reading, f"reading {reading.file.name}")


def _note_proposal(reading: FileReading, proposal: dict[str, Any]) -> None:
    """Keeps what the reader proposes where it needs a person's word, such as which column is which."""
    if proposal:
        FileReading.objects.filter(pk=reading.pk, token=reading.token).update(proposal=proposal)


def _store(reading: FileReading, report: dict[str, Any], content: dict[str, Any]) -> None:
    tables = [_stored(table) for table in content["tables"]]
    with finishing(reading) as held:
        file = held.file
        held.match_report = report
        held.format, held.reader, held.reader_version = (
            content["format"],
            content["reader"],
            content["reader_version"],
        )
        dataset = Dataset.objects.create(
            reading=held,
            measurement=file.measurement,
            file=file,
            reader=held.reader,
            reader_version=held.reader_version,
            technique=content["technique"],
            metadata=content["metadata"],
            warnings=content["warnings"],
            sha256=content["sha256"],
        )
        for table in tables:
            table.dataset = dataset
        DatasetTable.objects.bulk_create(tables)
        _tell_measurement(file.measurement, content)
        announce(dataset_ready, Dataset, dataset.pk)


def _stored(table: dict[str, Any]) -> DatasetTable:
    return DatasetTable(
        name=table["name"],
        rows=table["rows"],
        columns=table["columns"],
        blob=put_file(Path(table["file"])),
        preview=put_file(Path(table["preview"])) if table["preview"] else None,
    )


def _tell_measurement(measurement: Measurement, content: dict[str, Any]) -> None:
    """What the file knows better than the person who left it open: the technique, and that it is simulated."""
    changes: dict[str, Any] = {}
    if not measurement.technique and content["technique"]:
        changes["technique"] = content["technique"]
    if content["metadata"].get("simulated") is True and not measurement.simulated:
        changes["simulated"] = True
    if changes:
        records.change(measurement, **changes)


_WORK = Work(
    do=_read_and_store,
    answers=frozenset({"UnreadableFile"}),
    stopped=lambda reading, happened: f"{reading.file.name} could not be read. {happened} The file is safe.",
    fault=lambda reading, message: (
        f"{reading.file.name} could not be read because of an error in the program ({message}). "
        "The file is safe. Please report this with the log below."
    ),
)
