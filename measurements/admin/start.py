"""The admin's first page: what one comes to do, what the laboratory's files are doing, and what went wrong."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery

from analysis_tasks.models import AnalysisRun
from core.admin import Reach
from core.admin.show import chip, link, when
from core.jobs import State
from measurements.models import FileReading, RawFile

_RECENT = 12


def start_page(request: Any) -> dict[str, Any]:
    """Newest files with their states, and what failed, as far as this person may see them."""
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
    }


def _state(file: Any) -> str:
    state = file.run or file.reading
    return chip(state) if state else chip("not read", "mute")
