"""Celery tasks of the bottom layer."""

from __future__ import annotations

from celery import shared_task

from core.audit import seal_audit


@shared_task(name="core.seal_audit")
def seal() -> None:
    """Chains the audit events of the last minute."""
    while seal_audit():
        pass
