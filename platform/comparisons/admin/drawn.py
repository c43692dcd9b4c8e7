"""A filled comparison as a table of the admin, each number leading to its origin."""

from __future__ import annotations

from django.apps import apps
from django.utils.html import format_html
from django.utils.safestring import SafeString

from comparisons.arranging import NAME
from comparisons.table import ComparisonTable, Origin, TableCell
from core.admin.show import link, simulated_chip, table


def drawn(shown: ComparisonTable) -> SafeString | str:
    """The table; empty where it has no rows."""
    heads = [spec for spec in shown.columns if spec.key != NAME]
    rows = [
        [
            format_html("{} {}", _code(row.code, bold=row.emphasised), simulated_chip(row)),
            *(_cell(row.cells[spec.key]) for spec in heads),
        ]
        for row in shown.rows
    ]
    return table(["Row", *(spec.label for spec in heads)], rows)


def _code(code: str, *, bold: bool) -> SafeString | str:
    return format_html("<strong>{}</strong>", code) if bold else code


def _cell(cell: TableCell) -> SafeString | str:
    if not cell.text:
        return format_html('<span class="co-mute" title="{}">–</span>', cell.note)
    if cell.origin is None:
        return cell.text
    return format_html('<span title="{}">{}</span>', cell.origin.label, _linked(cell.origin, cell.text))


def _linked(origin: Origin, text: str) -> SafeString | str:
    return link(apps.get_model(origin.model)(pk=origin.id), text)
