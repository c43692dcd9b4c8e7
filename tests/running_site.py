"""A whole site for tests of the main job: embedded servers, web, worker and beat as real processes, started once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "first-day-1"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "COSINTER_PG_BIN")


@dataclass
class RunningSite:
    """A site that answers, and a way to talk to it as a script would."""

    port: int
    home: Path
    process: subprocess.Popen[bytes]
    token: str = ""

    def request(self, method: str, path: str, data: Any = None, *, body: bytes | None = None, **headers: str) -> Any:
        """Status and JSON (or text) of one REST request."""
        address = path if path.startswith("http") else f"http://127.0.0.1:{self.port}/api/v1/{path}"
        if data is not None:
            body, headers["Content-Type"] = json.dumps(data).encode(), "application/json"
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        request = urllib.request.Request(address, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, _decoded(response.read())
        except urllib.error.HTTPError as error:
            return error.code, _decoded(error.read())

    def get(self, path: str) -> Any:
        """JSON of a successful GET."""
        status, answer = self.request("GET", path)
        assert status == 200, answer
        return answer

    def upload(self, path: Path, name: str | None = None, **fields: str) -> Any:
        """Status and JSON of a file upload."""
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        header = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name or path.name}"\r\n\r\n'
        body = b"".join([*parts, header.encode(), path.read_bytes(), f"\r\n--{boundary}--\r\n".encode()])
        return self.request(
            "POST", "files/", body=body, **{"Content-Type": f"multipart/form-data; boundary={boundary}"}
        )

    def wait_for(self, question: Any, *, seconds: float = 60) -> Any:
        """Asks until the answer is true; gives that answer."""
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, f"nothing after {seconds} s"
            time.sleep(0.1)
        return answer

    def children(self, word: str) -> list[int]:
        """Processes below the site whose command line has the word."""
        found = []
        for pid in _descendants(self.process.pid):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if word in command:
                found.append(pid)
        return found


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _descendants(pid: int) -> list[int]:
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            below = [int(word) for word in task.read_text().split()]
            found += below
            todo += below
    return found


@pytest.fixture(scope="session")
def running_site() -> Iterator[RunningSite]:
    """`manage.py up` in a home of its own, ready: migrated, demo lab loaded and analysed, worker alive."""
    home = Path(tempfile.mkdtemp(prefix="cosinter-site-"))
    home.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"COSINTER_HOME": str(home), "PORT": str(port), "COSINTER_ADMIN_PASSWORD": PASSWORD}
    log = (home / "site.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up"], env=environment, stdout=log, stderr=log, cwd=ROOT
    )
    site = RunningSite(port, home, process)
    try:
        site.wait_for(lambda: _is_ready(site), seconds=180)
        status, answer = site.request("POST", "auth/token/", {"username": "admin", "password": PASSWORD})
        assert status in {200, 201}, answer
        site.token = answer["token"]
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()
        shutil.rmtree(home, ignore_errors=True)


def _is_ready(site: RunningSite) -> bool:
    assert site.process.poll() is None, (site.home / "site.log").read_text()[-3000:]
    try:
        return bool(site.request("GET", f"http://127.0.0.1:{site.port}/health/ready")[0] == 200)
    except OSError:
        return False
