"""The worker's side of the sandbox: sends a call, watches the child's time and memory, brings the answer back."""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.sandbox.protocol import STORAGE_FAILED

_ROOT = Path(__file__).resolve().parents[3]
_PRELOAD = ("numpy", "scipy.optimize", "polars", "pyarrow.parquet", "measurements.readers", "analysis_tasks.kernels")
_LOOK_EVERY = 0.1
_STOP_SECONDS = 3.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GIBIBYTE = 1 << 30


class SandboxError(Exception):
    """A call did not give a result. The message is for the person who waits for it."""


class TimeLimitError(SandboxError):
    """The child took longer than it may."""


class MemoryLimitError(SandboxError):
    """The child took more memory than it may."""


class CrashedError(SandboxError):
    """The child died without an answer."""


class StoppedError(SandboxError):
    """The caller did not want the answer any more."""


class RemoteError(SandboxError):
    """The function raised an exception.

    Attributes:
        kinds: Names of the exception's class and its bases.
        details: What the exception carried beside its message.
        traceback: Where it was raised, for the log.
        errno: The system's error number where it came from one.
    """

    def __init__(
        self, kinds: list[str], message: str, details: dict[str, Any], traceback: str, errno: int | None = None
    ) -> None:
        super().__init__(message)
        self.errno = errno
        self.kinds = kinds
        self.details = details
        self.traceback = traceback


@dataclass(frozen=True)
class Limits:
    """What a call may take.

    Attributes:
        seconds: Of wall clock.
        memory: Bytes of resident memory.
    """

    seconds: float = 1500.0
    memory: int = 6 * _GIBIBYTE


def call(
    target: str,
    arguments: dict[str, Any],
    limits: Limits | None = None,
    *,
    unwanted: threading.Event | None = None,
) -> Any:
    """Calls a function in a child process.

    Args:
        target: `package.module:function`; it takes and returns plain JSON values and does the rest through files.
        arguments: By name.
        limits: Of time and memory.
        unwanted: Set by another thread where the answer is not wanted any more; the child is then stopped.

    Raises:
        RemoteError: The function raised an exception.
        StoppedError: The answer is not wanted any more.
        OSError: The answer could not be stored, for instance because the disk is full.
        TimeLimitError: It took too long, and was stopped.
        MemoryLimitError: It took too much memory, and was stopped.
        CrashedError: It died, for instance in a decoder's machine code.
    """
    with _lock, tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        answer = Path(folder) / "answer.json"
        _run({"target": target, "arguments": arguments, "answer": str(answer)}, limits or Limits(), unwanted)
        reply = json.loads(answer.read_text(encoding="utf-8"))
    if "error" in reply:
        raise RemoteError(reply["error"], reply["message"], reply["details"], reply["traceback"], reply["errno"])
    return reply["result"]


_lock = threading.Lock()
_server: subprocess.Popen[bytes] | None = None
_owner = 0


def _run(request: dict[str, Any], limits: Limits, unwanted: threading.Event | None) -> None:
    server = _running_server()
    assert server.stdin is not None  # noqa: S101 (both are pipes, see _running_server)
    assert server.stdout is not None  # noqa: S101
    try:
        server.stdin.write(f"{json.dumps(request)}\n".encode())
        server.stdin.flush()
        pid = json.loads(server.stdout.readline())["pid"]
        stopped = _watch(server, pid, limits, unwanted)
        status = json.loads(server.stdout.readline())["status"]
    except (OSError, ValueError) as error:
        _stop_server()
        raise CrashedError(f"The process that computes ended unexpectedly ({error}).") from error
    if stopped is not None:
        raise stopped
    if status == STORAGE_FAILED:
        raise OSError(errno.ENOSPC, "the computation could not store its answer")
    if status != 0:
        cause = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        raise CrashedError(
            f"The computation crashed ({cause}). The file may be damaged in a way its decoder does not survive."
        )


def _watch(
    server: subprocess.Popen[bytes], pid: int, limits: Limits, unwanted: threading.Event | None
) -> SandboxError | None:
    """Waits for the child's end; kills it at a limit and says which."""
    deadline = time.monotonic() + limits.seconds
    while not select.select([server.stdout], [], [], _LOOK_EVERY)[0]:
        problem: SandboxError | None = None
        if unwanted is not None and unwanted.is_set():
            problem = StoppedError("The computation was stopped because its answer is not wanted any more.")
        elif time.monotonic() > deadline:
            problem = TimeLimitError(f"The computation was stopped after {limits.seconds:g} s, the most it may take.")
        elif _resident(pid) > limits.memory:
            allowed = f"{limits.memory / _GIBIBYTE:.3g} GiB"
            problem = MemoryLimitError(f"The computation was stopped because it needed more than {allowed} of memory.")
        if problem is not None:
            os.kill(pid, signal.SIGKILL)
            return problem
    return None


def _resident(pid: int) -> int:
    """Resident memory of a process in bytes; 0 where it is gone or the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _running_server() -> subprocess.Popen[bytes]:
    """The server of this process; one that was inherited by a fork belongs to the parent and is left alone."""
    global _server, _owner
    if _server is None or _owner != os.getpid() or _server.poll() is not None:
        _server, _owner = _start_server(), os.getpid()
    return _server


def _start_server() -> subprocess.Popen[bytes]:
    allowed = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "OPENBLAS_CORETYPE")
    environment = {name: os.environ[name] for name in allowed if name in os.environ}
    environment |= {  # modules are found where this process finds them, those of plug-ins, too
        "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "platform"), *filter(None, sys.path)]),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "POLARS_MAX_THREADS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "core.sandbox.server", *_PRELOAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # an answer left in a buffer of ours would never wake `select`
        env=environment,
        start_new_session=True,
    )


@atexit.register
def _stop_server() -> None:
    """Ends the server and the child it may have: it hears that its input is closed, and is killed where it is deaf."""
    global _server  # noqa: PLW0603 (one server for each process)
    if _server is not None and _owner == os.getpid():
        if _server.stdin is not None:
            with contextlib.suppress(OSError):
                _server.stdin.close()
        try:
            _server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _server.kill()
            _server.wait()
        if _server.stdout is not None:
            _server.stdout.close()
    _server = None
