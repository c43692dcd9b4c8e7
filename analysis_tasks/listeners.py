"""What this app does when a lower one announces something."""

from __future__ import annotations

from typing import Any
from uuid import UUID


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
