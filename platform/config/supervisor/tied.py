"""Runs a program that ends when its parent ends: `python -m config.supervisor.tied SIGNAL PARENT ...`.

The request to the kernel survives `exec`, so the program itself needs to know nothing of it.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ties this process to its parent and becomes the program.

    Args:
        arguments: Number of the signal, number of the parent process, the program and its arguments.
    """
    death_signal, parent = int(arguments[0]), int(arguments[1])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it ended before the kernel was asked
            sys.exit(1)
    os.execvp(arguments[2], arguments[2:])  # noqa: S606  # no shell, on purpose


if __name__ == "__main__":
    main(sys.argv[1:])
