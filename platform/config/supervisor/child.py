"""One part of the site as a child process: its lines carry its name in front, and it can be restarted.

Each child leads a session of its own, so that Ctrl-C reaches the supervisor only and what a dead child leaves
behind can be found.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_STABLE_AFTER_SECONDS = 60.0


@dataclass
class Child:
    """A program that the supervisor keeps running.

    Attributes:
        name: What stands in front of its lines.
        command: The program and its arguments.
        environment: All its environment variables.
        stop_signal: What asks it to finish.
        grace_seconds: How long it may take to do so.
        once: True for a program that is meant to end by itself.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 15.0
    once: bool = False
    _process: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)
    _started: float = field(default=0.0, init=False, repr=False)
    _not_before: float = field(default=0.0, init=False, repr=False)
    _pause: float = field(default=_FIRST_PAUSE_SECONDS, init=False, repr=False)

    def start(self) -> None:
        """Starts the program; call it from the main thread, to whose life the kernel ties it."""
        tied = [sys.executable, "-m", "config.supervisor.tied", str(int(self.stop_signal)), str(os.getpid())]
        process = subprocess.Popen(
            [*tied, *self.command],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._process, self._started = process, time.monotonic()
        if process.stdout is not None:
            threading.Thread(target=self._copy_lines, args=(process.stdout,), daemon=True).start()

    def exit_code(self) -> int | None:
        """The code it ended with, or None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def restart_when_due(self) -> None:
        """Starts a program that ended again, after a pause that doubles while it keeps ending."""
        code, now = self.exit_code(), time.monotonic()
        if code is None:
            return
        if not self._not_before:
            self.kill()
            if now - self._started > _STABLE_AFTER_SECONDS:
                self._pause = _FIRST_PAUSE_SECONDS
            say(self.name, f"ended with code {code}; starting again in {self._pause:.0f} s")
            self._not_before = now + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        elif now >= self._not_before:
            self._not_before = 0.0
            self.start()

    def stop(self) -> None:
        """Asks the program to finish, waits, and ends it and all it started where that takes too long."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(self.grace_seconds)
            except subprocess.TimeoutExpired:
                say(self.name, f"did not stop in {self.grace_seconds:.0f} s and is ended")
        self.kill()
        self._process.wait()

    def kill(self) -> None:
        """Ends the program and all it started, at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _copy_lines(self, lines: IO[str]) -> None:
        for line in lines:
            say(self.name, line.rstrip("\n"))


def say(name: str, line: str) -> None:
    """Writes one line with the name of who says it; a reader that went away is no reason to stop."""
    with contextlib.suppress(BrokenPipeError, ValueError):
        sys.stdout.write(f"{name:<6} | {line}\n")
        sys.stdout.flush()
