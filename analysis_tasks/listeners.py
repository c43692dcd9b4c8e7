"""What this app does when a lower one announces something."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from core.jobs import State


def analyse_dataset(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Plans the kernels of a dataset that has just been read, and of the series that it belongs to."""
    from analysis_tasks.services import plan_runs, plan_series
    from measurements.models import Dataset, Technique

    del sender
    dataset = Dataset.objects.select_related("measurement").get(pk=pk)
    plan_runs(dataset)
    if dataset.technique == Technique.EIS:
        plan_series(dataset.measurement.sample_id)


def rerun_what_read(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Computes again what read a value of a record that has just changed, and series whose order may have."""
    from analysis_tasks.services import plan_series, react_to_change
    from measurements.models import CellTest, Technique

    react_to_change(pk)
    if issubclass(sender, CellTest):
        spectra = CellTest.objects.filter(pk=pk, technique=Technique.EIS, datasets__isnull=False)
        for sample in spectra.values_list("sample", flat=True).distinct():
            plan_series(sample)


def compare_with_others(sender: type[Any], pk: UUID, **_: Any) -> None:
    """Compares a cell with those beside it when a run that such a comparison reads has ended."""
    from analysis_tasks.kernels import KERNELS
    from analysis_tasks.models import AnalysisRun
    from analysis_tasks.services import plan_related

    del sender
    run = AnalysisRun.objects.select_related("release", "measurement").get(pk=pk)
    if run.state == State.SUCCEEDED and any(run.release.name in kernel.reads_runs for kernel in KERNELS):
        plan_related(run.measurement)
