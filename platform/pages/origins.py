"""From the origin of a number to the page that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse

from comparisons.table import ComparisonTable, Origin
from samples.models import Sample

_PAGES: dict[str, Callable[[UUID], str]] = {
    "analysis_tasks.analysisrun": lambda pk: reverse("run", args=[pk]),
    "samples.publication": lambda pk: reverse("publication", args=[pk]),
    "measurements.celltest": lambda pk: reverse("measurement", args=[pk]),
    "samples.process": lambda pk: reverse("process", args=[pk]),
    "measurements.measurement": lambda pk: reverse("measurement", args=[pk]),
}


def addresses(table: ComparisonTable, user: Any) -> dict[UUID, str]:
    """The address of each origin in the table and of each row's cell or sample, by key; what is closed has none."""
    found: dict[UUID, str] = {}
    for origin in _origins(table):
        if origin.model in _PAGES:
            found[origin.id] = _PAGES[origin.model](origin.id)
    subjects = (
        Sample.objects.visible_to(user)
        .filter(pk__in={row.subject_id for row in table.rows if row.subject_id})
        .select_related("project")
    )
    return found | {subject.pk: subject.get_absolute_url() for subject in subjects}


def _origins(table: ComparisonTable) -> Iterable[Origin]:
    return (cell.origin for row in table.rows for cell in row.cells.values() if cell.origin is not None)
