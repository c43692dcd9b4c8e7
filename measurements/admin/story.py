"""What became of a measurement's files, from bytes to numbers, as its page tells it.

One function gathers, in a number of queries that does not grow with the number of files; the template only shows.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis_tasks.models import AnalysisRun, Result, Slot
from core.admin import Reach
from core.admin.show import chip, label_of, link, number, plain, sentences, simulated_chip, size, table, when
from core.jobs import ENDED, State
from core.quantities import QUANTITIES
from measurements.admin.curve import curve
from measurements.models import Dataset, FileReading, Measurement, RawFile

_MANY = 200
_AT_ONCE = 12
_FIRST = (
    "initial_discharge_capacity", "final_discharge_capacity", "cycle_count", "capacity_retention",
    "coulombic_efficiency", "mean_discharge_voltage",
)  # fmt: skip
_PLACES = {key: place for place, key in enumerate(dict.fromkeys((*_FIRST, *QUANTITIES)))}


def story(measurement: Measurement, *, editable: bool) -> SafeString:
    """Files with their readings, curves, runs and numbers; asks to be fetched again while something is unfinished."""
    files = list(measurement.files.select_related("blob", "uploader").order_by("received_at"))
    readings = _latest_readings(files)
    runs = list(
        AnalysisRun.objects.filter(measurement=measurement)
        .select_related("release")
        .prefetch_related("inputs__dataset")
        .order_by("-queued_at")[:_MANY]
    )
    datasets = list(Dataset.objects.filter(measurement=measurement).prefetch_related("tables__preview", "tables__blob"))
    unfinished = any(job.state not in ENDED for job in [*readings.values(), *runs]) or _just_read(readings, runs)
    return render_to_string(
        "admin/measurements/story.html",
        {
            "unfinished": unfinished,
            "address": reverse("admin:measurements_measurement_story", args=[measurement.pk]),
            "files": [_file(file, readings.get(file.pk), editable=editable) for file in files],
            "curves": [curve(stored) for dataset in datasets[:4] for stored in dataset.tables.all()],
            "warnings": sentences(warning for dataset in datasets for warning in dataset.warnings),
            "simulated": simulated_chip(measurement),
            "runs": _runs(measurement, runs),
            "results": results_table(_numbers(measurement)),
        },
    )


def _latest_readings(files: list[RawFile]) -> dict[Any, FileReading]:
    readings = FileReading.objects.filter(file__in=files).order_by("file_id", "-queued_at").distinct("file_id")
    return {reading.file_id: reading for reading in readings.select_related("dataset")}


def _just_read(readings: dict[Any, FileReading], runs: list[AnalysisRun]) -> bool:
    """A dataset has just been stored and its runs are about to be planned."""
    if runs:
        return False
    ended = [reading.finished_at for reading in readings.values() if reading.state == State.SUCCEEDED]
    return any(end is not None and (timezone.now() - end).total_seconds() < 5 for end in ended)


def _file(file: RawFile, reading: FileReading | None, *, editable: bool) -> dict[str, Any]:
    return {
        "name": link(file),
        "download": reverse("admin:measurements_rawfile_content", args=[file.pk]),
        "size": size(file.blob.size),
        "received": when(file.received_at),
        "uploader": file.uploader or "",
        "state": chip(reading.state) if reading else chip("not read", "mute"),
        "error": reading.error if reading else "",
        "reader": f"{reading.reader} {reading.reader_version}" if reading and reading.reader else "",
        "mapping": reverse("admin:measurements_rawfile_mapping", args=[file.pk])
        if editable and reading and reading.proposal
        else "",
        "match": match_table(reading.match_report) if reading else "",
        "dataset": link(reading.dataset, "dataset") if reading and hasattr(reading, "dataset") else "",
    }


def match_table(report: dict[str, Any]) -> SafeString | str:
    """How well each reader fits a file, best first; readers that see no sign of their format are left out."""
    seen = [c for c in report.get("candidates", []) if c["score"] > 0 or c.get("failed")]
    rows = [(c["reader"], f"{100 * c['score']:.0f} %", c["reason"]) for c in seen]
    looks = report.get("looks_like", "")
    note = format_html("<p>It looks like {}.</p>", looks) if looks else ""
    return format_html("{}{}", note, table(("reader", "fits", "because"), rows, numbers=(1,)))


def _runs(measurement: Measurement, runs: list[AnalysisRun]) -> SafeString | str:
    current = set(Slot.objects.filter(measurement=measurement).values_list("current_run", flat=True))
    rows = [
        (
            link(run, str(run.release)),
            chip(run.state),
            chip("current") if run.pk in current else ("verifies" if run.verifies_id else ""),
            when(run.finished_at or run.queued_at),
            "" if run.seconds is None else f"{run.seconds:.2g} s",
            format_html("{}{}", sentences([run.error], "bad"), sentences(run.warnings)),
        )
        for run in runs
    ]
    return table(("run", "state", "", "when", "CPU time", "said"), rows)


def _numbers(measurement: Measurement) -> list[Result]:
    """Numbers of the current runs, and those that came otherwise."""
    current = Slot.objects.filter(measurement=measurement).values("current_run")
    ours = Result.objects.filter(measurement=measurement, run__in=current) | Result.objects.filter(
        measurement=measurement, run=None
    )
    return list(ours.select_related("run__release", "publication", "person").order_by("quantity", "created_at")[:_MANY])


def results_table(results: list[Result], *, subject: bool = False) -> SafeString | str:
    """Numbers with units, what they are of, and where each comes from; the important ones first."""
    ordered = sorted(results, key=lambda result: (_PLACES.get(result.quantity, len(_PLACES)), plain(result.index)))
    head = _results(ordered[:_AT_ONCE], subject=subject)
    if len(ordered) <= _AT_ONCE:
        return head
    rest = _results(ordered[_AT_ONCE:], subject=subject)
    return format_html("{}<details><summary>{} more</summary>{}</details>", head, len(ordered) - _AT_ONCE, rest)


def _results(results: list[Result], *, subject: bool) -> SafeString | str:
    mixed = len({result.simulated for result in results}) > 1
    rows = [
        (
            label_of(result.quantity),
            result.text or number(result.value, result.unit, result.uncertainty),
            plain(result.index),
            origin(result),
            *((simulated_chip(result),) if mixed else ()),
            *((link(result.subject),) if subject else ()),
        )
        for result in results
    ]
    heads = ("quantity", "value", "of", "origin", *(("",) if mixed else ()), *(("sample",) if subject else ()))
    return table(heads, rows, numbers=(1,))


def origin(result: Result) -> SafeString | str:
    """Where a number comes from: a run, a place in a publication, or a person with a reason."""
    if result.run is not None:
        return link(result.run, f"run of {result.run.release}")
    if result.publication is not None:
        return format_html("{}, {}", link(result.publication), result.locator)
    return f"{result.person}: {result.reason}"


def editable_by(request: HttpRequest, measurement: Measurement) -> bool:
    """Whether who looks may bring files and mappings."""
    return Reach.of(request).may_edit(measurement)
