"""Runs the tests of faults many times over and writes down what was seen: `python -m tests.reliability.many_times`.

A race that shows itself once in twenty runs is found by running twenty times, best on a machine that is busy with other
things. Each run's line is stored as soon as the run has ended, so a summary can be written at any time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LOOK_SECONDS = 5.0


def main() -> None:
    """Runs as often as asked, or until the given time."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=25)
    asked.add_argument("--minutes", type=float, default=float("inf"), help="start no run after so many minutes")
    asked.add_argument("--folder", type=Path, default=Path("var/faults"), help="for reports and the summary")
    options = asked.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    runs: list[dict[str, Any]] = []
    deadline = time.monotonic() + 60 * options.minutes
    while len(runs) < options.times and time.monotonic() < deadline:
        runs.append(_one_run(options.folder, len(runs) + 1))
        (options.folder / "runs.json").write_text(json.dumps(runs, indent=1))
        (options.folder / "summary.md").write_text(summary(runs))


def summary(runs: list[dict[str, Any]]) -> str:
    """The table of docs/reliability.md: a line for all runs, and one for each test that failed in some of them."""
    seconds = sorted(run["seconds"] for run in runs)
    loads = [load for run in runs for load in run["loads"]]
    failed = Counter(name for run in runs for name in run["failed"])
    good, passed = sum(not run["failed"] for run in runs), sum(run["passed"] for run in runs)
    span = f"{seconds[0]:.0f}, {seconds[len(seconds) // 2]:.0f}, {seconds[-1]:.0f}"
    load = f"{min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} cores"
    lines = [
        "| runs | no failure | tests in each | passed in all | seconds: least, median, most | load of the machine |",
        "|---|---|---|---|---|---|",
        f"| {len(runs)} | {good} | {runs[-1]['tests']} | {passed} | {span} | {load} |",
    ]
    lines += [f"- `{name}` failed in {count} of {len(runs)} runs" for name, count in failed.most_common()]
    return "\n".join(lines) + "\n"


def _one_run(folder: Path, number: int) -> dict[str, Any]:
    """One session of pytest, with the load of the machine meanwhile and the words of what failed."""
    report = folder / f"run-{number}.xml"
    loads, ended = [os.getloadavg()[0]], threading.Event()
    watch = threading.Thread(target=_watch, args=(loads, ended), daemon=True)
    watch.start()
    began = datetime.now(UTC)
    with (folder / f"run-{number}.log").open("wb") as log, tempfile.TemporaryDirectory(prefix="faults-") as home:
        command = [sys.executable, "-m", "pytest", "-q", "tests/reliability", "--junitxml", str(report.resolve())]
        subprocess.run(command, cwd=ROOT, env=os.environ | {"COSINTER_HOME": home}, stdout=log, stderr=log, check=False)
    ended.set()
    cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 (pytest of this process wrote it)
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    return {
        "began": began.isoformat(timespec="seconds"),
        "seconds": round(sum(float(case.get("time", "0")) for case in cases), 1),
        "tests": len(cases),
        "passed": len(cases) - len(failed) - len(skipped),
        "skipped": len(skipped),
        "failed": [f"{case.get('classname', '').rpartition('.')[2]}.py::{case.get('name')}" for case in failed],
        "loads": [round(load, 2) for load in loads],
    }


def _watch(loads: list[float], ended: threading.Event) -> None:
    while not ended.wait(_LOOK_SECONDS):
        loads.append(os.getloadavg()[0])


if __name__ == "__main__":
    main()
