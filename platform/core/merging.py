"""What a form does when somebody else changed its record meanwhile: nothing is lost on either side.

A page carries the version and the values that it showed. Where the record has moved on, what the person left as it was
shown becomes what is stored now, their own changes stay, and each difference is told. Admin and pages share this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core import signing
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst

from core.models import AuditEvent, Record

HIDDEN = ("seen_version", "seen_values")
"""Fields of a form that carry what its page showed."""
_SEAL = "cosinter.admin.seen"


@dataclass(frozen=True)
class Difference:
    """A field that the person changed and that is stored otherwise.

    Attributes:
        name: Of the field.
        label: For people.
        yours: What the person typed.
        theirs: What is stored now, as people read it.
    """

    name: str
    label: str
    yours: str
    theirs: str


@dataclass(frozen=True)
class Merge:
    """What happened to a record while its form was filled in.

    Attributes:
        who: Changed it last.
        at: When.
        differences: What the person has to decide.
    """

    who: str
    at: datetime
    differences: tuple[Difference, ...]

    @property
    def sentence(self) -> str:
        """For the person whose form it is."""
        when = timezone.localtime(self.at).strftime("%H:%M on %d %B %Y")
        return (
            f"{self.who} changed this record meanwhile (at {when}). What you typed is kept below and not saved yet: "
            "check it against the changes, then save again."
        )


def merge_with_stored(form: Any, current: Record) -> Merge:
    """Gives a form what is stored now, but for the person's own changes; a second save is a decision and goes through.

    Args:
        form: A bound form with the fields of `HIDDEN`, whose initial values are what is stored now.
        current: The record as it is stored now.
    """
    data = cast("QueryDict", form.data).copy()
    stored = shown_values(form)
    _take_over(form, data, stored)
    data[form.add_prefix("seen_version")] = str(current.version)
    data[form.add_prefix("seen_values")] = sealed(stored)
    form.data = data
    form.__dict__.pop("changed_data", None)
    return Merge(last_editor(current), current.updated_at, tuple(_differences(form, current)))


def take_stored(form: Any, name: str) -> None:
    """Puts what is stored into one field of a bound form in place of what was typed."""
    stored = shown_values(form)
    data = cast("QueryDict", form.data).copy()
    for own in _names_of(form[name], {*data, *stored}):
        data.pop(own, None)
        if own in stored:
            data[own] = stored[own]
    form.data = data
    form.__dict__.pop("changed_data", None)


def readable(field: forms.Field, record: models.Model, name: str) -> str:
    """A stored value as a person reads it."""
    model_field: Any = record._meta.get_field(name)
    if hasattr(model_field, "shown"):
        return str(model_field.shown(record))
    if model_field.choices:
        return str(getattr(record, f"get_{name}_display")())
    value = getattr(record, name)
    if isinstance(field, forms.BooleanField):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def shown_values(form: forms.BaseForm) -> dict[str, str]:
    """What a browser would send back of a form that nobody touched, from what the form was given to show."""
    values: dict[str, str] = {}
    for bound in form:
        if bound.name not in HIDDEN and not isinstance(bound.field, forms.FileField):
            given = form.get_initial_for_field(bound.field, bound.name)
            values |= _shown(bound.field.widget, bound.html_name, bound.field.prepare_value(given))
    return values


def sealed(values: dict[str, str]) -> str:
    """Values as a text that travels through a page and back unchanged, or is worthless."""
    return signing.dumps(values, salt=_SEAL, compress=True)


def unsealed(text: str) -> dict[str, str]:
    """The values of a sealed text; nothing where somebody wrote it themselves."""
    try:
        values: dict[str, str] = signing.loads(text, salt=_SEAL)
    except signing.BadSignature:
        return {}
    return values


def last_editor(record: Record) -> str:
    """Who changed a record last."""
    last = AuditEvent.objects.filter(record_id=str(record.pk)).order_by("-id").values_list("actor", flat=True).first()
    return last or "Somebody"


def _take_over(form: Any, data: QueryDict, stored: dict[str, str]) -> None:
    """What the person left as it was shown becomes what is stored now; only their own changes stay."""
    seen = unsealed(str(form.data.get(form.add_prefix("seen_values"), "")))
    for bound in form:
        names = _names_of(bound, {*seen, *stored})
        if bound.name in HIDDEN or any(_typed(data, name) != seen.get(name, "") for name in names):
            continue
        for name in names:
            data.pop(name, None)
            if name in stored:
                data[name] = stored[name]


def _names_of(bound: Any, names: set[str]) -> list[str]:
    """Those of the names under which the widgets of a field are sent."""
    own = re.compile(rf"{re.escape(bound.html_name)}(_\d+)?")
    return [name for name in names if own.fullmatch(name)]


def _differences(form: Any, current: Record) -> list[Difference]:
    names = {field.name for field in current._meta.concrete_fields}
    return [
        Difference(
            name,
            capfirst(str(form.fields[name].label)),
            str(form[name].value() or ""),
            readable(form.fields[name], current, name),
        )
        for name in form.changed_data
        if name in names
    ]


def _shown(widget: Any, name: str, value: Any) -> dict[str, str]:
    inner: Any = getattr(widget, "widget", widget)
    if hasattr(inner, "decompress"):
        parts = zip(inner.widgets_names, inner.widgets, inner.decompress(value), strict=True)
        return {name + ending: _text(part.format_value(piece)) for ending, part, piece in parts}
    if isinstance(inner, forms.CheckboxInput):
        return {name: "on"} if value else {}
    return {name: _text(inner.format_value(value))}


def _text(shown: Any) -> str:
    if isinstance(shown, list | tuple):
        shown = shown[0] if shown else ""
    return "" if shown is None else str(shown)


def _typed(data: QueryDict, name: str) -> str:
    return str(data.get(name, "")).replace("\r\n", "\n")
