"""Announcements from lower apps to higher ones, sent after the transaction has committed.

A lower app does not know who listens; listeners connect in their `AppConfig.ready()`. docs/architecture.md lists who
does. Receivers get a primary key, never a record that may have changed since.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

record_changed = Signal()
file_received = Signal()
dataset_ready = Signal()
reading_failed = Signal()
run_finished = Signal()


def announce(event: Signal, sender: type[Any], pk: UUID) -> None:
    """Sends an event once the current transaction has committed; a failing listener never undoes the work."""
    transaction.on_commit(lambda: event.send_robust(sender, pk=pk), robust=True)
