"""How a record is written, at every door: validated whole, with the version the writer saw.

Services of all apps call these two functions instead of `save()`, so that a constraint speaks in words before the
database has to, and nobody overwrites a change they have not seen.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from core.audit import attribute
from core.events import announce, record_changed
from core.models import Record
from core.remembering import forget
from core.storing import store

R = TypeVar("R", bound=Record)


class StaleVersionError(Exception):
    """Somebody changed the record after the writer had read it.

    Attributes:
        record: The record as it is now.
        expected: The version the writer had seen.
    """

    def __init__(self, record: Record, expected: int) -> None:
        super().__init__(
            f"{record._meta.verbose_name} {record} is at version {record.version}; your change was made on "
            f"version {expected}. Read it again and repeat the change."
        )
        self.record = record
        self.expected = expected


class GoneError(Exception):
    """What was asked for was removed on purpose; the message says when, by whom and why."""


def create(record: R, *, actor: Any) -> R:
    """Validates and stores a new record.

    Raises:
        ValidationError: A field or a constraint refuses, with the reason per field.
    """
    with _in_transaction():
        attribute(actor)
        record.created_by = actor if getattr(actor, "is_authenticated", False) else None
        store(record, new=True)
        forget(type(record))
        announce(record_changed, type(record), record.pk)
    return record


@transaction.atomic
def change(record: R, *, actor: Any = None, expected_version: int | None = None, **changes: Any) -> R:
    """Validates and stores changes of a record.

    Args:
        record: The record to change; only its key and type are used, its row is read again under a lock.
        actor: Who changes it; None for the platform itself.
        expected_version: The version the writer saw; None where nobody was shown one.
        **changes: New values by field name.

    Raises:
        StaleVersionError: The record has moved on since `expected_version`.
        ValidationError: A field or a constraint refuses, with the reason per field.
    """
    attribute(actor)
    current: R = type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if expected_version is not None and current.version != expected_version:
        raise StaleVersionError(current, expected_version)
    names = {field.name for field in current._meta.get_fields()}
    unknown = sorted(set(changes) - names)
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, f"{current._meta.verbose_name} has no such field"))
    for name, value in changes.items():
        setattr(current, name, value)
    store(current, new=False, changed=changes)
    forget(type(current))
    current.refresh_from_db(fields=["version", "updated_at"])
    announce(record_changed, type(current), current.pk)
    return current


def _in_transaction() -> AbstractContextManager[Any]:
    """A transaction where there is none; no savepoint in one, as `store` has its own around what may fail."""
    return nullcontext() if connection.in_atomic_block else transaction.atomic()
