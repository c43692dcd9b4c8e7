"""How templates write numbers, units, states and origins, so that each looks the same on every page."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode

from accounts.access import OWNS, has_role, may_edit_lab_wide, may_write, project_of
from accounts.selectors import readers_of
from analysis_tasks.models import Result
from comparisons.selectors import NumberChange
from core import fields
from core.quantities import QUANTITIES, display_unit, format_uncertain, format_value
from core.withdrawal import withdrawal_of
from custom.selectors import fields_of
from notes.selectors import beside
from notes.targets import kind_of
from pages.forwarding import successor_of
from pages.numbers import for_reading
from samples.selectors import left_in_words, why_no_copy

register = template.Library()

_STATES = {
    "queued": "waiting",
    "running": "running",
    "succeeded": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "asks": "needs you",
    "stale": "record changed",
    "current": "current",
    "superseded": "superseded",
    "simulated": "simulated",
}
_DOORS = {
    "admin": "in the admin",
    "page": "on its page",
    "rest": "by REST",
    "command": "by a command",
    "task": "by a task",
}
_ORIGINS = {
    "run": "computed from a file",
    "publication": "reported in a publication",
    "record": "from a record",
    "manual": "entered by hand",
}


@register.filter
def unit(text: str) -> str:
    """A unit as it is printed: `mAh/cm^2` becomes `mAh/cm²`."""
    return display_unit(text) if text else ""


@register.filter
def number(value: float | None) -> str:
    """A number for reading, four significant digits; a dash where there is none."""
    return "–" if value is None else format_value(float(value), "")


@register.filter
def percent(fraction: float | None) -> str:
    """A fraction as percent, one decimal where it needs one."""
    return "–" if fraction is None else f"{100 * fraction:.1f}".removesuffix(".0") + " %"


@register.filter
def signed_percent(fraction: float) -> str:
    """A relative change, with its sign."""
    return f"{100 * fraction:+.3g} %".replace("-", "−")


@register.filter
def quantity_label(key: str) -> str:
    """What a person calls a quantity."""
    return QUANTITIES[key].label if key in QUANTITIES else key.replace("_", " ")


@register.filter
def result_number(result: Result) -> str:
    """A result without its unit: as reported or entered, else with the digits of its unit and its uncertainty."""
    if result.text:
        return result.text
    if result.uncertainty is None:
        return for_reading(result.value, result.unit)
    return format_uncertain(result.value, result.uncertainty)


@register.filter
def difference_words(change: NumberChange) -> str:
    """How much a number of a frozen table would change, in its unit and as a part of it; a dash for texts."""
    if change.difference is None:
        return "–"
    part = f" ({100 * change.relative:+.2g} %)" if change.relative is not None else ""
    sign = "+" if change.difference > 0 else ""
    return f"{sign}{format_value(change.difference, change.column.unit)}{part}".replace("-", "−")


@register.filter
def index_words(index: dict[str, Any]) -> str:
    """Of what among many a result is: `cycle 12`."""
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in index.items())


@register.filter
def index_names(index: dict[str, Any]) -> str:
    """By what results of one quantity are told apart: `cycle`."""
    return ", ".join(key.replace("_", " ") for key in index)


@register.simple_tag
def shown(record: Model, name: str) -> str:
    """A quantity of a record, as entered but with its unit as it is printed; empty where it is unknown."""
    text = fields.shown(record, name)
    return display_unit(text) if " " in text else text


@register.filter
def state_word(state: str) -> str:
    """A state as people say it."""
    return _STATES.get(state, state)


@register.inclusion_tag("pages/parts/chip.html")
def chip(state: str, text: str = "") -> dict[str, str]:
    """A state as a word with a colour."""
    return {"state": state, "text": text or _STATES.get(state, state)}


@register.inclusion_tag("pages/parts/mark.html")
def origin_mark(kind: str, simulated: bool = False) -> dict[str, str]:  # noqa: FBT001, FBT002 (template syntax)
    """The sign of an origin, with its meaning for those who cannot see it."""
    shape = "simulated" if simulated else kind
    meaning = _ORIGINS.get(kind, kind)
    return {"shape": shape, "meaning": f"simulated, {meaning}" if simulated else meaning}


@register.inclusion_tag("pages/parts/withdrawal.html", takes_context=True)
def withdrawal_notice(context: dict[str, Any], record: Model) -> dict[str, Any]:
    """Says that a record was withdrawn, when, by whom, why and what took its place; nothing of one that stands."""
    told = withdrawal_of(record)
    return {
        "withdrawal": told,
        "kind": record._meta.verbose_name,
        "successor": successor_of(record, context["user"]) if told else None,
    }


@register.inclusion_tag("pages/parts/beside.html", takes_context=True)
def notes_of(context: dict[str, Any], record: Model) -> dict[str, Any]:
    """Comments and attachments of a record, with forms for those who may add to them."""
    user = context["user"]
    project = project_of(record)
    owns = user.is_superuser if project is None else has_role(user, project, OWNS)
    return {
        "near": beside(record),
        "can_edit": may_write(user, record),
        "owns": owns,
        "user": user,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("pages/parts/custom.html", takes_context=True)
def custom_of(context: dict[str, Any], record: Any) -> dict[str, Any]:
    """Tags and project fields of a record, with the way to change them for those who may."""
    return {
        "record": record,
        "kind": kind_of(record),
        "fields": fields_of(record),
        "can_edit": may_write(context["user"], record),
    }


@register.inclusion_tag("pages/parts/readers.html")
def readers(record: Model) -> dict[str, Any]:
    """Who sees a record, to be opened at its facts."""
    return {"readers": readers_of(record)}


@register.filter
def mass_left(mass: float | None) -> str:
    """What is left of a sample; empty where it is not known."""
    return left_in_words(mass)


@register.filter
def door_words(door: str) -> str:
    """Through which door a change came, as people say it."""
    return _DOORS.get(door, door)


@register.simple_tag
def change_address(user: Any, record: Model) -> str:
    """Where the record is changed; empty for people who may not change it."""
    return _address("record-change", record, pk=record.pk) if may_write(user, record) else ""


@register.simple_tag
def copy_address_of(user: Any, record: Model) -> str:
    """Where a new record like this one is filled in; empty for who may not add any, and where there is no copy."""
    from core.admin.copying import COPY_OF  # tag libraries load while the admin's skin is being imported

    if not may_edit_lab_wide(user) or why_no_copy(record):
        return ""
    return f"{_address('record-new', record)}?{urlencode({COPY_OF: record.pk})}"


@register.simple_tag(takes_context=True)
def may_record(context: dict[str, Any]) -> bool:
    """Whether the person may add records: whoever edits in some project."""
    return may_edit_lab_wide(context["user"])


def _address(view: str, record: Model, **more: Any) -> str:
    kind = "cell" if record._meta.model_name == "cell" else kind_of(record)
    return reverse(view, kwargs={"kind": kind, **more})
