"""The many-machine layout: the file is valid, and the command of each service does its work on real servers."""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded.postgres import EmbeddedPostgres
from config.embedded.valkey import EmbeddedValkey

from .conftest import ROOT, Site

pytestmark = pytest.mark.services

SECRETS = {
    "COSINTER_APP_PASSWORD": "app-password",
    "COSINTER_OWNER_PASSWORD": "owner-password",
    "COSINTER_POSTGRES_PASSWORD": "postgres-password",
    "COSINTER_REDIS_PASSWORD": "redis-password",
    "COSINTER_SECRET_KEY": "secret-key",
    "COSINTER_HOST": "lab.example.org",
}


def compose(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    program = Path(sysconfig.get_path("scripts")) / "docker-compose"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}
    return subprocess.run([program, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def layout() -> dict[str, Any]:
    done = compose("config", "--format", "json", **SECRETS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.replace("$$", "$"))  # Compose doubles it again, for a file to be read once more


def test_the_file_is_valid() -> None:
    done = compose("config", "--quiet", **SECRETS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_each_secret_is_required(secret: str) -> None:
    done = compose("config", "--quiet", **{name: value for name, value in SECRETS.items() if name != secret})
    assert done.returncode != 0
    assert secret in done.stderr


def test_only_the_migration_knows_the_owner(layout: dict[str, Any]) -> None:
    services = layout["services"]
    assert [name for name, service in services.items() if "DATABASE_OWNER_URL" in service.get("environment", {})] == [
        "migrate"
    ]
    assert services["worker"]["stop_grace_period"] == "10m0s"
    assert services["beat"]["deploy"]["replicas"] == 1
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_the_image_copies_what_the_site_needs() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    elsewhere = {"benchmarks", "docs", "node_modules", "staticfiles", "tests", "var"}
    assert copied == {folder.name for folder in ROOT.glob("[!._]*") if folder.is_dir()} - elsewhere
    allowed = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert allowed == copied | {"requirements.txt", "manage.py", "pyproject.toml"}


@pytest.fixture
def postgres(embedded_site: Site) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(embedded_site.home / "postgres", durable=False)
    server.acquire()
    yield server
    server.release()


@pytest.fixture
def containers(embedded_site: Site, layout: dict[str, Any], postgres: EmbeddedPostgres) -> Iterator["Containers"]:
    site, services = embedded_site, layout["services"]
    make_roles(layout["configs"]["database-roles"]["content"], services["postgres"]["environment"], postgres)
    valkey = EmbeddedValkey(site.home / "valkey")
    socket = site.home / "broker.sock"
    broker = [str(valkey.program()), *services["redis"]["command"][1:]]
    running = subprocess.Popen(
        [*broker, "--port", "0", "--unixsocket", str(socket)], cwd=site.home, stdout=subprocess.DEVNULL
    )
    database = f"@{str(postgres.sockets).replace('/', '%2F')}:5432/cosinter_compose"
    yield Containers(site, services, database, f"unix://:{SECRETS['COSINTER_REDIS_PASSWORD']}@{socket}")
    running.terminate()
    running.wait(20)


def make_roles(script: str, passwords: dict[str, str], postgres: EmbeddedPostgres) -> None:
    """Runs the script that PostgreSQL's image runs, under names that the embedded server does not use yet."""
    for name in ("cosinter_owner", "cosinter_app"):
        script = script.replace(name, f"{name}_compose")
    script = script.replace("DATABASE cosinter ", "DATABASE cosinter_compose ")
    environment = {
        "PATH": f"{postgres.programs()}:{os.environ['PATH']}",
        "PGHOST": str(postgres.sockets),
        "PGPASSWORD": postgres._passwords()["admin"],
        "POSTGRES_USER": "cosinter_admin",
        **{name: passwords[name] for name in ("OWNER_PASSWORD", "APP_PASSWORD")},
    }
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Containers:
    """Runs the commands of services as Compose would, with addresses of servers on this machine."""

    def __init__(self, site: Site, services: dict[str, Any], database: str, broker: str) -> None:
        self.site, self._services, self._database, self._broker = site, services, database, broker

    def start(self, name: str, *other_command: str) -> subprocess.Popen[bytes]:
        """Starts a service, or another program in its container."""
        service = self._services[name]
        command, log = (other_command, other_command[5]) if other_command else (service["command"], name)
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
            "PYTHONUNBUFFERED": "1",
            "COSINTER_HOME": str(self.site.home / "data"),
            "PORT": str(self.site.port),
            **{key: self._here(key, value) for key, value in service["environment"].items()},
        }
        with (self.site.home / f"{log}.log").open("wb") as output:
            return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)

    def output(self, name: str) -> str:
        return (self.site.home / f"{name}.log").read_text()

    def _here(self, key: str, value: str) -> str:
        if key in {"DATABASE_URL", "DATABASE_OWNER_URL"}:
            return re.sub(r"(cosinter_\w+):(.*)@.*", rf"\1_compose:\2{self._database}", value)
        return self._broker if key == "REDIS_URL" else value


def wait_until(true: Callable[[], bool], containers: Containers, name: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, containers.output(name)[-3000:]
        time.sleep(0.2)


def answer(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.read()
    except OSError:
        return b""


def test_every_service_does_its_work(containers: Containers) -> None:
    assert containers.start("migrate").wait(120) == 0, containers.output("migrate")
    running = {name: containers.start(name) for name in ("web", "worker", "beat")}
    address = f"http://localhost:{containers.site.port}/health"
    try:
        wait_until(lambda: b"live" in answer(f"{address}/live"), containers, "web")
        wait_until(lambda: b'"ready"' in answer(f"{address}/ready"), containers, "worker")
        wait_until(lambda: "beat: Starting" in containers.output("beat"), containers, "beat")
        ping = containers.start(
            "worker", "python", "-m", "celery", "-A", "config", "inspect", "ping", "--timeout", "10"
        )
        assert ping.wait(60) == 0, containers.output("inspect")
        assert "pong" in containers.output("inspect")
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: process.wait(60) for name, process in running.items()}
    assert codes == {"web": 0, "worker": 0, "beat": 0}


def test_the_sites_own_role_cannot_change_structure(containers: Containers, postgres: EmbeddedPostgres) -> None:
    assert containers.start("migrate").wait(120) == 0, containers.output("migrate")
    with (
        psycopg.connect(
            host=str(postgres.sockets),
            user="cosinter_app_compose",
            password=SECRETS["COSINTER_APP_PASSWORD"],
            dbname="cosinter_compose",
        ) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DROP TABLE accounts_user")
