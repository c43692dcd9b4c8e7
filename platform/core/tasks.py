"""Celery tasks of the bottom layer."""

from __future__ import annotations

from celery import shared_task

from core.audit import seal_audit
from core.idempotency import forget_answers


@shared_task(name="core.seal_audit")
def seal() -> None:
    """Chains the audit events of the last minute."""
    while seal_audit():
        pass


@shared_task(name="core.forget_answers")
def forget() -> None:
    """Forgets what requests with a key were answered more than a day ago."""
    forget_answers()
