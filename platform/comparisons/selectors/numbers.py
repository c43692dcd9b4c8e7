"""Results behind the numbers of a table, as they stand today: of one measurement, of each technique, of a sample."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from analysis_tasks.models import AnalysisRun, Result, Slot
from core.withdrawal import standing
from measurements.models import Measurement

_OF_RUNS = ("warnings", "release__name", "release__version")
"""What a table says of the runs behind its numbers; many of them stand behind several."""


def current_results(measurements: set[UUID], quantities: set[str]) -> Mapping[UUID, dict[str, Result]]:
    """Results by measurement and quantity: of the current run first, else reported, else entered by a person."""
    found = today(Result.objects.filter(measurement__in=measurements, quantity__in=quantities, index={}))
    ranked: dict[UUID, dict[str, Result]] = defaultdict(dict)
    for result in sorted(found, key=_rank):
        if result.measurement_id is not None:
            ranked[result.measurement_id].setdefault(result.quantity, result)
    return ranked


def latest_results(samples: set[UUID], quantities: set[str]) -> Mapping[UUID, dict[str, Result]]:
    """Results by sample and quantity, each of the latest measurement that has it.

    What was entered of the sample itself stands only where no measurement has it.
    """
    if not samples:
        return defaultdict(dict)
    measured = Q(measurement__in=standing(Measurement.objects.filter(sample__in=samples).order_by()))
    found = today(
        Result.objects.filter(
            measured | Q(measurement__isnull=True), subject__in=samples, quantity__in=quantities, index={}
        )
    ).select_related("measurement")
    latest: dict[UUID, dict[str, Result]] = defaultdict(dict)
    for result in sorted(found, key=_newest):
        latest[result.subject_id][result.quantity] = result
    return latest


def measured_results(samples: Iterable[UUID], asked: set[tuple[str, str]]) -> dict[UUID, dict[str, dict[str, Result]]]:
    """Results of the latest measurement of each technique that has any, by sample, technique and quantity."""
    if not asked:
        return {}
    measurements = standing(
        Measurement.objects.filter(sample__in=list(samples), technique__in={technique for technique, _ in asked})
    )
    found = today(
        Result.objects.filter(measurement__in=measurements, quantity__in={key for _, key in asked}, index={})
    ).select_related("measurement")
    pairs = [(result.measurement, result) for result in sorted(found, key=_rank) if result.measurement is not None]
    latest: dict[tuple[UUID, str], Measurement] = {}
    for taken, _ in pairs:
        known = latest.setdefault((taken.sample_id, taken.technique), taken)
        if _when(known) < _when(taken):
            latest[taken.sample_id, taken.technique] = taken
    kept: dict[UUID, dict[str, dict[str, Result]]] = defaultdict(lambda: defaultdict(dict))
    for taken, result in pairs:
        if latest[taken.sample_id, taken.technique].pk == taken.pk:
            kept[taken.sample_id][taken.technique].setdefault(result.quantity, result)
    return kept


def today(results: QuerySet[Result]) -> QuerySet[Result]:
    """Those of current runs, and those without a run, with what their origins are called."""
    is_current = Slot.objects.filter(current_run=OuterRef("run"), preset="default")
    runs: Any = Prefetch("run", AnalysisRun.objects.select_related("release").only(*_OF_RUNS))
    return (
        results.filter(Q(run__isnull=True) | Q(Exists(is_current)))
        .prefetch_related(runs, "publication", "person")
        .order_by("created_at")
    )


def _when(measurement: Measurement) -> tuple[bool, Any, Any]:
    """Orders measurements in time: those without a date before all others."""
    return (
        measurement.measured_at is not None,
        measurement.measured_at or measurement.created_at,
        measurement.created_at,
    )


def _newest(result: Result) -> tuple[bool, Any, int]:
    """Orders results so that the one to show comes last."""
    measurement = result.measurement
    return measurement is not None, measurement and _when(measurement), -_rank(result)


def _rank(result: Result) -> int:
    if result.run_id is not None:
        return 0
    return 1 if result.publication_id is not None else 2
