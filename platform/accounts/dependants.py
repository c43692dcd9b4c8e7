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

    What stands in lists of its own comes first: a measurement says more than the runs on it. One query for each kind
    of record, however many there are.

    >>> name_dependants([pressing_input, pellet], ada)  # doctest: +SKIP
    'sample PELLET-2, process input of process pressing, 3 that you may not see'
    """
    resting = list(rows)
    open_ones = _open_to(resting, user)
    seen = sorted((row for row in resting if row in open_ones), key=lambda row: not can_be_withdrawn(type(row)))
    names = list(dict.fromkeys(_name(row) for row in seen[:_SHOWN]))
    more = [f"{len(seen) - _SHOWN} more"] if len(seen) > _SHOWN else []
    hidden = len(resting) - len(seen)
    return ", ".join([*names, *more, *([f"{hidden} that you may not see"] if hidden else [])])


def _open_to(rows: Iterable[models.Model], user: Any) -> set[models.Model]:
    """Those of the rows that the person may see: of a part without rules of its own, those of what it belongs to."""
    kinds: dict[Any, list[models.Model]] = {}
    for row in rows:
        kinds.setdefault(type(row), []).append(row)
    found: set[models.Model] = set()
    for kind, some in kinds.items():
        manager: Any = kind._default_manager.all()
        if hasattr(manager, "visible_to"):
            found.update(manager.visible_to(user).filter(pk__in=[row.pk for row in some]))
        else:
            owners = {row: _owner_of(row) for row in some}
            seen = _open_to({owner for owner in owners.values() if owner is not None}, user)
            found.update(row for row, owner in owners.items() if owner is None or owner in seen)
    return found


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
