"""Creating and changing a record with the right to do so: what every service of every app calls.

`core.records` knows how a record is written, `accounts.access` who may write; this is where they meet.
"""

from __future__ import annotations

from typing import Any, TypeVar

from core import records
from core.audit import attribute
from core.models import Record
from django.db import transaction

from accounts.access import require_write

R = TypeVar("R", bound=Record)


def create(record: R, *, actor: Any) -> R:
    """Stores a new record.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        ValidationError: A field or a constraint refuses.
    """
    require_write(actor, record)
    return records.create(record, actor=actor)


@transaction.atomic
def change(record: R, *, actor: Any, expected_version: int | None = None, **changes: Any) -> R:
    """Changes a record; moving it to another project takes rights in both.

    Raises:
        PermissionDenied: The person may not write where the record belongs or goes.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: A field or a constraint refuses.
    """
    require_write(actor, record)
    changed = records.change(record, actor=actor, expected_version=expected_version, **changes)
    require_write(actor, changed)
    return changed


@transaction.atomic
def delete(record: Record, *, actor: Any, expected_version: int | None = None) -> None:
    """Deletes a record that nothing rests on.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        StaleVersionError: Somebody else changed it meanwhile.
        ProtectedError: Other records rest on it.
    """
    require_write(actor, record)
    attribute(actor)
    current = type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if expected_version is not None and current.version != expected_version:
        raise records.StaleVersionError(current, expected_version)
    current.delete()
