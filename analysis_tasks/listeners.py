"""What this app does when a lower one announces something."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.jobs import State


def analyse_dataset(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Plans the kernels of a dataset that has just been read."""
    from analysis_tasks.services import plan_runs
    from measurements.models import Dataset

    del sender
    plan_runs(Dataset.objects.get(pk=pk))


def rerun_what_read(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Computes again what read a value of a record that has just changed."""
    from analysis_tasks.services import react_to_change

    del sender
    react_to_change(pk)


def compare_with_others(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Compares a cell with those beside it when a run that such a comparison reads has ended."""
    from analysis_tasks.kernels import KERNELS
    from analysis_tasks.models import AnalysisRun
    from analysis_tasks.services import plan_related

    del sender
    run = AnalysisRun.objects.select_related("release", "measurement").get(pk=pk)
    if run.state == State.SUCCEEDED and any(run.release.name in kernel.reads_runs for kernel in KERNELS):
        plan_related(run.measurement)
