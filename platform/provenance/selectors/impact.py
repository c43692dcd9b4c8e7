"""Impact: if something is wrong with this lot, which cells, tests, numbers and comparisons rest on it?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from analysis_tasks.models import Result
from comparisons.models import Comparison, FrozenComparison, FrozenNumber
from measurements.models import Measurement
from provenance.selectors.lineage import LIMIT
from provenance.selectors.scope import Scope, capped, open_projects
from provenance.selectors.walk import walk_samples
from samples.models import Cell, Sample


@dataclass(frozen=True)
class Impact:
    """What rests on a sample, as far as the person may see it.

    Attributes:
        sample: The sample.
        cells: Cells that it went into, newest first.
        samples: How many other samples were made of it.
        measurements: Measurements of all these and of itself, newest first.
        results: How many numbers they gave.
        comparisons: Comparisons that show one of the cells.
        frozen: Frozen ones with a number of these samples in them, which cannot change any more.
        truncated: There are more than could be counted.
    """

    sample: Sample
    cells: list[Cell]
    samples: int
    measurements: list[Measurement]
    results: int
    comparisons: list[Comparison]
    frozen: list[FrozenComparison]
    truncated: bool


def impact(sample: Sample, user: Any, *, limit: int = LIMIT) -> Impact:
    """Everything that rests on a sample, by a number of queries that does not grow.

    Args:
        sample: One that the person may see.
        user: Who asks.
        limit: At most so many of each.

    Raises:
        TooMuchError: The database took too long.
    """
    with capped():
        scope = Scope(user, open_projects(user), limit)
        reached, truncated = walk_samples([sample.pk], "down", scope)
        cells = Cell.objects.visible_to(user).filter(pk__in=reached).select_related("project").order_by("-created_at")
        measurements = Measurement.objects.visible_to(user).filter(sample__in=reached).select_related("sample__project")
        comparisons = Comparison.objects.visible_to(user).filter(rows__subject__in=reached).distinct()
        found = list(cells)
        tests = list(measurements.order_by("-created_at")[: limit + 1])
        return Impact(
            sample=sample,
            cells=found,
            samples=len(set(reached) - {cell.pk for cell in found} - {sample.pk}),
            measurements=tests[:limit],
            results=Result.objects.visible_to(user).filter(subject__in=reached).count(),
            comparisons=list(comparisons.select_related("project").order_by("title")),
            frozen=list(_frozen(reached, user)),
            truncated=truncated or len(tests) > limit,
        )


def _frozen(samples: Iterable[UUID], user: Any) -> QuerySet[FrozenComparison]:
    """Frozen comparisons that rest on these samples; published tables are among them."""
    behind = FrozenNumber.objects.filter(subject__in=list(samples)).values("frozen")
    visible = FrozenComparison.objects.visible_to(user).filter(pk__in=behind)
    return visible.select_related("comparison", "frozen_by").defer("content", "definition").order_by("title", "number")
