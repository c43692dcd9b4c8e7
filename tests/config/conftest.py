"""A whole site of its own for a test: a home, a database, a port, and the commands run in real processes."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
SERVER_SETTINGS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


@dataclass
class Site:
    """One site: its home, its environment, its port."""

    home: Path
    environment: dict[str, str]
    port: int

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a management command to its end."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def python(self, code: str) -> str:
        """Runs Python code inside the site and returns what it prints."""
        return self.manage("shell", "--verbosity", "0", "--command", code).stdout.strip()

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Starts a program of the site; its lines go to `output`."""
        with self.output.open("wb") as output:
            return subprocess.Popen(command, env=self.environment, stdout=output, stderr=output, cwd=ROOT)

    @property
    def output(self) -> Path:
        return self.home / "output.log"


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that every user can reach, as a home usually is."""
    folder = Path(tempfile.mkdtemp(prefix="cosinter-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def site(home: Path) -> Iterator[Site]:
    """A site on embedded servers, or in a new database of the servers that the environment names."""
    environment = own_environment(home)
    url = os.environ.get("DATABASE_URL")
    if url is None:
        yield Site(home, environment, free_port())
        return
    name = f"test_site_{os.getpid()}"
    owner_url = os.environ.get("DATABASE_OWNER_URL") or url
    with psycopg.connect(owner_url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        environment |= {
            "DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl(),
            "DATABASE_OWNER_URL": urlsplit(owner_url)._replace(path=f"/{name}").geturl(),
        }
        if "REDIS_URL" in os.environ:
            environment["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path="/9").geturl()
        yield Site(home, environment, free_port())
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def embedded_site(home: Path) -> Site:
    """A site on embedded servers, whatever the environment names."""
    return Site(home, own_environment(home), free_port())


def own_environment(home: Path) -> dict[str, str]:
    """Variables of a site that shares nothing with the test session's."""
    kept = {name: value for name, value in os.environ.items() if name not in SERVER_SETTINGS}
    return kept | {
        "COSINTER_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
    }


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
