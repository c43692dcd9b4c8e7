"""Celery tasks of measurements: the message carries a key, the row says whether there is something to do."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from core.jobs import sweep
from core.queues import messages_in
from measurements.models import FileReading
from measurements.services.readings import announce_failure, perform_reading, send_reading
from measurements.services.uploads import forget_uploads
from measurements.store import remove_leftovers


@shared_task(name="measurements.read_file")
def read_file(pk: str) -> None:
    """Reads a file that waits for it."""
    perform_reading(UUID(pk))


@shared_task(name="measurements.sweep_readings")
def sweep_readings() -> None:
    """Sends lost messages again and ends readings that kill their workers."""
    sweep(FileReading, send_reading, messages_in=messages_in, given_up=announce_failure)


@shared_task(name="measurements.remove_leftovers")
def remove_upload_leftovers() -> None:
    """Removes what uploads left behind whose process was killed."""
    remove_leftovers()


@shared_task(name="measurements.forget_uploads")
def forget_expired_uploads() -> None:
    """Removes uploads that nobody went on with."""
    forget_uploads()
