"""Runs a program of `benchmarks/programs` as its own process and takes its CPU time and its peak memory.

The program prints one line of JSON with the CPU seconds of the work alone, without starting Python and importing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(__file__).resolve().parent / "programs"


@dataclass(frozen=True)
class Measured:
    """What one program used.

    Attributes:
        cpu: CPU seconds (user and system) of the work alone; the least of all repetitions.
        process_cpu: CPU seconds of the whole process of that repetition.
        peak: Largest resident memory of the process in MiB.
        answer: What the program found, to compare with others.
    """

    cpu: float
    process_cpu: float
    peak: float
    answer: Any


def measure(
    program: str,
    *arguments: object,
    python: Path | None = None,
    repeat: int = 1,
    environment: Mapping[str, str] | None = None,
) -> Measured:
    """Runs a program with one thread per numerical library and returns the repetition that took least.

    Args:
        program: Name of the program's file.
        arguments: Its arguments.
        python: The Python of a peer's environment; the project's own by default.
        repeat: How often.
        environment: Further variables, such as those of the part of the site that is measured.

    Raises:
        RuntimeError: The program failed; the message ends as its error output does.
    """
    command = [str(python or sys.executable), str(PROGRAMS / program), *map(str, arguments)]
    return min((_once(command, environment or {}) for _ in range(repeat)), key=lambda measured: measured.cpu)


def _once(command: list[str], more: Mapping[str, str]) -> Measured:
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
    environment = {**os.environ, **single, **more, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed, complaint = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {complaint.strip()[-800:]}")
    report = json.loads(printed.splitlines()[-1])
    unit = 1024 if sys.platform == "darwin" else 1
    return Measured(
        cpu=report["cpu"],
        process_cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss / unit / 1024,
        answer=report["answer"],
    )
