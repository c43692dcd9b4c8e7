"""How a web process treats memory: what a large answer took is kept for the next one."""

from __future__ import annotations

from typing import Final

_MOST: Final = 1 << 24

KEPT_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(_MOST), "MALLOC_TRIM_THRESHOLD_": str(_MOST)}
"""Variables of the C library (glibc; others pass them over): each thread keeps up to 16 MiB.

By itself it gives the memory of an answer of some MB back at once, and the system clears page after page for the next:
for a list of 1000 rows twice the CPU time of the list itself.
"""
