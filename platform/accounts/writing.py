"""Creating and changing a record with the right to do so: what every service of every app calls.

`core.records` knows how a record is written, `accounts.access` who may write; this is where they meet.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError

from accounts.access import require_write
from core import records
from core.audit import acting, attribute
from core.models import Record, Tombstone
from core.remembering import forget
from core.withdrawal import can_be_withdrawn

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
    current = _locked(record, expected_version)
    if resting := current.resting():
        raise ProtectedError("Other records rest on it.", set(resting))
    current.delete()
    forget()
    Tombstone.objects.filter(pk=record.pk).delete()


@transaction.atomic
def remove(record: Record, *, actor: Any, reason: str = "", expected_version: int | None = None) -> Tombstone | None:
    """Deletes a record that nothing rests on; withdraws another one, if there is a reason.

    Returns:
        The withdrawal; None where the record was deleted.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        StaleVersionError: Somebody else changed it meanwhile.
        ProtectedError: Other records rest on it and no reason was given.
    """
    try:
        with transaction.atomic():
            delete(record, actor=actor, expected_version=expected_version)
    except ProtectedError:
        if not reason.strip() or not can_be_withdrawn(type(record)):
            raise
        return withdraw(record, actor=actor, reason=reason, expected_version=expected_version)
    return None


@transaction.atomic
def withdraw(
    record: models.Model,
    *,
    actor: Any,
    reason: str,
    successor: models.Model | None = None,
    expected_version: int | None = None,
) -> Tombstone:
    """Withdraws a record: it stays, with all that rests on it, and lists leave it out.

    Args:
        record: What is withdrawn; a file, too.
        actor: Who withdraws it.
        reason: Why.
        successor: What takes its place, of the same kind.
        expected_version: The version the person saw; None where nobody was shown one.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: There is no reason, it is withdrawn already, or it is no record that can be withdrawn.
    """
    require_write(actor, record)
    if not can_be_withdrawn(type(record)):
        raise ValidationError(f"A {record._meta.verbose_name} cannot be withdrawn.")
    if Tombstone.objects.filter(pk=record.pk).exists():
        raise ValidationError(f"{record} is withdrawn already.")
    with acting(reason=reason.strip()):
        attribute(actor)
        _locked(record, expected_version)
        stone = Tombstone(
            id=record.pk,
            model=record._meta.label_lower,
            by=actor.get_username(),
            reason=reason.strip(),
            successor=successor.pk if successor else None,
        )
        stone.full_clean()
        stone.save(force_insert=True)
    return stone


@transaction.atomic
def reinstate(record: models.Model, *, actor: Any, reason: str) -> None:
    """Takes a withdrawal back; that it was withdrawn stays in the history.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        ValidationError: There is no reason, or it is not withdrawn.
    """
    require_write(actor, record)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is taken back."})
    with acting(reason=reason.strip()):
        attribute(actor)
        if not Tombstone.objects.filter(pk=record.pk).delete()[0]:
            raise ValidationError(f"{record} is not withdrawn.")


def _locked(record: Any, expected_version: int | None) -> Any:
    """The record as it is stored, held until the transaction ends; what never changes need not be held.

    The site's own database role may not even lock the rows of immutable tables; that a file is withdrawn only once is
    kept by the key of its tombstone.

    Raises:
        StaleVersionError: It is not at the expected version.
    """
    rows = type(record)._base_manager.all()
    changes = not getattr(record, "immutable", False)
    current = (rows.select_for_update(of=("self",)) if changes else rows).get(pk=record.pk)
    if expected_version is not None and getattr(current, "version", expected_version) != expected_version:
        raise records.StaleVersionError(current, expected_version)
    return current
