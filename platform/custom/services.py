"""Every write on project fields and on tags; values of records are written with the record (`accounts.writing`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import F, Func, Value

from accounts import writing
from accounts.access import OWNS, has_role, require_edit
from accounts.models import Project
from core.audit import attribute
from custom.models import MOST_TAGS, Customised, ProjectField, plain_tags
from custom.selectors import customised, tags_in

_LIMITS = {"on", "key", "kind", "quantity", "unit"}


def create_field(*, actor: Any, project: Project, **values: Any) -> ProjectField:
    """A new field of a project's records.

    Raises:
        PermissionDenied: Only owners decide about the fields of a project.
        ValidationError: Something does not fit.
    """
    _require_owner(actor, project)
    return writing.create(ProjectField(project=project, **values), actor=actor)


@transaction.atomic
def change_field(
    field: ProjectField, *, actor: Any, expected_version: int | None = None, **changes: Any
) -> ProjectField:
    """Changes a field. What its values are is fixed once there are any; a choice keeps the words that are in use.

    Raises:
        PermissionDenied: Only owners decide about the fields of a project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: Something does not fit, or values rest on it.
    """
    _require_owner(actor, field.project)
    fixed = {name for name in _LIMITS & changes.keys() if changes[name] != getattr(field, name)}
    if fixed and (count := values_of(field)):
        said = f"{count} records have a value; make a new field, and retire this one."
        raise ValidationError(dict.fromkeys(fixed, said))
    if lost := set(field.choices) - set(changes.get("choices", field.choices)):
        used = sorted(word for word in lost if values_of(field, word))
        if used:
            raise ValidationError({"choices": f"Records hold {', '.join(used)}; keep these words."})
    return writing.change(field, actor=actor, expected_version=expected_version, **changes)


@transaction.atomic
def delete_field(field: ProjectField, *, actor: Any, expected_version: int | None = None) -> None:
    """Deletes a field that no record has a value of.

    Raises:
        PermissionDenied: Only owners decide about the fields of a project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: Records have values of it.
    """
    _require_owner(actor, field.project)
    if count := values_of(field):
        raise ValidationError(f"{count} records have a value of {field}; retire it instead, so that they stay.")
    writing.delete(field, actor=actor, expected_version=expected_version)


def values_of(field: ProjectField, value: str | None = None) -> int:
    """How many records have a value of the field, or this one."""
    wanted = {"fields__has_key": field.key} if value is None else {f"fields__{field.key}": value}
    total = 0
    for model in customised():
        rows = model._base_manager.filter(**{model.project_lookup: field.project, **wanted})
        total += sum(1 for row in rows if row.fields_on == field.on)
    return total


def merged(record: Customised | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """A record's values with those that are given; what is given as None goes."""
    values = dict(record.fields) if record is not None else {}
    for key, value in given.items():
        if value in (None, ""):
            values.pop(key, None)
        else:
            values[key] = value
    return values


@transaction.atomic
def rename_tag(*, actor: Any, project: Project, old: str, new: str) -> int:
    """Writes a tag in another way on all records of a project; where the new one is there already, they become one.

    Returns:
        How many records carried it.

    Raises:
        PermissionDenied: The person does not edit in the project.
        ValidationError: There is no such tag, or the new one is no tag.
    """
    require_edit(actor, project)
    (wanted,) = plain_tags([new])
    if old not in tags_in(project):
        raise ValidationError({"tag": f"No record of {project} carries the tag {old!r}."})
    attribute(actor)
    changed = 0
    for model in customised():
        rows = model._base_manager.filter(**{model.project_lookup: project}, tags__contains=[old])
        keys = list(rows.values_list("pk", flat=True))
        text: Any = models.CharField(max_length=MOST_TAGS)
        swapped = Func(
            F("tags"),
            Value(old, output_field=text),
            Value(wanted, output_field=text),
            template="ARRAY(SELECT DISTINCT unnest(array_replace(%(expressions)s)) ORDER BY 1)",
            output_field=model._meta.get_field("tags"),
        )
        changed += model._base_manager.filter(pk__in=keys).update(tags=swapped)
    return changed


@transaction.atomic
def remove_tag(*, actor: Any, project: Project, tag: str) -> int:
    """Takes a tag off all records of a project.

    Returns:
        How many records carried it.

    Raises:
        PermissionDenied: The person does not edit in the project.
    """
    require_edit(actor, project)
    attribute(actor)
    changed = 0
    for model in customised():
        rows = model._base_manager.filter(**{model.project_lookup: project}, tags__contains=[tag])
        keys = list(rows.values_list("pk", flat=True))
        without = Func(
            F("tags"),
            Value(tag, output_field=models.CharField()),
            function="array_remove",
            output_field=model._meta.get_field("tags"),
        )
        changed += model._base_manager.filter(pk__in=keys).update(tags=without)
    return changed


def _require_owner(actor: Any, project: Project) -> None:
    if not has_role(actor, project, OWNS):
        raise PermissionDenied(f"Only owners of the project {project} decide about its fields; ask one of them.")
