"""Every write on runs and results."""

from analysis_tasks.services.execution import perform_run
from analysis_tasks.services.planning import (
    cancel_run,
    plan_missing,
    plan_runs,
    request_run,
    rerun,
    retry_run,
    send_run,
)
from analysis_tasks.services.related import plan_related, plan_unrelated
from analysis_tasks.services.releases import current_release, install_kernels
from analysis_tasks.services.reporting import enter_manually, report_value
from analysis_tasks.services.staleness import react_to_change, rerun_slot, rerun_stale, why_stale

__all__ = [
    "cancel_run",
    "current_release",
    "enter_manually",
    "install_kernels",
    "perform_run",
    "plan_missing",
    "plan_related",
    "plan_runs",
    "plan_unrelated",
    "react_to_change",
    "report_value",
    "request_run",
    "rerun",
    "rerun_slot",
    "rerun_stale",
    "retry_run",
    "send_run",
    "why_stale",
]
