"""The commands of the site's parts, the same on one machine under `manage.py up` and on many under Compose.

Compose names these commands in docker-compose.yml; a test runs both.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from config import environment
from config.supervisor.child import Child
from config.supervisor.memory import KEPT_MEMORY

_WORKER_STOP_SECONDS = settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT + 15.0


def surroundings() -> dict[str, str]:
    """Environment variables of every part: this process's own, without the owner's password."""
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}
    paths = [str(environment.ROOT), str(environment.ROOT / "platform")]
    paths += [path for path in own.get("PYTHONPATH", "").split(os.pathsep) if path and path not in paths]  # plug-ins
    return own | {
        "COSINTER_HOME": str(settings.HOME),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
    }


def numeric_environment() -> dict[str, str]:
    """Variables that make a worker compute the same bits on different machines, one thread per process."""
    variables = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    processor = Path("/proc/cpuinfo")
    if platform.machine() == "x86_64" and processor.exists() and " avx2 " in processor.read_text():
        variables["OPENBLAS_CORETYPE"] = "Haswell"
    return variables


def web(*, bind: str, port: int) -> Child:
    """The web server."""
    gunicorn = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "--worker-class",
        "gthread",
        "--no-control-socket",
    ]
    return Child(
        "web",
        [
            *gunicorn,
            *("--bind", f"{bind}:{port}"),
            *("--workers", str(environment.number("COSINTER_WEB_PROCESSES"))),
            *("--threads", str(environment.number("COSINTER_WEB_THREADS"))),
            *("--graceful-timeout", "5"),
            *("--timeout", "120"),
        ],
        surroundings() | KEPT_MEMORY,
    )


def worker() -> Child:
    """One Celery worker with its processes.

    It stops by SIGQUIT: tasks get some seconds to end, and what does not end is handed back.
    """
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--loglevel", "INFO"]
    return Child(
        "worker",
        [*command, "--without-gossip", "--without-mingle"],
        surroundings() | numeric_environment(),
        stop_signal=signal.SIGQUIT,
        grace_seconds=_WORKER_STOP_SECONDS,
    )


def beat() -> Child:
    """The clock that starts periodic tasks; there must be one only."""
    schedule = str(settings.HOME / "beat-schedule")
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "beat", "--loglevel", "INFO"]
    return Child("beat", [*command, "--schedule", schedule, "--pidfile", ""], surroundings())


def command(name: str, *arguments: str, extra: Mapping[str, str] | None = None) -> Child:
    """A management command that ends by itself."""
    manage = str(environment.ROOT / "manage.py")
    return Child(name, [sys.executable, manage, *arguments], surroundings() | dict(extra or {}), once=True)
