"""Admin pages of what was computed: runs, results, stored tables and the kernels' releases."""

from analysis_tasks.admin import campaigns, kernels, results, runs

__all__ = ["campaigns", "kernels", "results", "runs"]
