"""What a run was computed with: interpreter, libraries, processor. Recorded on the run, never part of its key."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

_LIBRARIES = ("numpy", "scipy", "pyarrow", "polars", "fastnda")


@cache
def current_environment() -> dict[str, Any]:
    """Interpreter, machine and numerical libraries of this process, as JSON."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "machine": platform.machine(),
        "system": platform.system(),
        "libraries": {name: version(name) for name in _LIBRARIES if _installed(name)},
    }


def _installed(name: str) -> bool:
    return find_spec(name) is not None
