"""Recognising and reading a file: a job that ends with a dataset, or with a sentence that says why not."""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core import records
from core.audit import acting
from core.canonical import content_hash
from core.events import announce, dataset_ready
from core.jobs import Heartbeat, LostClaimError, claim, fail, finishing, send_after_commit
from core.tables import Table

from measurements import readers
from measurements.models import Dataset, DatasetTable, FileReading, Measurement, RawFile
from measurements.readers.base import NeedsMapping, Reading, Source, UnreadableFile
from measurements.store import local_path, put_table
from measurements.tables import describe, preview_of


def request_reading(file: RawFile, *, options: Mapping[str, str] | None = None) -> FileReading:
    """Queues a reading of the file; the message follows once the transaction has committed."""
    from measurements.tasks import read_file

    reading = FileReading(file=file, options=dict(options or {}))
    reading.full_clean()
    reading.save(force_insert=True)
    send_after_commit(reading, lambda pk: read_file.delay(str(pk)))
    return reading


def perform_reading(pk: UUID) -> FileReading | None:
    """Reads a file, if nobody else does or has; called by the worker.

    Returns:
        The reading as this call left it, None where there was nothing to do.
    """
    reading = claim(FileReading, pk, worker_name())
    if reading is None:
        return None
    with Heartbeat(reading), acting(actor="worker", door="task"):
        try:
            _read_and_store(reading)
        except UnreadableFile as problem:
            if isinstance(problem, NeedsMapping):
                _keep_proposal(reading, problem)
            fail(reading, str(problem))
        except LostClaimError:
            return None
        except Exception as problem:  # noqa: BLE001 (a strange file must not stop the worker; the row keeps the log)
            fail(
                reading,
                f"{reading.file.name} could not be read because of an error in the program ({problem}). "
                "The file is safe. Please report this with the log below.",
                details=traceback.format_exc(),
            )
    return FileReading.objects.get(pk=pk)


def worker_name() -> str:
    """Which process on which machine does the work."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _read_and_store(reading: FileReading) -> None:
    file = reading.file
    with local_path(file.blob) as path:
        source = Source(path, file.name)
        report = readers.detect(source)
        FileReading.objects.filter(pk=reading.pk, token=reading.token).update(match_report=report.as_json())
        reader, content = readers.read(source, reading.options)
    tables = [_stored(table) for table in content.tables]
    with finishing(reading) as held:
        held.match_report = report.as_json()
        held.format, held.reader, held.reader_version = reader.format, reader.name, reader.version
        dataset = Dataset.objects.create(
            reading=held,
            measurement=file.measurement,
            file=file,
            reader=reader.name,
            reader_version=reader.version,
            technique=content.technique,
            metadata=dict(content.metadata),
            warnings=list(content.warnings),
            sha256=dataset_hash(content),
        )
        for table in tables:
            table.dataset = dataset
        DatasetTable.objects.bulk_create(tables)
        _tell_measurement(file.measurement, content)
        announce(dataset_ready, Dataset, dataset.pk)


def dataset_hash(content: Reading) -> str:
    """Hash of all tables of a reading, whatever file encoding they are kept in."""
    return content_hash("dataset", {table.name: table.sha256 for table in content.tables})


def _stored(table: Table) -> DatasetTable:
    preview = preview_of(table)
    return DatasetTable(
        name=table.name,
        rows=len(table),
        columns=describe(table),
        blob=put_table(table),
        preview=put_table(preview) if preview is not None else None,
    )


def _tell_measurement(measurement: Measurement, content: Reading) -> None:
    """What the file knows better than the person who left it open: the technique, and that it is simulated."""
    changes: dict[str, Any] = {}
    if not measurement.technique and content.technique:
        changes["technique"] = content.technique
    if content.metadata.get("simulated") is True and not measurement.simulated:
        changes["simulated"] = True
    if changes:
        records.change(measurement, **changes)


def _keep_proposal(reading: FileReading, problem: NeedsMapping) -> None:
    FileReading.objects.filter(pk=reading.pk, token=reading.token).update(
        proposal={"columns": problem.columns, "sample": problem.sample}
    )
