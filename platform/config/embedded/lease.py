"""Servers that several processes share: the first to come starts one, the last to go stops it.

A lease is a shared lock on a file, so it ends with its process, however that process ends: a killed client
neither keeps a server running for ever nor takes it from the others.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, with its closing zero.
LONGEST_SOCKET_PATH = 100


class EmbeddedServerError(RuntimeError):
    """An embedded server could not be started; the message says why and what would help."""


class LeasedServer(ABC):
    """One server process below one folder, shared by all processes that hold a lease.

    Args:
        folder: Where the server keeps everything; made on first use.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lease: IO[bytes] | None = None

    @abstractmethod
    def is_up(self) -> bool:
        """True if the server answers."""

    @abstractmethod
    def _start(self) -> None:
        """Starts the server and waits until it answers; called with the folder locked."""

    @abstractmethod
    def _stop(self) -> None:
        """Stops the server and waits until it is gone; called with the folder locked."""

    def acquire(self) -> None:
        """Takes a lease, once per process, and makes sure that the server runs.

        Raises:
            EmbeddedServerError: It does not start.
        """
        with self._locked():
            lease = self._lease or (self.folder / ".lease").open("ab")
            try:
                fcntl.flock(lease, fcntl.LOCK_SH)
                if not self.is_up():
                    self._start()
            except BaseException:
                if lease is not self._lease:
                    lease.close()
                raise
            self._lease = lease

    def release(self) -> bool:
        """Gives the lease back and stops the server if nobody else holds one.

        Returns:
            True if the server was stopped.
        """
        if self._lease is None:
            return False
        with self._locked(), self._lease as lease:
            self._lease = None
            fcntl.flock(lease, fcntl.LOCK_UN)
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._stop()
            return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def shared_secrets(file: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Random passwords that are made once and kept in a file only its owner can read.

    Two processes that ask at the same time get the same answer: the file appears whole or not at all.

    Args:
        file: Where they are kept, as JSON.
        names: What to make a password for.

    Returns:
        The password of each name.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=".new-", encoding="utf-8") as draft:
            json.dump({name: secrets.token_urlsafe(48) for name in names}, draft)
            draft.flush()
            os.fsync(draft.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, file)
    content: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return content


def socket_folder(folder: Path, socket_name: str) -> Path:
    """Where a server's socket goes: its own folder, or one below /tmp where that path would be too long."""
    if len(os.fsencode(folder / socket_name)) <= LONGEST_SOCKET_PATH:
        return folder
    tag = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cosinter-{os.geteuid()}-{tag}"
