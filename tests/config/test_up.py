"""`manage.py up` as a person uses it: it starts, works, survives, stops cleanly, and keeps the data."""

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Site, free_port

pytestmark = [pytest.mark.services, pytest.mark.servers]
READY_SECONDS = 240


def wait_until(true: Callable[[], bool], seconds: float, site: Site) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, site.output.read_text()[-5000:]
        time.sleep(0.2)


def status(site: Site, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{site.port}{path}", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


@contextlib.contextmanager
def running(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    process = site.start(sys.executable, "manage.py", "up", "--port", str(site.port))
    try:
        wait_until(lambda: b"| ready at" in site.output.read_bytes() or process.poll() is not None, READY_SECONDS, site)
        assert process.poll() is None, site.output.read_text()[-5000:]
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(90)


def processes_of(site: Site) -> set[int]:
    """Every process whose environment names the home, found in the kernel's own list."""
    wanted = f"COSINTER_HOME={site.home}".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found


def worker_processes(site: Site) -> list[int]:
    found = []
    for process in sorted(processes_of(site)):
        with contextlib.suppress(OSError):
            if b"\0worker\0" in Path(f"/proc/{process}/cmdline").read_bytes():
                found.append(process)
    return found


def test_it_starts_works_survives_and_stops(site: Site) -> None:
    with running(site) as process:
        assert status(site, "/health/live") == 200
        assert status(site, "/health/ready") == 200
        assert status(site, "/admin/login/") == 200
        output = site.output.read_text()
        password = (site.home / "admin-password").read_text().strip()
        assert re.search(rf"sign in as admin with the password {re.escape(password)}\n", output)
        assert stat.S_IMODE((site.home / "admin-password").stat().st_mode) == 0o600
        authenticate = "from django.contrib.auth import get_user_model as U; print(U().objects.get(username='admin')"
        assert site.python(f"{authenticate}.check_password({password!r}))") == "True"

        second = site.manage("up", "--port", str(site.port), check=False)
        assert second.returncode == 1
        assert "runs already" in second.stderr

        worker = worker_processes(site)[0]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: b"worker | ended with code -9" in site.output.read_bytes(), 10, site)
        wait_until(lambda: bool(set(worker_processes(site)) - {worker}), 30, site)

        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0
        assert site.output.read_text().rstrip().endswith("up     | stopped")
    assert processes_of(site) == set()

    with running(site) as process:
        assert "with the password" not in site.output.read_text()
        assert site.python(f"{authenticate}.check_password({password!r}))") == "True"
        process.terminate()
        assert process.wait(90) == 0
    assert processes_of(site) == set()


@pytest.mark.once
def test_nothing_of_it_outlives_a_killed_supervisor(embedded_site: Site) -> None:
    site = embedded_site
    site.environment["COSINTER_DEMO"] = "no"
    with running(site) as process:
        process.kill()
        process.wait()
        children = {"gunicorn", "celery"}
        wait_until(
            lambda: (
                not any(
                    word in Path(f"/proc/{number}/cmdline").read_text()
                    for number in processes_of(site)
                    for word in children
                    if Path(f"/proc/{number}").exists()
                )
            ),
            60,
            site,
        )
    site.manage("migrate", "--check")  # the last to use the servers that were left behind stops them
    site.python("from config import embedded; embedded.start(embedded.valkey())")
    assert processes_of(site) == set()


@pytest.mark.once
def test_a_taken_port_is_named(embedded_site: Site) -> None:
    with socket.create_server(("127.0.0.1", embedded_site.port)):
        refused = embedded_site.manage("up", "--port", str(embedded_site.port), check=False)
    assert refused.returncode == 1
    assert f"cannot listen on 127.0.0.1:{embedded_site.port} (Address already in use)" in refused.stderr


@pytest.mark.once
def test_the_first_password_can_be_given(embedded_site: Site) -> None:
    site = embedded_site
    site.environment |= {"COSINTER_ADMIN_PASSWORD": "chosen by the laboratory", "COSINTER_DEMO": "no"}
    site.manage("migrate", "--verbosity", "0")
    code = (
        "from config.supervisor.first_start import create_first_account as c; print(c()); "
        "from django.contrib.auth import authenticate, get_user_model as U; "
        "print(U().objects.get(username='admin').check_password('chosen by the laboratory'))"
    )
    assert site.python(code).splitlines() == ["None", "True"]
    assert not (site.home / "admin-password").exists()


@pytest.mark.once
def test_a_database_that_does_not_answer_is_named(embedded_site: Site) -> None:
    embedded_site.environment["DATABASE_URL"] = f"postgresql://lab:pw@127.0.0.1:{embedded_site.port}/cells"
    refused = embedded_site.manage("up", "--port", str(free_port()), check=False)
    assert refused.returncode == 1
    assert "the database cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr
