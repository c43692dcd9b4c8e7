"""Stored values in the words people use: quantities with their units, choices by their labels, references by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.canonical import canonical_json
from core.fields import QuantityField
from core.models import AuditEvent
from core.quantities import display_unit, format_value

Row = Mapping[str, Any]
Reference = tuple[type[models.Model], str]
_NAMES = ("code", "name", "label", "title", "username", "slug")


class Names:
    """Names of the records that rows refer to, asked of the database once for each kind of record.

    Args:
        user: Who reads; what this person may not see has no name.
        references: Model and id of each.
    """

    def __init__(self, user: Any, references: Iterable[Reference]) -> None:
        self._user = user
        wanted: dict[type[models.Model], set[str]] = defaultdict(set)
        for model, key in references:
            wanted[model].add(key)
        self._names: dict[Reference, str] = {}
        for model, keys in wanted.items():
            self._look_up(model, keys)

    def of(self, model: type[models.Model], key: object) -> str:
        """What people call the record."""
        return self._names.get((model, str(key)), f"a {model._meta.verbose_name} that is gone")

    def _look_up(self, model: type[models.Model], keys: set[str]) -> None:
        rows = model._base_manager.filter(pk__in=keys)
        if any(field.name == "sample" for field in model._meta.fields):
            rows = rows.select_related("sample")
        found = {str(row.pk): str(row) for row in rows}
        closed = self._closed(model, found)
        for key in keys:
            if key in closed:
                self._names[model, key] = f"a {model._meta.verbose_name} that you may not see"
            elif key in found:
                self._names[model, key] = found[key]
        self._look_up_deleted(model, keys - found.keys())

    def _closed(self, model: type[models.Model], found: Mapping[str, str]) -> set[str]:
        manager: Any = model._default_manager
        if not found or not hasattr(manager, "visible_to"):
            return set()
        visible = manager.visible_to(self._user).filter(pk__in=list(found)).values_list("pk", flat=True)
        return set(found) - {str(key) for key in visible}

    def _look_up_deleted(self, model: type[models.Model], keys: set[str]) -> None:
        """The last name of what was deleted; only of what the whole laboratory shared or an administrator asks for."""
        if not keys or (hasattr(model, "project_lookup") and not self._user.is_superuser):
            return
        gone = AuditEvent.objects.filter(record_id__in=keys, operation=AuditEvent.Operation.DELETE)
        for key, row in gone.order_by("id").values_list("record_id", "changes"):
            name = next((row[column] for column in _NAMES if row.get(column)), "")
            if name:
                self._names[model, key] = f"{name} (deleted)"


def references_in(row: Row, fields: Iterable[Any]) -> Iterable[Reference]:
    """The records that a row refers to."""
    for field in fields:
        if isinstance(field, models.ForeignKey) and row.get(field.column) is not None:
            yield _target(field), str(row[field.column])


def said(row: Row | None, field: Any, names: Names) -> str:
    """A field's value in a stored row as a person reads it; empty where there is none."""
    value = None if row is None else row.get(field.column)
    if isinstance(field, QuantityField):
        return _quantity("" if row is None else row.get(field.text_name) or "", value, field)
    if value is None or value == "":
        return ""
    if isinstance(field, models.ForeignKey):
        return names.of(_target(field), value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return _plain(value, field)


def _target(field: Any) -> type[models.Model]:
    target: type[models.Model] = field.remote_field.model
    return target


def _quantity(text: str, value: Any, field: QuantityField) -> str:
    if text:
        return display_unit(text) if " " in text else text
    return "" if value is None else format_value(float(value), field.unit)


def _plain(value: Any, field: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(str(value))
        return str(value) if moment is None else timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {_part(part)}" for key, part in value.items())
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return ", ".join(value)
    return canonical_json(value) if isinstance(value, list) else str(value)


def _part(value: Any) -> str:
    """A member of an object in words: a quantity as it was entered."""
    if isinstance(value, dict):
        return str(value.get("text") or canonical_json(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return canonical_json(value) if isinstance(value, list) else str(value)
