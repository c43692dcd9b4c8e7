"""A whole site whose every part a test can kill: its own servers, web, worker and beat as real processes.

Leases, sweeps and limits are short here through the settings that administrators use. Nothing of the site is replaced:
tests act from outside, with signals, files, SQL and HTTP.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from config.embedded.postgres import EmbeddedPostgres
from config.embedded.valkey import EmbeddedValkey
from tests.config.conftest import ROOT, free_port, own_environment

LEASE, SWEEP = 3, 1
PATIENCE_SECONDS = 90.0
PLUGIN = Path(__file__).with_name("faulty.py")
ENTRY_POINTS = "[cosinter.readers]\nfaulty = faulty:READER\n[cosinter.kernels]\nfaulty = faulty:KERNEL\n"
PREPARE = """
from accounts import writing
from accounts.models import User
from accounts.services import create_project, create_token
from samples.models import Sample
admin = User.objects.create_superuser("ada", password="password")
project = create_project(actor=admin, slug="faults", name="Faults")
sample = writing.create(Sample(project=project, code="S-1", kind="powder"), actor=admin)
print(sample.pk, create_token(user=admin, name="tests")[1])
"""


@dataclass
class Part:
    """A part of the site: a process that leads a group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path
    killed: bool = False

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the part and all processes it forked."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """Ends all of it as a power cut would."""
        if not self.killed:  # once only: its number may belong to somebody else by now
            self.killed = True
            self.send(signal.SIGKILL)
            self.process.wait()

    def kill_process_above(self, process: int) -> None:
        """Kills the one of its processes that forked another one, as the system does when memory runs out."""
        above = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        assert os.getpgid(above) == self.process.pid, f"process {above} is not one of {self.name}"
        os.kill(above, signal.SIGKILL)

    def alive(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self.output.read_text(errors="replace")


@dataclass
class Order:
    """A file that tells the plug-in how to misbehave, and what it did."""

    marks: Path
    content: bytes
    name: str = "order.fault"

    def starts(self, stage: str) -> list[tuple[int, int]]:
        """For each start of a stage its process and the one that forked it."""
        file = self.marks / f"{stage}.starts"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(int(own), int(parent)) for own, parent in map(str.split, lines)]

    def let_go(self, stage: str) -> None:
        """Ends the waiting of a stage."""
        (self.marks / f"{stage}.go").touch()


@dataclass
class Lab:
    """The site, its servers and its running parts."""

    home: Path
    environment: dict[str, str]
    port: int
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    sample: str = ""
    token: str = ""
    parts: list[Part] = field(default_factory=list)

    # Parts

    def start(self, name: str, **environment: str) -> Part:
        """Starts a part with the command that people and containers use, to end with this test session."""
        output = self.home / f"{name}-{len(self.parts)}.log"
        with output.open("wb") as log:
            tied = [sys.executable, "-m", "config.supervisor.tied", str(int(signal.SIGKILL)), str(os.getpid())]
            process = subprocess.Popen(
                [*tied, sys.executable, "manage.py", "part", name],
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )
        self.parts.append(Part(name, process, output))
        return self.parts[-1]

    def worker(self) -> Part:
        """A living worker that takes messages: the one that runs, else a new one."""
        return self.new_worker() if (found := self.living("worker")) is None else found

    def new_worker(self, **environment: str) -> Part:
        """A further worker, ready to take messages."""
        part = self.start("worker", **environment)
        until(lambda: "ready." in part.said() or not part.alive(), "a worker is ready", part.said)
        assert part.alive(), part.said()
        return part

    def living(self, name: str) -> Part | None:
        return next((part for part in self.parts if part.name == name and part.alive()), None)

    def tend(self) -> None:
        """Starts a worker again that ended by itself, as the supervisor does: Celery's may when its broker dies."""
        for part in self.parts:
            if part.name == "worker" and not part.killed and not part.alive():
                part.kill()
                self.start("worker")

    def no_worker(self) -> None:
        """Ends every worker at once."""
        for part in self.parts:
            if part.name == "worker" and part.alive():
                part.kill()

    def start_web(self) -> Part:
        """The web server, answering."""
        part = self.start("web")
        until(lambda: self.request("GET", "/health/live")[0] == 200, "the web server answers", part.said)
        return part

    def python(self, code: str, **environment: str) -> str:
        """Runs Python code inside the site and returns what it prints."""
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
        done = subprocess.run(
            command, env=self.environment | environment, cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    # Servers

    def stop_postgres(self) -> None:
        """Ends PostgreSQL as a crash does: connections break, nothing is written down in order."""
        process = int((self.postgres.data / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGQUIT)
        until(lambda: not Path(f"/proc/{process}").exists(), "PostgreSQL is gone")

    def kill_broker(self) -> None:
        with self.broker() as client:
            process = client.info("server")["process_id"]
        os.kill(process, signal.SIGKILL)
        until(lambda: not self.valkey.is_up(), "the broker is gone")

    def broker(self) -> Any:
        return self.valkey._client()

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the database, as its owner."""
        with psycopg.connect(self.postgres.url("owner"), row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[Callable[[], bool]]:
        """Lets nobody write into a table; gives a function that says whether somebody waits to."""
        with psycopg.connect(self.postgres.url("owner")) as connection:
            connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(table)))
            waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
            yield lambda: bool(self.rows(waits, table))
            connection.rollback()

    # What a person does

    def order(self, **what: Any) -> Order:
        """A new file for the plug-in, with bytes of its own from the start: none is a version of another."""
        number = uuid4().hex
        marks = self.home / "marks" / number
        marks.mkdir(parents=True)
        return Order(marks, b"FAULT\n" + json.dumps({"number": number, "marks": str(marks), **what}).encode() + b"\n")

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, Any]:
        """Status and JSON of an answer; status 0 where there is none."""
        headers = {"Authorization": f"Token {self.token}", "Content-Type": kind}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body or None, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, _json(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _json(error.read())
        except OSError:
            return 0, None

    def upload(self, order: Order) -> tuple[int, Any]:
        """Uploads a file for the lab's sample."""
        body, kind = self.form(order)
        return self.request("POST", "/api/v1/files/", body, kind)

    def form(self, order: Order) -> tuple[bytes, str]:
        """An upload as browsers send it."""
        edge = "edge-of-a-part"
        disposition = "Content-Disposition: form-data; name"
        head = (
            f'--{edge}\r\n{disposition}="sample"\r\n\r\n{self.sample}\r\n--{edge}\r\n{disposition}="file"; filename="'
        )
        head += f'{order.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        return head.encode() + order.content + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"

    def received(self, order: Order) -> "Upload":
        """The upload of a file, which must be taken."""
        status, answer = self.upload(order)
        assert status == 201, answer
        return Upload(self, order, answer["file"]["id"], answer["measurement"]["id"])


@dataclass
class Upload:
    """A file in the site, and what has become of it."""

    lab: Lab
    order: Order
    file: str
    measurement: str

    def reading(self) -> dict[str, Any]:
        return self.lab.rows("SELECT * FROM measurements_filereading WHERE file_id = %s", self.file)[0]

    def runs(self) -> list[dict[str, Any]]:
        query = "SELECT * FROM analysis_tasks_analysisrun WHERE measurement_id = %s ORDER BY queued_at"
        return self.lab.rows(query, self.measurement)

    def run(self) -> dict[str, Any]:
        """The only run, empty where there is none yet."""
        found = self.runs()
        assert len(found) < 2, found
        return found[0] if found else {"state": "none"}

    def until_started(self, stage: str, times: int = 1) -> int:
        """Waits until a stage has started so many times; returns the process of the last."""
        self._until(lambda: len(self.order.starts(stage)) >= times, f"{stage} starts")
        return self.order.starts(stage)[-1][0]

    def until_reading(self, state: str) -> dict[str, Any]:
        self._until(lambda: self.reading()["state"] == state, f"the reading is {state}")
        return self.reading()

    def until_run(self, state: str) -> dict[str, Any]:
        self._until(lambda: self.run()["state"] == state, f"the run is {state}")
        return self.run()

    def is_done_once(self) -> None:
        """Waits for the end, then counts everything: one of each, whatever happened on the way."""
        self.until_run("succeeded")
        assert [
            row["state"]
            for row in self.lab.rows("SELECT state FROM measurements_filereading WHERE file_id = %s", self.file)
        ] == ["succeeded"]
        for statement in (
            "SELECT id FROM measurements_dataset WHERE file_id = %s",
            "SELECT t.id FROM measurements_datasettable t JOIN measurements_dataset d ON d.id = t.dataset_id"
            " WHERE d.file_id = %s",
        ):
            assert len(self.lab.rows(statement, self.file)) == 1
        run = self.run()["id"]
        values = self.lab.rows("SELECT value FROM analysis_tasks_result WHERE run_id = %s", run)
        assert [row["value"] for row in values] == [3.0]
        assert len(self.lab.rows("SELECT id FROM analysis_tasks_artifact WHERE run_id = %s", run)) == 1
        slots = self.lab.rows(
            "SELECT current_run_id FROM analysis_tasks_slot WHERE measurement_id = %s", self.measurement
        )
        assert [slot["current_run_id"] for slot in slots] == [run]

    def _until(self, true: Callable[[], bool], what: str) -> None:
        def seen() -> bool:
            self.lab.tend()
            return true()

        until(seen, what, lambda: json.dumps([self.reading(), *self.runs()], default=str, indent=1) + self.lab_said())

    def lab_said(self) -> str:
        return "".join(f"\n--- {part.output.name}\n{part.said()[-3000:]}" for part in self.lab.parts[-4:])


def until(true: Callable[[], bool], what: str, say: Callable[[], str] = str, seconds: float = PATIENCE_SECONDS) -> None:
    """Waits until something is true, and says what it saw where that takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:g} s until {what}\n{say()}"
        time.sleep(0.05)


def is_gone(process: int) -> bool:
    """Whether a process has ended; a zombie that nobody has waited for has."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


@contextlib.contextmanager
def running_lab() -> Iterator[Lab]:
    """A site with its servers, web and beat; workers are up to the tests."""
    home = Path(tempfile.mkdtemp(prefix="cosinter-faults-"))
    home.chmod(0o755)
    environment = own_environment(home) | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform"), str(_install_plugin(home))]),
        "PORT": str(port := free_port()),
        "COSINTER_LEASE_SECONDS": str(LEASE),
        "COSINTER_SWEEP_SECONDS": str(SWEEP),
        "COSINTER_WEB_PROCESSES": "1",
        "COSINTER_WORKER_PROCESSES": "2",
        "COSINTER_JOB_SECONDS": "120",
    }
    postgres, valkey = EmbeddedPostgres(home / "postgres"), EmbeddedValkey(home / "valkey")
    environment |= {  # by address, so that no part brings a dead server back by itself
        "DATABASE_URL": postgres.url("app"),
        "DATABASE_OWNER_URL": postgres.url("owner"),
        "REDIS_URL": valkey.url(),
    }
    lab = Lab(home, environment, port, postgres, valkey)
    try:
        postgres.acquire()
        valkey.acquire()
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, cwd=ROOT, check=True)
        lab.sample, lab.token = lab.python(PREPARE).split()
        lab.start("beat")
        lab.start_web()
        yield lab
    finally:
        for part in lab.parts:
            part.kill()
        postgres.acquire()
        postgres.release()
        valkey.acquire()
        valkey.release()
        shutil.rmtree(home)


def _install_plugin(home: Path) -> Path:
    """Puts the plug-in beside the site, as an installer would: a module and its description."""
    folder = home / "plugins"
    described = folder / "faulty-1.0.dist-info"
    described.mkdir(parents=True)
    shutil.copy(PLUGIN, folder / PLUGIN.name)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


def _json(body: bytes) -> Any:
    return json.loads(body) if re.match(rb"\s*[\[{]", body) else body.decode(errors="replace")
