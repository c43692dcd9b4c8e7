"""Separate programs that decode a file for us, under limits of time, memory and output.

A hostile file may crash or swell such a program; it cannot take the reader with it. Used for Arbin databases.
"""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# The shell sets the limits before the program begins; -f counts blocks of 512 bytes. Where a lower limit is in
# force already, raising it fails and the lower one stays.
_LIMITED = 'for limit in "-v $1" "-t $2" "-f $3"; do ulimit $limit; done 2>/dev/null; shift 3; exec "$@"'
_MAX_COMPLAINT = 2_000
_ENDED_BY = {6: "it asked for too much memory", 9: "it ran out of time", 11: "it crashed", 24: "it ran out of time"}
_TOO_LARGE = {25: "its output passed the limit"}


@dataclass(frozen=True)
class Limits:
    """What a program may use.

    Attributes:
        memory: Bytes of address space.
        seconds: Processor time; twice that by the clock.
        output: Bytes of any one file it writes.
    """

    memory: int
    seconds: int
    output: int


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        sound: It did what it was asked.
        reason: Its complaint or what stopped it, one line; empty where it was sound and silent.
    """

    sound: bool
    reason: str


def run_limited(arguments: Sequence[str | Path], output: Path, limits: Limits) -> Ended:
    """Runs a program with its standard output in a file.

    Args:
        arguments: The program and its arguments; never a shell's text.
        output: File that receives the standard output; beside it, `.complaints` receives the rest, under the same
            limit, because a damaged file can make a program complain for ever.
        limits: What it may use.
    """
    complaints = output.with_suffix(".complaints")
    shell = ["/bin/sh", "-c", _LIMITED, "limited", *map(str, _as_blocks(limits)), *map(str, arguments)]
    with output.open("wb") as target, complaints.open("w+b") as told:
        code = _code_of(shell, target, told, 2 * limits.seconds)
        if code is None:
            return Ended(sound=False, reason=f"it did not end within {2 * limits.seconds} s")
        told.seek(0)
        complaint = " ".join(told.read(_MAX_COMPLAINT).decode(errors="replace").split())
    if code == 0:
        return Ended(sound=True, reason=complaint)
    signal = -code if code < 0 else code - 128
    stopped = (_ENDED_BY | _TOO_LARGE).get(signal, "")
    return Ended(sound=False, reason=stopped or complaint or f"it ended with code {code}")


def _code_of(arguments: Sequence[str], target: BinaryIO, told: BinaryIO, seconds: float) -> int | None:
    """Exit code of a program; None where it did not end in time and was killed.

    A pipe that nobody writes to closes with the program. Waiting for that wakes at once, where `subprocess` with a time
    limit looks every twentieth of a second: most of what a small database takes.
    """
    closing, held = os.pipe()
    try:
        with subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=target, stderr=told, pass_fds=(held,)
        ) as program:
            os.close(held)
            held = -1
            try:
                waiting = select.poll()
                waiting.register(closing, select.POLLIN)
                return program.wait() if waiting.poll(1000 * seconds) else None
            finally:
                program.kill()
    finally:
        os.close(closing)
        if held >= 0:
            os.close(held)


def _as_blocks(limits: Limits) -> tuple[int, int, int]:
    return limits.memory // 1024, limits.seconds, limits.output // 512
