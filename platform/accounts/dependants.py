"""What rests on a record, in words for the person who wanted to delete it: named where they may see it, else counted.

Pages and REST say it alike. A part, such as an input of a process, is named by the record that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models

from core.withdrawal import can_be_withdrawn

_SHOWN = 5


def name_dependants(rows: Iterable[models.Model], user: Any) -> str:
    """Names of the records that rest on another one, a few of them, and how many more there are.

    >>> name_dependants([pressing_input, pellet], ada)  # doctest: +SKIP
    'process input of process pressing, sample PELLET-2, 3 that you may not see'
    """
    seen: list[str] = []
    hidden = 0
    for row in rows:
        if may_be_named(row, user):
            seen.append(_name(row))
        else:
            hidden += 1
    names = sorted(dict.fromkeys(seen))
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    unseen = [f"{hidden} that you may not see"] if hidden else []
    return ", ".join([*names[:_SHOWN], *more, *unseen])


def may_be_named(row: models.Model, user: Any) -> bool:
    """Whether the person may see a record, or the record that a part belongs to."""
    rows: Any = type(row)._default_manager.all()
    if hasattr(rows, "visible_to"):
        return bool(rows.visible_to(user).filter(pk=row.pk).exists())
    owner = _owner_of(row)
    return owner is None or may_be_named(owner, user)


def _name(row: models.Model) -> str:
    owner = None if can_be_withdrawn(type(row)) else _owner_of(row)
    kind = row._meta.verbose_name
    return f"{kind} {row}" if owner is None else f"{kind} of {owner._meta.verbose_name} {owner}"


def _owner_of(row: models.Model) -> Any:
    """What a part is deleted with; None of what stands alone."""
    for field in row._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE:
            return getattr(row, field.name)
    return None
