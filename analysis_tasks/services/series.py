"""Series of measurements of one sample that kernels compare: spectra before and after cycling, or over temperature.

A series comes together file by file; whenever one arrives or its cycle number is edited, what it belongs to is planned.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun
from analysis_tasks.services.planning import request_run
from core.withdrawal import standing
from measurements.models import Dataset, Measurement, Technique

_BEFORE_AFTER, _ARRHENIUS = "eis.before_after", "eis.arrhenius"
_SAME_TEMPERATURE = 1.0  # K
_LEAST_TEMPERATURES = 3
_TABLE = "spectrum"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Member:
    """One spectrum of a series.

    Attributes:
        dataset: The newest reading of the newest file of its measurement.
        cycle: Cycles that the cell had done.
        temperature: In °C as the file states it; None where it does not.
    """

    dataset: Dataset
    cycle: int
    temperature: float | None


def plan_series(sample: UUID) -> list[AnalysisRun]:
    """Requests the kernels that need several spectra, for each series that the spectra of a sample form."""
    members = list(_members(sample))
    wanted = [*_before_and_after(members), *_over_temperature(members)]
    runs = []
    for kernel, measurement, datasets in wanted:
        if kernel not in KERNELS:
            continue
        try:
            runs.append(request_run(KERNELS[kernel], measurement, datasets, insist=False)[0])
        except ValidationError:
            log.exception("%s cannot be requested for %s", kernel, measurement.pk)
    return runs


def _members(sample: UUID) -> Iterator[Member]:
    """The spectra of a sample, in the order of cycles, then of time."""
    measurements = standing(Measurement.objects.filter(sample=sample, technique=Technique.EIS))
    rows = Dataset.objects.filter(measurement__in=measurements, tables__name=_TABLE)
    newest: dict[UUID, Dataset] = {}
    for dataset in rows.select_related("measurement__celltest").order_by("created_at"):
        newest[dataset.measurement_id] = dataset
    found = [Member(one, _cycle(one), _number(one.metadata.get("temperature_celsius"))) for one in newest.values()]
    yield from sorted(found, key=lambda one: (one.cycle, _moment(one.dataset)))


def _before_and_after(members: list[Member]) -> Iterator[tuple[str, Measurement, list[Dataset]]]:
    """Each later spectrum with the first one; it belongs to the measurement of the later."""
    if not members:
        return
    first = members[0]
    for later in members[1:]:
        if later.cycle > first.cycle:
            yield _BEFORE_AFTER, later.dataset.measurement, [first.dataset, later.dataset]


def _over_temperature(members: list[Member]) -> Iterator[tuple[str, Measurement, list[Dataset]]]:
    """Spectra after equally many cycles at three temperatures or more; the measurement at the highest has them."""
    by_cycle: dict[int, list[Member]] = defaultdict(list)
    for member in members:
        if member.temperature is not None:
            by_cycle[member.cycle].append(member)
    for group in by_cycle.values():
        ordered = sorted(group, key=lambda one: one.temperature or 0.0)
        kept = ordered[:1]
        for member in ordered[1:]:
            if (member.temperature or 0.0) - (kept[-1].temperature or 0.0) > _SAME_TEMPERATURE:
                kept.append(member)
        if len(kept) >= _LEAST_TEMPERATURES:
            yield _ARRHENIUS, kept[-1].dataset.measurement, [one.dataset for one in kept]


def _cycle(dataset: Dataset) -> int:
    """Cycles that the cell had done: as recorded of the test, else as the file states it."""
    test = getattr(dataset.measurement, "celltest", None)
    if test is not None and test.cycle_offset:
        return int(test.cycle_offset)
    stated = _number(dataset.metadata.get("cycle"))
    return int(stated) if stated is not None and stated >= 0 else 0


def _number(value: Any) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _moment(dataset: Dataset) -> str:
    measured = dataset.measurement.measured_at
    return measured.isoformat() if measured else str(dataset.metadata.get("started_at") or dataset.created_at)
