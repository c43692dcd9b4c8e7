"""A laboratory at work: 50 people, each opening a page every 10 s for a minute, against a whole site on this machine.

The site is `manage.py up` in a home of its own with the demo lab: web, worker, beat, PostgreSQL and Valkey, rate
limits on. What is measured is the time from sending a request until the last byte of the page; the generator's own
CPU is told apart.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEOPLE, EVERY, SECONDS = 50, 10.0, 60.0
MOST = 300.0
"""Milliseconds within which 95 % of the pages must be there."""

_PEOPLE = """
import json
from django.test import Client
from django.conf import settings
from accounts.models import Membership, Project, User
from analysis_tasks.models import AnalysisRun
from comparisons.models import Comparison
from measurements.models import Measurement
from samples.models import Cell, Process, Sample
cookies = []
for number in range({people}):
    user = User.objects.create_user(f"load{{number}}", password=None)
    for project in Project.objects.all():
        Membership.objects.create(project=project, user=user, role="editor")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
pages = ["/", "/samples/", "/cells/", "/measurements/", "/runs/", "/comparisons/", "/search/?q=NCM", "/upload/"]
for model in (Sample, Cell, Process, Measurement, AnalysisRun, Comparison):
    pages += [row.get_absolute_url() for row in model.objects.all()[:5]]
pages += [f"/lineage/cell/{{cell.pk}}/" for cell in Cell.objects.all()[:3]]
print(json.dumps({{"cookies": cookies, "pages": pages}}))
"""


@dataclass
class Load:
    """What was found.

    Attributes:
        times: Milliseconds of each page.
        errors: What was not answered with a page.
        site_cpu: CPU seconds of the site meanwhile.
        own_cpu: CPU seconds of the generator.
    """

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    site_cpu: float = 0.0
    own_cpu: float = 0.0

    @property
    def p95(self) -> float:
        """95 % of the pages were there within this, in milliseconds."""
        return statistics.quantiles(self.times, n=20)[-1]


def measure() -> Load:
    """Starts a site, lets the people in, and measures.

    Raises:
        RuntimeError: The site did not start.
    """
    with _site() as (port, home, process):
        told = json.loads(_shell(home, port, _PEOPLE.format(people=PEOPLE)).splitlines()[-1])
        load, lock, begin = Load(), threading.Lock(), time.monotonic() + 1.0
        people = [
            threading.Thread(target=_person, args=(number, port, cookie, told["pages"], begin, load, lock))
            for number, cookie in enumerate(told["cookies"])
        ]
        site, own = _cpu_below(process.pid), _own_cpu()
        for person in people:
            person.start()
        for person in people:
            person.join()
        load.site_cpu, load.own_cpu = _cpu_below(process.pid) - site, _own_cpu() - own
    return load


def _person(
    number: int, port: int, cookie: str, pages: list[str], begin: float, load: Load, lock: threading.Lock
) -> None:
    """One person: a page every ten seconds, somebody else's second."""
    choice = random.Random(number)
    at = begin + EVERY * number / PEOPLE
    while at < begin + SECONDS:
        time.sleep(max(0.0, at - time.monotonic()))
        page = choice.choice(pages)
        status, taken = _opened(port, page, cookie)
        with lock:
            load.times.append(taken)
            if status != 200:
                load.errors.append(f"{page}: {status}")
        at += EVERY


def _opened(port: int, page: str, cookie: str) -> tuple[int, float]:
    """Status of a page and the milliseconds until its last byte."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", page, headers={"Cookie": f"sessionid={cookie}"})
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except OSError:
        status = 0
    finally:
        connection.close()
    return status, (time.perf_counter() - started) * 1000


@contextmanager
def _site() -> Iterator[tuple[int, Path, subprocess.Popen[bytes]]]:
    home = Path(tempfile.mkdtemp(prefix="cosinter-load-"))
    home.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (home / "site.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up"], env=_environment(home, port), stdout=log, stderr=log
        )
    try:
        _wait_until_ready(port, process, home / "site.log")
        yield port, home, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def _environment(home: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COSINTER_", "DJANGO_"))}
    return {**kept, "COSINTER_HOME": str(home), "PORT": str(port)}


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"the site did not start: {log.read_text(errors='replace')[-800:]}")


def _shell(home: Path, port: int, code: str) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "--verbosity", "0", "--command", code]
    return subprocess.run(
        command, env=_environment(home, port), capture_output=True, text=True, check=True, timeout=120
    ).stdout


def _cpu_below(pid: int) -> float:
    """CPU seconds of a process and all that it started, those that have ended included."""
    ticks, todo = 0, [pid]
    while todo:
        one = todo.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            children = [f.read_text().split() for f in Path(f"/proc/{one}/task").glob("*/children")]
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
        todo += [int(child) for words in children for child in words]
    return ticks / os.sysconf("SC_CLK_TCK")


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    found = measure()
    print(
        f"{len(found.times)} pages, {len(found.errors)} errors; median {statistics.median(found.times):.0f} ms, "
        f"95 % within {found.p95:.0f} ms, slowest {max(found.times):.0f} ms; "
        f"CPU: site {found.site_cpu:.1f} s, generator {found.own_cpu:.1f} s"
    )
    for error in found.errors[:10]:
        print(error, file=sys.stderr)
