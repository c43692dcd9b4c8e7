"""Celery tasks of notes."""

from __future__ import annotations

from celery import shared_task

from core.audit import acting
from core.sandbox import SandboxError
from notes.models import Attachment


@shared_task(name="notes.recognise_attachment")
def recognise_attachment(pk: str) -> None:
    """Looks whether an attachment is a file of an instrument; one that breaks a decoder stays an attachment."""
    from notes.services import recognise

    attachment = Attachment.objects.select_related("blob").filter(pk=pk).first()
    if attachment is None:
        return
    with acting(actor="worker", door="task"):
        try:
            recognise(attachment)
        except SandboxError:
            return
