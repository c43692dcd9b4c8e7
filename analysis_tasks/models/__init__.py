"""Records of what was computed: kernel releases, runs and their inputs, results and artifacts."""

from analysis_tasks.models.result import Artifact, Result
from analysis_tasks.models.run import AnalysisRun, KernelRelease, RunContext, RunInput, Slot

__all__ = ["AnalysisRun", "Artifact", "KernelRelease", "Result", "RunContext", "RunInput", "Slot"]
