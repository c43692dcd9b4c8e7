"""Storing a record whose fields are right: the database checks its constraints, and is asked why where it refuses.

Asking each constraint before every write takes a query for each, for an answer that the write gives anyway. So a record
is written first, in a savepoint of its own; only one that is refused is validated whole: that says why, by field.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction


def store(record: models.Model, *, new: bool, changed: Collection[str] = ()) -> None:
    """Validates a record and writes it.

    Args:
        record: With its new values.
        new: Whether it is stored for the first time.
        changed: The fields that have another value than in the database; of a record that is not new.

    Raises:
        ValidationError: A field or a constraint refuses, with the reason per field.
    """
    try:
        _clean(record, None if new else changed)
        with transaction.atomic():
            record.save(force_insert=new)
    except (ValidationError, DatabaseError):
        record.full_clean()
        with transaction.atomic():
            record.save(force_insert=new)


def _clean(record: models.Model, changed: Collection[str] | None) -> None:
    """Checks what the database does not check at once: values of fields, and constraints that it leaves for the end.

    Raises:
        ValidationError: Something is wrong; perhaps not all of it is named.
    """
    sound = set(_sound_references(record, changed))
    record.full_clean(exclude=sound, validate_unique=False, validate_constraints=False)
    for constraint in _late_constraints(type(record)):
        constraint.validate(type(record), record)


def _sound_references(record: models.Model, changed: Collection[str] | None) -> Iterator[str]:
    """References that need no look-up: they come from the database, or the record that they name does."""
    for field in _references(type(record)):
        key = getattr(record, field.attname)
        if key is None:
            continue
        if changed is not None and field.name not in changed and field.attname not in changed:
            yield field.name
            continue
        named: Any = field.get_cached_value(record, default=None)
        if named is not None and not named._state.adding and getattr(named, field.target_field.attname) == key:
            yield field.name


@cache
def _references(model: type[models.Model]) -> tuple[Any, ...]:
    """Foreign keys to any record of their kind; which of the kind may be named is the field's to check."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and not field.remote_field.limit_choices_to
    )


@cache
def _late_constraints(model: type[models.Model]) -> tuple[Any, ...]:
    """Constraints that the database checks at the end of the transaction, when nobody knows the record any more."""
    return tuple(constraint for constraint in model._meta.constraints if getattr(constraint, "deferrable", None))
