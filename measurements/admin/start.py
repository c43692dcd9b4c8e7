"""The admin's first page: what one comes to do, what is new, what went wrong, and what still lacks a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from analysis_tasks.models import AnalysisRun
from core.admin import Reach
from core.admin.show import chip, link, when
from core.jobs import State
from core.withdrawal import standing
from measurements.models import FileReading, Measurement, RawFile, Technique
from samples.models import Cell, Process, Sample

_RECENT = 12
_FEW = 6


def start_page(request: Any) -> dict[str, Any]:
    """Newest files and records, what failed and what is incomplete, as far as this person may see them."""
    own = OuterRef("pk")
    readings = FileReading.objects.filter(file=own).order_by("-queued_at")
    runs = AnalysisRun.objects.filter(inputs__dataset__file=own).order_by("-queued_at")
    files: Any = RawFile.objects.visible_to(request.user).select_related("measurement__sample").order_by("-received_at")
    newest = files.annotate(reading=Subquery(readings.values("state")[:1]), run=Subquery(runs.values("state")[:1]))
    failed: Any = AnalysisRun.objects.visible_to(request.user).filter(state=State.FAILED)
    unread: Any = FileReading.objects.visible_to(request.user).filter(state=State.FAILED)
    return {
        "edits": Reach.of(request).lab_wide,
        "files": [
            (link(file.measurement, file.name), link(file.measurement.sample), _state(file), when(file.received_at))
            for file in newest[:_RECENT]
        ],
        "failed": [
            *((link(run), run.error) for run in failed.select_related("release", "measurement__sample")[:_RECENT]),
            *((link(reading.file), reading.error) for reading in unread.select_related("file")[:_RECENT]),
        ],
        "incomplete": [*_incomplete(request.user)],
        "new": _newest(request.user),
    }


def _incomplete(user: Any) -> Iterator[tuple[str, str]]:
    """Cells that were cycled without a mass or an area, and measurements without a technique: what is missing."""
    cycled = Measurement.objects.filter(sample=OuterRef("pk"), technique=Technique.CYCLING, publication=None)
    cells: Any = standing(Cell.objects.visible_to(user)).filter(Exists(cycled))
    for cell in cells.filter(Q(active_mass=None) | Q(electrode_area=None)).order_by("-created_at")[:_FEW]:
        missing = [
            words
            for value, words in ((cell.active_mass, "active mass (mAh/g)"), (cell.electrode_area, "area (mAh/cm²)"))
            if value is None
        ]
        yield link(cell), f"no {' and no '.join(missing)}"
    unnamed: Any = standing(Measurement.objects.visible_to(user)).filter(technique="").select_related("sample")
    for measurement in unnamed.order_by("-created_at")[:_FEW]:
        yield link(measurement), "no technique: no analysis is chosen"


def _newest(user: Any) -> list[tuple[str, str, str]]:
    """The newest samples, processes and cells together."""
    rows: list[Any] = []
    for model, word in ((Sample, "sample"), (Process, "process"), (Cell, "cell")):
        some: Any = standing(model.objects.visible_to(user)).order_by("-created_at")
        some = some.exclude(kind=Sample.Kind.CELL) if model is Sample else some
        rows += [(row.created_at, link(row), word) for row in some[:_RECENT]]
    newest = sorted(rows, key=lambda row: row[0], reverse=True)[:_RECENT]
    return [(shown, word, when(made)) for made, shown, word in newest]


def _state(file: Any) -> str:
    state = file.run or file.reading
    return chip(state) if state else chip("not read", "mute")
