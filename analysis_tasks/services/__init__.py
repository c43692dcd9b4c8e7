"""Every write on runs and results."""

from analysis_tasks.services.campaigns import (
    Preview,
    Selection,
    cancel_campaign,
    feed_campaigns,
    preview_campaign,
    samples_named,
    start_campaign,
)
from analysis_tasks.services.execution import announce_end, perform_run
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
from analysis_tasks.services.series import plan_series
from analysis_tasks.services.staleness import react_to_change, rerun_slot, rerun_stale, stale_slots, why_stale

__all__ = [
    "Preview",
    "Selection",
    "announce_end",
    "cancel_campaign",
    "cancel_run",
    "current_release",
    "enter_manually",
    "feed_campaigns",
    "install_kernels",
    "perform_run",
    "plan_missing",
    "plan_related",
    "plan_runs",
    "plan_series",
    "plan_unrelated",
    "preview_campaign",
    "react_to_change",
    "report_value",
    "request_run",
    "rerun",
    "rerun_slot",
    "rerun_stale",
    "retry_run",
    "samples_named",
    "send_run",
    "stale_slots",
    "start_campaign",
    "why_stale",
]
