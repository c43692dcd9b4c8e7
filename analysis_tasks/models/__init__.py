"""Records of what was computed: kernel releases, runs and their inputs, results and artifacts."""

from analysis_tasks.models.campaign import Campaign, CampaignEntry
from analysis_tasks.models.result import Artifact, Result
from analysis_tasks.models.run import (
    AnalysisRun,
    InstalledKernel,
    KernelRelease,
    RunContext,
    RunInput,
    RunSource,
    Slot,
    Staleness,
)

__all__ = [
    "AnalysisRun",
    "Artifact",
    "Campaign",
    "CampaignEntry",
    "InstalledKernel",
    "KernelRelease",
    "Result",
    "RunContext",
    "RunInput",
    "RunSource",
    "Slot",
    "Staleness",
]
