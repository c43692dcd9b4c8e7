"""Notices to the person whose run failed or whose file cannot be read: on pages until they are seen.

They come by e-mail, too, where there is a mail server and the person wants them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import User
from analysis_tasks.models import AnalysisRun
from core.addresses import public_address
from core.jobs import State
from measurements.models import FileReading, RawFile
from notes.models import Notice

BETWEEN_MAILS: Final = timedelta(minutes=10)
"""A folder of files that cannot be read is one message, not a hundred."""


def tell_of_failed_run(run: AnalysisRun) -> Notice | None:
    """A notice for a run that failed; None where it did not, or nobody is concerned."""
    person = _concerned(run)
    if run.state != State.FAILED or person is None:
        return None
    subject = f"{run.release} failed on {run.measurement.sample}"
    return _tell(person, cause=run.pk, title=subject, text=run.error, address=run.get_absolute_url())


def tell_of_failed_reading(reading: FileReading) -> Notice | None:
    """A notice for a file that could not be read; None where it could, or nobody is concerned."""
    person = reading.requested_by or reading.file.uploader
    if reading.state != State.FAILED or person is None:
        return None
    measurement = reading.file.measurement
    subject = f"{reading.file.name} of {measurement.sample} could not be read"
    return _tell(person, cause=reading.pk, title=subject, text=reading.error, address=measurement.get_absolute_url())


def mark_read(user: Any, *, keys: list[UUID] | None = None) -> int:
    """Says that a person has seen notices: those named, or all.

    Returns:
        How many were unread.
    """
    unread = Notice.objects.filter(user=user, read_at=None)
    if keys is not None:
        unread = unread.filter(pk__in=keys)
    return int(unread.update(read_at=timezone.now()))


def _concerned(run: AnalysisRun) -> User | None:
    """Who asked for the run, else who brought the file that it reads."""
    if run.requested_by is not None:
        return run.requested_by
    file = RawFile.objects.filter(datasets__uses__run=run).select_related("uploader").first()
    return file.uploader if file is not None else None


def _tell(person: User, *, cause: UUID, title: str, text: str, address: str) -> Notice | None:
    if not person.is_active:
        return None
    words = {"title": title[:200], "text": text, "address": address}
    notice, is_new = Notice.objects.get_or_create(user=person, cause=cause, defaults=words)
    if is_new and person.notices_by_mail and not _had_mail(person):
        _send(person, notice)
    return notice


def _had_mail(person: User) -> bool:
    return Notice.objects.filter(user=person, mailed_at__gt=timezone.now() - BETWEEN_MAILS).exists()


def _send(person: User, notice: Notice) -> None:
    written = (
        f"{notice.title}\n\n{notice.text}\n\nOn its page: {public_address(notice.address)}\n\n"
        f"All notices: {public_address(reverse('notices'))}\n"
        f"Whether they come by e-mail: {public_address(reverse('settings'))}\n"
    )
    if mail.send(person.email, f"Cosinter: {notice.title}", written):
        notice.mailed_at = timezone.now()
        notice.save(update_fields=["mailed_at"])
