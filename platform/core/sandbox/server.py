"""The process that calls are forked from. It imports what they need once, holds no connection, and does nothing else.

Protocol, one JSON object a line: in `{"target": "module:function", "arguments": {...}, "answer": PATH}`; out
`{"pid": N}` as soon as the child runs and `{"status": N}` when it has ended. The child leaves its answer in the file.
When the other side goes away, killed or not, its child is killed too: nobody would read the answer.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from core.sandbox.protocol import STORAGE_FAILED

_CHUNK = 1 << 16


def main(preload: list[str]) -> None:
    """Answers requests on standard input until it is closed."""
    for name in preload:
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = _wake_when_children_end()
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not look like an answer
    while line := _next_line():
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _work(request)
        _say(channel, {"pid": pid})
        _say(channel, {"status": _await(pid, ended)})


def _next_line() -> bytes:
    """The next request; empty where the other side is gone. Read unbuffered, so that `select` sees what is left."""
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(sys.stdin.fileno(), _CHUNK)
        if not chunk:
            return b""
        line += chunk
    return line


def _wake_when_children_end() -> int:
    """A descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writable)
    return readable


def _await(pid: int, ended: int) -> int:
    """Waits for the child; between two requests the other side is silent, so what comes from it is its end."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        ready, _, _ = select.select([sys.stdin.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, _CHUNK)
        elif not os.read(sys.stdin.fileno(), 1):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            sys.exit()


def _say(channel: Any, message: dict[str, int]) -> None:
    try:
        channel.write(json.dumps(message) + "\n")
        channel.flush()
    except BrokenPipeError:
        sys.stderr.write("the worker is gone\n")


def _work(request: dict[str, Any]) -> None:
    """The child: computes, leaves the answer, and ends without any of the parent's clean-up."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        answer = json.dumps(_answer(request))
        status = _leave(answer, Path(request["answer"]))
    except BaseException:  # noqa: BLE001 (the child ends here whatever happens; the parent sees the status)
        traceback.print_exc()
    finally:
        os._exit(status)


def _leave(answer: str, file: Path) -> int:
    try:
        file.write_text(answer, encoding="utf-8")
    except OSError:  # not printed: the log may lie on the same full disk
        return STORAGE_FAILED
    return 0


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    module, _, name = request["target"].partition(":")
    try:
        result = getattr(importlib.import_module(module), name)(**request["arguments"])
    except Exception as error:  # noqa: BLE001 (told to the parent, which decides)
        return {
            "error": [base.__name__ for base in type(error).__mro__],
            "message": str(error),
            "details": getattr(error, "details", {}),
            "traceback": traceback.format_exc(),
            "errno": _error_number(error),
        }
    return {"result": result}


def _error_number(error: BaseException | None) -> int | None:
    """The number of the system's error that an exception is or was raised from."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__
    return error.errno if error is not None else None


if __name__ == "__main__":
    main(sys.argv[1:])
