"""Measurements as pages show them: with what became of their files and the numbers that stand for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Result, Slot
from core.jobs import State
from core.withdrawal import standing, with_withdrawal
from measurements.models import CellTest, Dataset, DatasetTable, FileReading, Measurement, RawFile
from measurements.selectors import replaced_by, with_replacement
from samples.models import Sample

HEADLINES = (
    "initial_discharge_capacity",
    "final_discharge_capacity",
    "initial_discharge_capacity_total",
    "cycle_count",
    "capacity_retention",
    "coulombic_efficiency",
)
"""Quantities that stand for a measurement in a list of measurements."""

_UNFINISHED = (State.QUEUED, State.RUNNING)
_NEW = timedelta(seconds=15)


@dataclass(frozen=True)
class Line:
    """A measurement in a list.

    Attributes:
        measurement: The record.
        test: The same as a cell test, where it is one.
        state: `queued`, `running`, `succeeded`, `failed`, `asks`, or empty where it has no file.
        sentence: What went wrong, in words.
        results: Its headline results: of its current runs, else reported, else entered.
        warnings: What its newest runs warn of.
    """

    measurement: Measurement
    test: CellTest | None
    state: str
    sentence: str
    results: list[Result] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_going_on(self) -> bool:
        """Whether there is more to come: work that waits or runs, or a file so new that nobody has planned any."""
        return self.state in _UNFINISHED or (self.state != "" and timezone.now() - self.measurement.created_at < _NEW)


@dataclass(frozen=True)
class FileReport:
    """A file with the last word on it."""

    file: RawFile
    reading: FileReading | None
    dataset: Dataset | None
    tables: list[DatasetTable]

    @property
    def replaced(self) -> bool:
        """Whether a longer version of the file has taken its place."""
        return replaced_by(self.file) is not None

    @property
    def state(self) -> str:
        """As `Line.state`."""
        return reading_state(self.reading)


def visible_measurements(user: Any) -> QuerySet[Measurement]:
    """Measurements with what a list shows of them."""
    readings: Any = Prefetch("readings", FileReading.objects.order_by("-queued_at"))
    files: Any = RawFile.objects.prefetch_related(readings).order_by("received_at")
    runs: Any = AnalysisRun.objects.filter(verifies=None).select_related("release").order_by("-queued_at")
    return (
        Measurement.objects.visible_to(user)
        .select_related("sample__project", "publication", "created_by")
        .prefetch_related(Prefetch("files", files), Prefetch("runs", runs))
    )


def measurements_of(sample: Sample, user: Any) -> list[Line]:
    """The measurements of a sample, newest first."""
    return lines_of(list(standing(visible_measurements(user).filter(sample=sample))[:100]))


def lines_of(measurements: Sequence[Measurement]) -> list[Line]:
    """Each measurement with its state and headline results, by a constant number of queries."""
    keys = [measurement.pk for measurement in measurements]
    tests = CellTest.objects.in_bulk(keys)
    results = headline_results(keys)
    return [Line(m, tests.get(m.pk), *_state_of(m), results[m.pk], _warnings_of(m)) for m in measurements]


def headline_results(measurements: Iterable[UUID]) -> dict[UUID, list[Result]]:
    """The few results that stand for each measurement, in the order of `HEADLINES`."""
    keys = list(measurements)
    current = Slot.objects.filter(measurement__in=keys, preset="default").values_list("current_run", flat=True)
    rows = Result.objects.filter(measurement__in=keys, quantity__in=HEADLINES, index={})
    rows = rows.filter(run__isnull=True) | rows.filter(run__in=list(filter(None, current)))
    found: dict[UUID, list[Result]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: HEADLINES.index(row.quantity)):
        if row.measurement_id is not None:
            found[row.measurement_id].append(row)
    for key, known in found.items():
        names = {row.quantity for row in known}
        if "initial_discharge_capacity" in names:  # per gram where it is known, else in mAh
            found[key] = [row for row in known if row.quantity != "initial_discharge_capacity_total"]
    return found


@dataclass(frozen=True)
class Outcome:
    """What one current run of a measurement gave.

    Attributes:
        run: The run.
        label: What its kernel is called.
        single: Results that are the only one of their kind.
        indexed: The others: per cycle, per arc, per peak.
    """

    run: AnalysisRun
    label: str
    single: list[Result]
    indexed: list[Result]


def outcomes(runs: Iterable[AnalysisRun]) -> list[Outcome]:
    """Results of these runs by one query, in the order of the kernels; runs without a number are left out."""
    chosen = list(runs)
    results: dict[UUID, list[Result]] = defaultdict(list)
    for result in Result.objects.filter(run__in=[run.pk for run in chosen]):
        if result.run_id is not None:
            results[result.run_id].append(result)
    places = {kernel.name: place for place, kernel in enumerate(KERNELS)}
    ordered = sorted(chosen, key=lambda run: (places.get(run.release.name, len(places)), run.queued_at))
    return [_outcome(run, by_kernel(run, results[run.pk])) for run in ordered if results[run.pk]]


def _outcome(run: AnalysisRun, results: list[Result]) -> Outcome:
    kernel = KERNELS.get(run.release.name)
    label = kernel.label if kernel else run.release.name
    return Outcome(run, label, [one for one in results if not one.index], [one for one in results if one.index])


def by_kernel(run: AnalysisRun, results: Iterable[Result]) -> list[Result]:
    """Results in the order in which the run's kernel lists them."""
    places = {key: place for place, key in enumerate(run.release.yields)}
    return sorted(results, key=lambda result: (places.get(result.quantity, len(places)), result.quantity))


