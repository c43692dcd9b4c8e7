"""What the two sides of the sandbox agree on."""

STORAGE_FAILED = 74
"""Exit status of a child that could not write its answer (EX_IOERR)."""
