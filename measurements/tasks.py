"""Celery tasks of measurements: the message carries a key, the row says whether there is something to do."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from core.jobs import sweep
from measurements.models import FileReading
from measurements.services import perform_reading


@shared_task(name="measurements.read_file")
def read_file(pk: str) -> None:
    """Reads a file that waits for it."""
    perform_reading(UUID(pk))


@shared_task(name="measurements.sweep_readings")
def sweep_readings() -> None:
    """Sends lost messages again and ends readings that kill their workers."""
    sweep(FileReading, lambda pk: read_file.delay(str(pk)))
