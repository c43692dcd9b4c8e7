"""What this app does when another one announces something."""

from __future__ import annotations

from typing import Any
from uuid import UUID


def tell_of_run(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Tells who asked for a run, or brought its file, that it failed."""
    from analysis_tasks.models import AnalysisRun
    from notes.notices import tell_of_failed_run

    del sender
    tell_of_failed_run(AnalysisRun.objects.select_related("release", "measurement__sample", "requested_by").get(pk=pk))


def tell_of_reading(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Tells who brought a file, or asked to read it again, that it could not be read."""
    from measurements.models import FileReading
    from notes.notices import tell_of_failed_reading

    del sender
    rows = FileReading.objects.select_related("file__measurement__sample", "file__uploader", "requested_by")
    tell_of_failed_reading(rows.get(pk=pk))
