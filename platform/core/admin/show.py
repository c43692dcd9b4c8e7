"""How the admin shows what records hold: links, chips, tables and numbers with their units; never keys or raw JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from core.quantities import QUANTITIES, display_unit, format_uncertain, format_value

_TONES = {
    "queued": "wait",
    "running": "busy",
    "succeeded": "good",
    "failed": "bad",
    "cancelled": "mute",
    "available": "good",
    "planned": "wait",
    "consumed": "mute",
    "discarded": "mute",
    "lost": "bad",
    "simulated": "note",
    "current": "good",
    "superseded": "mute",
    "warning": "warn",
}
_SIZES = ("bytes", "kB", "MB", "GB", "TB")


def chip(text: str, tone: str = "") -> SafeString:
    """A word in a small coloured field; its colour follows from the word where none is given."""
    return format_html('<span class="co-chip co-{}">{}</span>', tone or _TONES.get(text, "mute"), text)


def simulated_chip(record: Any) -> SafeString | str:
    """Says that a record was made by a model; nothing for real ones."""
    return chip("simulated") if record.simulated else ""


def admin_url(record: models.Model) -> str | None:
    """The address of a record's page in the admin, None where it has none."""
    if not admin.site.is_registered(type(record)):
        return None
    try:
        return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
    except NoReverseMatch:
        return None


def link(record: models.Model | None, text: str = "") -> SafeString | str:
    """A record's name, leading to its page."""
    if record is None:
        return ""
    address = admin_url(record)
    name = text or str(record)
    return format_html('<a class="co-link" href="{}">{}</a>', address, name) if address else name


def counted(number: int, model: str, **query: Any) -> SafeString | str:
    """How many there are, leading to the list that shows them; nothing where there are none.

    Args:
        number: How many.
        model: `app_model` of the list.
        **query: What the list is asked for.
    """
    if not number:
        return ""
    address = f"{reverse(f'admin:{model}_changelist')}?{urlencode(query)}"
    return format_html('<a class="co-link" href="{}">{}</a>', address, number)


def links(records: Iterable[models.Model]) -> SafeString | str:
    """Several records' names in a line."""
    return format_html_join(", ", "{}", ((link(record),) for record in records))


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Iterable[int] = ()) -> SafeString | str:
    """A small table; nothing where it has no rows.

    Args:
        heads: The columns' titles.
        rows: The cells, row by row; texts are escaped, safe strings stay.
        numbers: Positions of columns that hold numbers, which stand to the right.
    """
    right = set(numbers)
    body = [
        format_html(
            "<tr>{}</tr>",
            format_html_join(
                "", "<td{}>{}</td>", ((_class(i in right), "" if c is None else c) for i, c in enumerate(row))
            ),
        )
        for row in rows
    ]
    if not body:
        return ""
    head = format_html_join("", "<th{}>{}</th>", ((_class(i in right), head) for i, head in enumerate(heads)))
    return format_html(
        '<div class="co-scroll"><table class="co-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        head,
        format_html_join("", "{}", ((row,) for row in body)),
    )


def _class(is_number: bool) -> SafeString | str:  # noqa: FBT001
    return format_html(' class="{}"', "co-number") if is_number else ""


def facts(pairs: Iterable[tuple[str, Any]]) -> SafeString | str:
    """Names and values under each other; pairs without a value are left out."""
    shown = [(name, value) for name, value in pairs if value not in (None, "", [], {})]
    if not shown:
        return ""
    return format_html('<dl class="co-facts">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", shown))


def headed(heading: str, told: SafeString | str) -> SafeString | str:
    """Something under its heading; nothing where there is nothing to tell."""
    return format_html("<h3>{}</h3>{}", heading, told) if told else ""


def sentences(texts: Iterable[str], tone: str = "warn") -> SafeString | str:
    """Sentences that a person should read, one under the other."""
    return format_html_join("", '<p class="co-say co-{}">{}</p>', ((tone, text) for text in texts if text))


def when(moment: datetime | None) -> str:
    """A time as people read it."""
    return "" if moment is None else timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def size(number: int) -> str:
    """A size in bytes, kB or MB."""
    amount, unit = float(number), 0
    while amount >= 1000 and unit < len(_SIZES) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_SIZES[unit]}" if unit == 0 else f"{amount:.3g} {_SIZES[unit]}"


def label_of(key: str) -> str:
    """What people call a quantity."""
    return QUANTITIES[key].label if key in QUANTITIES else key.replace("_", " ")


def number(value: float, unit: str, uncertainty: float | None = None) -> str:
    """A number with its uncertainty and unit."""
    if uncertainty is None:
        return format_value(value, unit)
    return f"{format_uncertain(value, uncertainty)} {display_unit(unit)}".rstrip()


def plain(value: Any) -> str:
    """A value out of stored metadata as text: lists with commas, nothing of JSON's signs."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{words(key)} {plain(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(inner) for inner in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def words(key: str) -> str:
    """A key as words."""
    return key.replace("_", " ")
