"""Checks that what is stored can be computed again, and that nobody touched it."""

from provenance.services.merging import MERGED, MergePlan, merge, plan_merge
from provenance.services.moving import move_file, move_measurement
from provenance.services.purging import PurgePlan, plan_purge, purge
from provenance.services.restoring import restore
from provenance.services.rotation import verify_rotating
from provenance.services.verification import (
    Outcome,
    Verdict,
    compare_values,
    verify_blobs,
    verify_frozen,
    verify_lineage,
    verify_run,
)

__all__ = [
    "MERGED",
    "MergePlan",
    "Outcome",
    "PurgePlan",
    "Verdict",
    "compare_values",
    "merge",
    "move_file",
    "move_measurement",
    "plan_merge",
    "plan_purge",
    "purge",
    "restore",
    "verify_blobs",
    "verify_frozen",
    "verify_lineage",
    "verify_rotating",
    "verify_run",
]
