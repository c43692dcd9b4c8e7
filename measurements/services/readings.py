"""Recognising and reading a file: a job that ends with a dataset, or with a sentence that says why not."""

from __future__ import annotations

import os
import socket
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from core import records, sandbox
from core.audit import acting
from core.events import announce, dataset_ready
from core.jobs import Heartbeat, LostClaimError, claim, fail, finishing, send_after_commit
from measurements.models import Dataset, DatasetTable, FileReading, Measurement, RawFile
from measurements.store import local_path, put_file


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

    The reader works in a child process without a database, under limits of time and memory.

    Returns:
        The reading as this call left it, None where there was nothing to do.
    """
    reading = claim(FileReading, pk, worker_name())
    if reading is None:
        return None
    with Heartbeat(reading), acting(actor="worker", door="task"):
        try:
            _read_and_store(reading)
        except sandbox.RemoteError as problem:
            _explain(reading, problem)
        except sandbox.SandboxError as problem:
            fail(reading, f"{reading.file.name} could not be read. {problem} The file is safe.")
        except LostClaimError:
            return None
        except Exception as problem:  # noqa: BLE001 (a strange file must not stop the worker; the row keeps the log)
            fail(reading, _our_fault(reading, str(problem)), details=traceback.format_exc())
    return FileReading.objects.get(pk=pk)


def _explain(reading: FileReading, problem: sandbox.RemoteError) -> None:
    """Ends the reading with the reader's own words, or with ours where the reader broke."""
    if "UnreadableFile" not in problem.kinds:
        fail(reading, _our_fault(reading, str(problem)), details=problem.traceback)
        return
    if problem.details:
        FileReading.objects.filter(pk=reading.pk, token=reading.token).update(proposal=problem.details)
        reading.refresh_from_db(fields=["proposal"])
    fail(reading, str(problem))


def _our_fault(reading: FileReading, problem: str) -> str:
    return (
        f"{reading.file.name} could not be read because of an error in the program ({problem}). "
        "The file is safe. Please report this with the log below."
    )


def worker_name() -> str:
    """Which process on which machine does the work."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _read_and_store(reading: FileReading) -> None:
    file = reading.file
    with tempfile.TemporaryDirectory(prefix="reading-") as folder, local_path(file.blob) as path:
        source = {"path": str(path), "name": file.name}
        report = sandbox.call("measurements.readers.sandboxed:match", source)
        FileReading.objects.filter(pk=reading.pk, token=reading.token).update(match_report=report)
        content = sandbox.call(
            "measurements.readers.sandboxed:read", {**source, "options": reading.options, "folder": folder}
        )
        tables = [_stored(table) for table in content["tables"]]
    with finishing(reading) as held:
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
