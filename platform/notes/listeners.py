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
