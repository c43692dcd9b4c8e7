"""Running readers and kernels where they can do no harm: in a child process without a database, under limits.

A file from a stranger may make a decoder crash, hang or eat the memory; then only the child dies, and the worker says
in words what happened. The child is forked from a small server that has imported NumPy and the readers already, so a
call costs milliseconds.
"""

from core.sandbox.client import (
    CrashedError,
    Limits,
    MemoryLimitError,
    RemoteError,
    SandboxError,
    StoppedError,
    TimeLimitError,
    call,
)

__all__ = [
    "CrashedError",
    "Limits",
    "MemoryLimitError",
    "RemoteError",
    "SandboxError",
    "StoppedError",
    "TimeLimitError",
    "call",
]
