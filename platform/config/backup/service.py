"""Backs up and restores a whole site: the database first, then its files.

Files are stored by the hash of their content and only ever added, so a file that the dumped database names is there
when the files are copied afterwards, even while the site runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from config.backup import database
from config.backup.archive import DATABASE, FILES, ArchiveWriter, Manifest, extract, verify

_UNFINISHED = {"incoming"}
"""Folders of uploads that are still arriving."""


class TargetNotEmptyError(Exception):
    """There are records or files where a backup should be restored."""


class SiteRunsError(Exception):
    """The site runs while a backup should be restored."""


def default_target() -> Path:
    """Where a backup goes if nobody says."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return Path(settings.HOME) / "backups" / f"cosinter-{stamp}.tar"


def back_up(target: Path) -> Manifest:
    """Writes a backup of the site, which may run meanwhile; the archive appears whole or not at all.

    Args:
        target: The archive; its folder is made.

    Returns:
        What the archive holds.

    Raises:
        FileExistsError: There is something at `target`.
        DatabaseToolError: The database could not be dumped.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists already; a backup never replaces a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        dump = Path(folder, DATABASE)
        manifest = Manifest(created_at=datetime.now(UTC).isoformat(), postgresql=database.dump(dump))
        draft = Path(folder, "draft.tar")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as handle:
            writer = ArchiveWriter(handle, manifest)
            writer.add(DATABASE, dump)
            for file in _stored_files():
                writer.add(f"{FILES}/{file.relative_to(settings.MEDIA_ROOT).as_posix()}", file)
            writer.finish()
            handle.flush()
            os.fsync(handle.fileno())
        os.link(draft, target)
    return manifest


def restore(archive: Path, *, force: bool) -> Manifest:
    """Replaces the site's records and files with those of a backup, after every hash was found right.

    Args:
        archive: What `back_up` wrote.
        force: Replace records and files that are there.

    Returns:
        What was restored.

    Raises:
        ArchiveError: The archive is damaged; nothing was changed.
        TargetNotEmptyError: There is something to lose and `force` is false.
        SiteRunsError: `manage.py up` runs with the same home.
        DatabaseToolError: The database could not be restored.
    """
    manifest = verify(archive)
    files = Path(settings.MEDIA_ROOT)
    with _site_is_stopped(), tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.HOME) as folder:
        if not force:
            _require_empty(files)
        extract(archive, manifest, Path(folder))
        if not database.is_empty():
            database.clear()
        database.restore(Path(folder, DATABASE))
        if files.exists():
            shutil.rmtree(files)
        restored = Path(folder, FILES)
        restored.mkdir(exist_ok=True)
        files.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(restored, files)
    call_command("migrate", interactive=False, verbosity=0)  # an older backup is brought up to date
    return manifest


def _stored_files() -> Iterator[Path]:
    for place, folders, names in os.walk(settings.MEDIA_ROOT):
        folders[:] = sorted(set(folders) - _UNFINISHED)
        for name in sorted(names):
            yield Path(place, name)


def _require_empty(files: Path) -> None:
    if not database.is_empty():
        raise TargetNotEmptyError("the database holds tables; FORCE=1 (--force) replaces everything in it")
    if any(True for _ in _stored_files()):
        raise TargetNotEmptyError(f"{files} holds files; FORCE=1 (--force) replaces them")


@contextlib.contextmanager
def _site_is_stopped() -> Iterator[None]:
    with (Path(settings.HOME) / ".up-lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SiteRunsError(f"the site of {settings.HOME} runs; stop it before restoring") from error
        yield
