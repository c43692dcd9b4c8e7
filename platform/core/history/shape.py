"""Which tables a record consists of, learnt from the models: its own rows, and the rows that live and die with it.

A cell is a row of samples and a row of cells under one id; its layers, and their components, are deleted with it. So
whatever points at a record by a foreign key that cascades is a part of it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from django.db import models

from core.fields import QuantityField
from core.models import Tombstone

_UNSPOKEN = frozenset({"id", "version", "created_at", "updated_at", "created_by"})


@dataclass(frozen=True)
class Table:
    """A table whose rows belong to a record.

    Attributes:
        model: Whose rows they are.
        owner: Column that names the row they belong to; empty for the record's own rows.
    """

    model: type[models.Model]
    owner: str = ""

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.model._meta.db_table

    @property
    def fields(self) -> tuple[Any, ...]:
        """What is told of a row, in the order of the model: neither keys and times nor the text beside a quantity."""
        local = self.model._meta.local_concrete_fields
        if self.model is Tombstone:
            return tuple(field for field in local if field.name in {"reason", "successor"})
        texts = {field.text_name for field in local if isinstance(field, QuantityField)}
        return tuple(
            field
            for field in local
            if not field.primary_key
            and field.name not in _UNSPOKEN
            and field.name not in texts
            and field.column != self.owner
        )


WITHDRAWAL = Table(Tombstone, "id")
"""Has the id of the record that was withdrawn."""


def root_of(model: type[models.Model]) -> type[models.Model]:
    """The model at the top of a family: `Sample` of a cell."""
    parents = [parent for parent in model._meta.get_parent_list() if not parent._meta.abstract]
    return parents[-1] if parents else model


@functools.cache
def own_tables(model: type[models.Model]) -> tuple[Table, ...]:
    """Tables that hold a row of the record itself, the topmost first."""
    found: list[Any] = [root_of(model)]
    for parent in found:
        found += [
            rel.related_model
            for rel in parent._meta.related_objects
            if isinstance(rel, models.OneToOneRel) and rel.parent_link and rel.related_model not in found
        ]
    return tuple(Table(found_model) for found_model in found)


@functools.cache
def parts_of(model: type[models.Model]) -> tuple[Table, ...]:
    """Tables whose rows are deleted with a row of this model, one level down."""
    found: dict[str, Table] = {}
    for table in own_tables(model):
        related: Any = table.model._meta.related_objects
        for rel in related:
            cascades = isinstance(rel, models.ManyToOneRel) and getattr(rel, "on_delete", None) is models.CASCADE
            if cascades and not isinstance(rel, models.OneToOneRel) and _is_audited(rel.related_model):
                part = Table(rel.related_model, rel.field.column)
                found[part.name] = part
    return tuple(found.values())


@functools.cache
def tables_of(model: type[models.Model]) -> dict[str, Table]:
    """Every table that holds rows of a record of this model, by name, the record's own first."""
    found = {table.name: table for table in own_tables(model)}
    found[WITHDRAWAL.name] = WITHDRAWAL
    level = list(parts_of(model))
    while level:
        found |= {part.name: part for part in level}
        level = [deeper for part in level for deeper in parts_of(part.model) if deeper.name not in found]
    return found


def _is_audited(model: Any) -> bool:
    return any(trigger.name == "audited" for trigger in getattr(model._meta, "triggers", ()))
