"""Reads of tags and of project fields: which there are, which a record lacks, and which rows meet a condition."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, Func, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from accounts.access import project_of
from custom.models import Customised, ProjectField
from custom.values import ValueRefused, normalised, shown

_FOUND_OUT: Final = frozenset({ProjectField.Kind.NUMBER, ProjectField.Kind.DATE})
_CONDITION: Final = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(?:(>=|<=|=|~)\s*(.+?)\s*)?", re.DOTALL)


@dataclass(frozen=True)
class ShownField:
    """A field of a record with its value in words.

    Attributes:
        field: Its definition.
        value: What is kept; None where nothing is.
        text: For reading.
    """

    field: ProjectField
    value: Any
    text: str

    @property
    def is_missing(self) -> bool:
        """Whether the project asks for it and it is not there."""
        return self.field.required and not self.field.retired and self.value is None


def words_of_record() -> Any:
    """Tags and field values of a row as one text to search in, as an expression."""
    values = Func(F("fields"), Value("$.**"), template="jsonb_path_query_array(%(expressions)s::jsonpath)")
    written = Cast(ExpressionWrapper(values, output_field=models.JSONField()), models.TextField())
    tags = Func(F("tags"), Value(" "), function="array_to_string", output_field=models.TextField())
    return Concat(written, Value(" "), tags, output_field=models.TextField())


def customised() -> tuple[Any, ...]:
    """The kinds of records that have tags and fields, without those derived from them."""
    return tuple(Customised.__subclasses__())


def fields_of(record: Any) -> list[ShownField]:
    """The project's fields of a record in their order; retired ones only where they have a value."""
    definitions = ProjectField.objects.filter(project=project_of(record), on=record.fields_on)
    rows = [ShownField(field, record.fields.get(field.key), "") for field in definitions]
    rows = [row for row in rows if not row.field.retired or row.value is not None]
    return [ShownField(row.field, row.value, shown(row.value)) for row in rows]


def copied_values(record: Any) -> dict[str, Any]:
    """Values of project fields that a copy takes over: words and choices; numbers and dates were found out."""
    definitions = ProjectField.objects.filter(project=project_of(record), on=record.fields_on, retired=False)
    kept = definitions.exclude(kind__in=_FOUND_OUT).values_list("key", flat=True)
    return {key: record.fields[key] for key in kept if key in record.fields}


def tags_in(project: Any) -> Counter[str]:
    """How many records of a project carry each tag."""
    found: Counter[str] = Counter()
    for model in customised():
        rows = model._base_manager.filter(**{model.project_lookup: project}).exclude(tags=[])
        words = rows.annotate(tag_=Func(F("tags"), function="unnest", output_field=models.CharField())).order_by()
        found.update(dict(words.values_list("tag_").annotate(count=models.Count("pk", distinct=True))))
    return found


def tags_seen_by(user: Any) -> list[str]:
    """Every tag on records that a person may see, for filters."""
    found: set[str] = set()
    for model in customised():
        rows = model.objects.visible_to(user).exclude(tags=[]).order_by()
        unnested = rows.annotate(tag_=Func(F("tags"), function="unnest", output_field=models.CharField()))
        found |= set(unnested.values_list("tag_", flat=True).distinct())
    return sorted(found, key=str.casefold)


def meeting(rows: Any, condition: str, user: Any = None) -> Any:
    """Rows whose project field meets a condition.

    Args:
        rows: Query of one kind of customised records.
        condition: `key` (has a value), `key=value`, `key>=value`, `key<=value`, `key~words`; numbers with any
            fitting unit.
        user: Only fields of projects that this person may see count; None for all.

    Raises:
        ValueRefused: It is no condition, no project has such a field, or the value does not fit.
    """
    match = _CONDITION.fullmatch(condition)
    if match is None:
        raise ValueRefused(
            f"{condition[:60]!r} is no condition; write key, key=value, key>=value, key<=value or key~word."
        )
    key, sign, value = match.groups()
    on = _kinds(rows.model)
    visible: Any = ProjectField.objects.filter(key=key, on__in=on)
    if user is not None:
        visible = visible.visible_to(user)
    definitions = list(visible)
    if not definitions:
        raise ValueRefused(f"No project of yours has a field {key!r} of its {ProjectField.On(on[0]).label}.")
    wanted, refusals = Q(), []
    for definition in definitions:
        try:
            wanted |= Q(**{rows.model.project_lookup: definition.project_id}) & _holds(definition, sign, value)
        except ValueRefused as error:
            refusals.append(error)
    if len(refusals) == len(definitions):
        raise refusals[0]
    return rows.filter(wanted, fields__has_key=key)


def _kinds(model: Any) -> list[str]:
    name = str(model._meta.model_name)
    if name == "sample":
        return [str(ProjectField.On.SAMPLE), str(ProjectField.On.CELL)]
    return ["measurement" if name == "celltest" else name]


def _holds(field: ProjectField, sign: str | None, value: str | None) -> Q:
    path = f"fields__{field.key}"
    if sign is None or value is None:
        return Q(fields__has_key=field.key)
    if sign == "~":
        inner = f"{path}__text" if field.kind == ProjectField.Kind.NUMBER else path
        return Q(**{f"{inner}__icontains": value})
    kept = normalised(field, value)
    if field.kind == ProjectField.Kind.NUMBER:
        path, kept = f"{path}__value", kept["value"]
    elif sign != "=" and field.kind != ProjectField.Kind.DATE:
        raise ValueRefused(
            f"{field.label} is a {field.get_kind_display()}; it has no order. Write {field.key}={value}."
        )
    return Q(**{path + {"=": "", ">=": "__gte", "<=": "__lte"}[sign]: kept})


def lacking_required(rows: Any) -> Any:
    """Rows that lack a field which their project asks for."""
    model = rows.model
    asked = ProjectField.objects.filter(
        project=OuterRef(model.project_lookup), on__in=_kinds(model), required=True, retired=False
    )
    missing = asked.annotate(there_=_has_key(OuterRef("fields"))).filter(there_=False)
    if "sample" in _kinds(model):
        cell = Q(on=ProjectField.On.CELL)
        missing = missing.annotate(kind_=_outer("kind")).filter((cell & Q(kind_="cell")) | (~cell & ~Q(kind_="cell")))
    return rows.filter(Exists(missing))


def _outer(name: str) -> Any:
    return models.ExpressionWrapper(OuterRef(name), output_field=models.CharField())


def _has_key(values: Any) -> Any:
    return Func(values, F("key"), function="jsonb_exists", output_field=models.BooleanField())
