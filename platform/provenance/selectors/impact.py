"""Impact: if something is wrong with this lot, which cells, tests, numbers and comparisons rest on it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis_tasks.models import Result
from comparisons.models import Comparison
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
        truncated: There are more than could be counted.
    """

    sample: Sample
    cells: list[Cell]
    samples: int
    measurements: list[Measurement]
    results: int
    comparisons: list[Comparison]
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
        comparisons = Comparison.objects.visible_to(user).filter(rows__cell__in=reached).distinct()
        found = list(cells)
        tests = list(measurements.order_by("-created_at")[: limit + 1])
        return Impact(
            sample=sample,
            cells=found,
            samples=len(set(reached) - {cell.pk for cell in found} - {sample.pk}),
            measurements=tests[:limit],
            results=Result.objects.visible_to(user).filter(subject__in=reached).count(),
            comparisons=list(comparisons.select_related("project").order_by("title")),
            truncated=truncated or len(tests) > limit,
        )
