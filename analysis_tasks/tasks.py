"""Celery tasks of analysis: the message carries a key, the row says whether there is something to do."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from analysis_tasks.models import AnalysisRun
from analysis_tasks.services import install_kernels, perform_run, plan_missing, rerun_stale
from core.jobs import sweep


@shared_task(name="analysis_tasks.execute_run")
def execute_run(pk: str) -> None:
    """Executes a run that waits for it."""
    perform_run(UUID(pk))


@shared_task(name="analysis_tasks.sweep_runs")
def sweep_runs() -> None:
    """Plans what was forgotten, computes again what is stale, and moves or ends what is stuck."""
    install_kernels()
    plan_missing()
    rerun_stale()
    sweep(AnalysisRun, lambda pk: execute_run.delay(str(pk)))
