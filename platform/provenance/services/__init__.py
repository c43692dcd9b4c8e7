"""Checks that what is stored can be computed again, and that nobody touched it."""

from provenance.services.restoring import restore
from provenance.services.verification import (
    Outcome,
    Verdict,
    compare_values,
    verify_blobs,
    verify_lineage,
    verify_run,
)

__all__ = [
    "Outcome",
    "Verdict",
    "compare_values",
    "restore",
    "verify_blobs",
    "verify_lineage",
    "verify_run",
]