def file_reports(measurement: Measurement) -> list[FileReport]:
    """Each file of a measurement with its last reading and what that gave."""
    readings: Any = FileReading.objects.order_by("-queued_at")
    tables: Any = Prefetch("tables", DatasetTable.objects.select_related("blob", "preview").order_by("name"))
    datasets: Any = Dataset.objects.prefetch_related(tables).order_by("-created_at")
    files = with_withdrawal(with_replacement(measurement.files.select_related("blob", "uploader"))).prefetch_related(
        Prefetch("readings", readings), Prefetch("datasets", datasets)
    )
    return [_report(file) for file in files.order_by("received_at")]


def reading_state(reading: FileReading | None) -> str:
    """State of a reading, `asks` where a person must name the columns."""
    if reading is None:
        return ""
    if reading.state == State.FAILED and reading.proposal:
        return "asks"
    return str(reading.state)


def _report(file: RawFile) -> FileReport:
    reading = next(iter(file.readings.all()), None)
    dataset = next(iter(file.datasets.all()), None)
    return FileReport(file, reading, dataset, list(dataset.tables.all()) if dataset else [])


def _state_of(measurement: Measurement) -> tuple[str, str]:
    """The most pressing state among its files and the newest run of each kernel, with its sentence."""
    jobs: list[tuple[str, str]] = []
    for file in measurement.files.all():
        reading = next(iter(file.readings.all()), None)
        if reading is not None:
            jobs.append((reading_state(reading), reading.error))
    jobs += [(str(run.state), run.error) for run in _newest_runs(measurement)]
    for state in ("asks", "failed", *_UNFINISHED[::-1], "succeeded", "cancelled"):
        for found, sentence in jobs:
            if found == state:
                return str(state), sentence
    return "", ""


def _newest_runs(measurement: Measurement) -> list[AnalysisRun]:
    """The newest run of each kernel."""
    newest: dict[str, AnalysisRun] = {}
    for run in measurement.runs.all():
        newest.setdefault(run.release.name, run)
    return list(newest.values())


def _warnings_of(measurement: Measurement) -> list[str]:
    return list(dict.fromkeys(warning for run in _newest_runs(measurement) for warning in run.warnings))
