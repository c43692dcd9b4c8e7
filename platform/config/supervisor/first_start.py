"""What a site needs before its first request: its tables, an account, its static files, the demo lab.

Each step looks whether it is done already, so that every start runs all of them and a later one is quick.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands

from config import environment
from config.readiness import first_start_file

ADMIN = "admin"


def password_file() -> Path:
    """Where the first account's generated password is kept."""
    return Path(settings.HOME) / "admin-password"


def create_first_account() -> str | None:
    """Creates the account `admin` where nobody can administer the site yet.

    Returns:
        The generated password if one was generated now, to be shown once.
    """
    people = get_user_model().objects
    if people.filter(is_superuser=True).exists():
        return None
    given = environment.text("COSINTER_ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    if not given:
        _write_secret(password_file(), password)
    people.create_superuser(ADMIN, "", password)
    return None if given else password


def collect_static_files() -> None:
    """Copies and compresses scripts and styles, if any changed since the last time."""
    fingerprint = _static_fingerprint()
    stamp = Path(settings.STATIC_ROOT) / ".fingerprint"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(fingerprint, encoding="utf-8")


def demo_is_wanted() -> bool:
    """True if the demo lab has to be loaded: at the first start, or where a first start was interrupted."""
    wanted = environment.flag("COSINTER_DEMO") and "load_demo" in get_commands()
    if wanted and not _demo_stamp().exists():
        first_start_file().touch()
    return wanted and first_start_file().exists()


def note_demo_is_loaded() -> None:
    """Remembers that the first start is done."""
    _demo_stamp().touch()
    first_start_file().unlink(missing_ok=True)


def _demo_stamp() -> Path:
    return Path(settings.HOME) / "demo-loaded"


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _write_secret(file: Path, secret: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(secret + "\n")
