"""The process that calls are forked from. It imports what they need once, holds no connection, and does nothing else.

Protocol, one JSON object a line: in `{"target": "module:function", "arguments": {...}, "answer": PATH}`; out
`{"pid": N}` as soon as the child runs and `{"status": N}` when it has ended. The child leaves its answer in the file.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any


def main(preload: list[str]) -> None:
    """Answers requests on standard input until it is closed."""
    for name in preload:
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not look like an answer
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _work(request)
        _say(channel, {"pid": pid})
        _, status = os.waitpid(pid, 0)
        _say(channel, {"status": os.waitstatus_to_exitcode(status)})


def _say(channel: Any, message: dict[str, int]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


def _work(request: dict[str, Any]) -> None:
    """The child: computes, leaves the answer, and ends without any of the parent's clean-up."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        answer = _answer(request)
        Path(request["answer"]).write_text(json.dumps(answer), encoding="utf-8")
        status = 0
    except BaseException:  # noqa: BLE001 (the child ends here whatever happens; the parent sees the status)
        traceback.print_exc()
    finally:
        os._exit(status)


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
        }
    return {"result": result}


if __name__ == "__main__":
    main(sys.argv[1:])
