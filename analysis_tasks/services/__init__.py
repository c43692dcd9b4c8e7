"""Every write on runs and results."""

from analysis_tasks.services.execution import perform_run
from analysis_tasks.services.planning import plan_missing, plan_runs, request_run, rerun
from analysis_tasks.services.reporting import enter_manually, report_value

__all__ = [
    "enter_manually",
    "perform_run",
    "plan_missing",
    "plan_runs",
    "report_value",
    "request_run",
    "rerun",
]
