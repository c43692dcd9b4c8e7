"""Notices to the person whose run failed: on pages until they are read, and by e-mail where there is a mail server."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import mail
from accounts.models import User
from analysis_tasks.models import AnalysisRun
from core.jobs import State
from measurements.models import RawFile
from notes.models import Notice


def tell_of_failed_run(run: AnalysisRun) -> Notice | None:
    """A notice for a run that failed; None where it did not, or nobody is concerned."""
    person = _concerned(run)
    if run.state != State.FAILED or person is None:
        return None
    subject = f"{run.release} failed on {run.measurement.sample}"
    return _tell(person, cause=run.pk, title=subject, text=run.error, address=run.get_absolute_url())


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
    if is_new:
        mail.send(person.email, f"Cosinter: {title}", f"{title}\n\n{text}\n\nOn its page: {address}\n")
    return notice
