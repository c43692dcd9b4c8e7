"""Celery tasks of analysis: the message carries a key, the row says whether there is something to do."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from analysis_tasks.models import AnalysisRun
from analysis_tasks.services import (
    announce_end,
    feed_campaigns,
    install_kernels,
    perform_run,
    plan_missing,
    plan_unrelated,
    rerun_stale,
    send_run,
)
from core.jobs import sweep
from core.queues import messages_in


@shared_task(name="analysis_tasks.execute_run")
def execute_run(pk: str) -> None:
    """Executes a run that waits for it."""
    perform_run(UUID(pk))


@shared_task(name="analysis_tasks.sweep_runs")
def sweep_runs() -> None:
    """Moves or ends what is stuck, plans what was forgotten, and asks for what campaigns and edits have made due."""
    sweep(AnalysisRun, send_run, messages_in=messages_in, given_up=announce_end)
    install_kernels()
    plan_missing()
    plan_unrelated()
    feed_campaigns()
    rerun_stale()


@shared_task(name="analysis_tasks.feed_campaigns")
def feed() -> None:
    """Asks for the runs of a campaign that has just been started, without waiting for the sweeper."""
    feed_campaigns()
