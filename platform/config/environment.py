"""Every environment variable that Cosinter reads, in one table, with typed access to their values.

Settings and commands read the environment only through this module; docs/reference/settings.md is written
from the same table (`python -m config.environment`), so that no setting is undocumented.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]

Kind = Literal["text", "secret", "url", "path", "number", "flag", "list"]
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class SettingError(ValueError):
    """An environment variable holds a value that its kind does not allow."""


@dataclass(frozen=True)
class Setting:
    """One environment variable.

    Attributes:
        name: Name of the variable.
        kind: What its text must be; `flag` is one of 1/true/yes/on and 0/false/no/off, `list` is separated by
            commas.
        default: Text used where the variable is unset or empty; None where there is no value without it.
        meaning: One sentence for the reference page.
        shown_default: What the reference page says instead of `default`, where that needs words.
        group: Heading of the reference page.
    """

    name: str
    kind: Kind
    default: str | None
    meaning: str
    group: str
    shown_default: str = ""


_SERVERS, _WEB, _WORK, _START, _LOG = "Servers and files", "Web", "Background work", "First start", "Logging"
_MAIL = "E-mail"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "COSINTER_HOME",
        "path",
        "var",
        "Folder of everything the site keeps: files, embedded servers, generated secrets. "
        "A relative path starts at the checkout.",
        _SERVERS,
    ),
    Setting(
        "DATABASE_URL",
        "url",
        None,
        "PostgreSQL 15 or newer as the role that the site works as: `postgresql://user:password@host:port/name`.",
        _SERVERS,
        "the embedded server",
    ),
    Setting(
        "DATABASE_OWNER_URL",
        "url",
        None,
        "The role that owns the tables and runs migrations, so that the site itself cannot change what must "
        "not change.",
        _SERVERS,
        "the embedded server's owner, or DATABASE_URL where that is set",
    ),
    Setting(
        "REDIS_URL",
        "url",
        None,
        "Redis or Valkey that carries task messages, as `redis://`, `rediss://` or `unix://`.",
        _SERVERS,
        "the embedded server",
    ),
    Setting(
        "COSINTER_PG_BIN",
        "path",
        None,
        "Folder of the PostgreSQL programs that the embedded server and the backup use.",
        _SERVERS,
        "the installed wheel, else the system's",
    ),
    Setting("PORT", "number", "8000", "Port of the web server that `make run` starts.", _WEB),
    Setting(
        "COSINTER_BIND",
        "text",
        "127.0.0.1",
        "Address that `make run` listens on; `0.0.0.0` lets other machines in.",
        _WEB,
    ),
    Setting(
        "COSINTER_ALLOWED_HOSTS",
        "list",
        "localhost,127.0.0.1,[::1]",
        "Host names under which the site may be called.",
        _WEB,
    ),
    Setting(
        "COSINTER_TRUSTED_ORIGINS",
        "list",
        None,
        "Origins such as `https://lab.example.org` whose forms are accepted, needed behind a proxy.",
        _WEB,
        "none",
    ),
    Setting(
        "COSINTER_SITE_URL",
        "url",
        None,
        "Address under which people open the site, such as `https://lab.example.org`: with it begin links in e-mails, "
        "invitations, shared tables and the codes on labels.",
        _WEB,
        "the first of COSINTER_TRUSTED_ORIGINS, else the address by which a request came",
    ),
    Setting(
        "COSINTER_HTTPS",
        "flag",
        "no",
        "A proxy serves the site by https and sets X-Forwarded-Proto: secure cookies, redirect, HSTS.",
        _WEB,
    ),
    Setting(
        "COSINTER_SECRET_KEY",
        "secret",
        None,
        "Key that signs sessions.",
        _WEB,
        "generated once into COSINTER_HOME/secret-key",
    ),
    Setting(
        "COSINTER_DEBUG",
        "flag",
        "no",
        "Django's debug pages; never on a machine that others can reach.",
        _WEB,
    ),
    Setting("COSINTER_MAX_UPLOAD", "number", "21474836480", "Largest file that is taken, in bytes (20 GiB).", _WEB),
    Setting(
        "COSINTER_REQUESTS_PER_MINUTE",
        "number",
        "1200",
        "REST requests that one person may make in a minute; an address without a sign-in a tenth of it.",
        _WEB,
    ),
    Setting("COSINTER_WEB_PROCESSES", "number", "2", "Processes of the web server.", _WEB),
    Setting("COSINTER_WEB_THREADS", "number", "8", "Threads in each process of the web server.", _WEB),
    Setting(
        "COSINTER_WORKER_PROCESSES",
        "number",
        None,
        "Processes of one Celery worker.",
        _WORK,
        "one per processor, at least 2, at most 8",
    ),
    Setting(
        "COSINTER_JOB_SECONDS",
        "number",
        "1500",
        "Longest time in seconds that reading a file or running a kernel may take before it is stopped.",
        _WORK,
    ),
    Setting(
        "COSINTER_JOB_MEMORY_MIB",
        "number",
        "6144",
        "Most memory in MiB that reading a file or running a kernel may take before it is stopped.",
        _WORK,
    ),
    Setting(
        "COSINTER_KERNEL_LIMITS",
        "list",
        None,
        "Other limits for single kernels, as `name=seconds/MiB`: `cycling.capacity=600/2048`.",
        _WORK,
        "none",
    ),
    Setting(
        "COSINTER_LEASE_SECONDS",
        "number",
        "60",
        "How long a worker may be silent before its jobs are given to another. It gives a sign of life twelve times "
        "in this time, and notices then that a job was cancelled.",
        _WORK,
    ),
    Setting(
        "COSINTER_SWEEP_SECONDS",
        "number",
        "20",
        "How often it is looked for jobs whose message was lost or whose worker died.",
        _WORK,
    ),
    Setting(
        "COSINTER_ADMIN_PASSWORD",
        "secret",
        None,
        "Password of the first account, `admin`.",
        _START,
        "random, kept in COSINTER_HOME/admin-password",
    ),
    Setting(
        "COSINTER_MAIL_SERVER",
        "url",
        None,
        "Mail server for invitations and notices: `smtp://user:password@host:587` (STARTTLS) or `smtps://...:465`.",
        _MAIL,
        "none; links are shown to copy",
    ),
    Setting(
        "COSINTER_MAIL_FROM",
        "text",
        "cosinter@localhost",
        "Sender of these messages, where there is a mail server.",
        _MAIL,
    ),
    Setting("COSINTER_DEMO", "flag", "yes", "Load the demo lab when `make run` starts for the first time.", _START),
    Setting("COSINTER_LOG_LEVEL", "text", "INFO", "Least level of log lines that are written.", _LOG),
    Setting("COSINTER_LOG_FORMAT", "text", "console", "`console` for people, `json` for collectors.", _LOG),
)

_BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def text(name: str) -> str | None:
    """The text of a setting, or its default.

    Raises:
        KeyError: The table of settings does not list that name.
    """
    return os.environ.get(name) or _BY_NAME[name].default


def required_text(name: str) -> str:
    """The text of a setting that has a default or must be set.

    Raises:
        SettingError: It has neither.
    """
    value = text(name)
    if value is None:
        raise SettingError(f"{name} is not set; it must be: {_BY_NAME[name].meaning}")
    return value


def number(name: str) -> int:
    """The whole number of a setting.

    Raises:
        SettingError: The text is not a whole number of at least 1.
    """
    value = required_text(name)
    if not value.isdecimal() or int(value) < 1:
        raise SettingError(f"{name} is {value!r}; it must be a whole number of at least 1")
    return int(value)


def flag(name: str) -> bool:
    """The truth of a setting.

    Raises:
        SettingError: The text is none of the words that mean yes or no.
    """
    value = required_text(name).lower()
    if value not in _TRUE | _FALSE:
        raise SettingError(f"{name} is {value!r}; it must be one of {', '.join(sorted(_TRUE | _FALSE))}")
    return value in _TRUE


def words(name: str) -> list[str]:
    """The parts of a setting that are separated by commas."""
    return [part.strip() for part in (text(name) or "").split(",") if part.strip()]


def limits(name: str) -> dict[str, tuple[float, int]]:
    """Seconds and bytes by kernel, of a setting that lists `name=seconds/MiB`.

    Raises:
        SettingError: A part reads otherwise.
    """
    found = {}
    for part in words(name):
        match = re.fullmatch(r"([\w.]+)=([1-9]\d*)/([1-9]\d*)", part)
        if match is None:
            raise SettingError(f"{name} holds {part!r}; each part must read name=seconds/MiB")
        found[match[1]] = (float(match[2]), int(match[3]) << 20)
    return found


def address(name: str) -> str:
    """The web address of a setting, without a slash at its end; empty where it is not set.

    Raises:
        SettingError: It does not begin with http:// or https://, or goes on after the host and port.
    """
    value = (text(name) or "").rstrip("/")
    if value and not re.fullmatch(r"https?://[^/?#@\s]+", value):
        raise SettingError(f"{name} is {value!r}; it must read https://host or http://host:port, with nothing after it")
    return value


def path(name: str) -> Path | None:
    """The absolute path of a setting; a relative one starts at the checkout."""
    value = text(name)
    return None if value is None else (ROOT / Path(value).expanduser()).absolute()


def home() -> Path:
    """Folder of everything the site keeps, made on first use and closed to other users."""
    folder = path("COSINTER_HOME")
    if folder is None:
        raise SettingError("COSINTER_HOME has no value")
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def reference() -> str:
    """The reference page of all settings, as Markdown."""
    lines = [
        "# Settings",
        "",
        "Cosinter is configured by environment variables only. This page is written by",
        "`PYTHONPATH=platform python -m config.environment`; a test compares it with the code.",
    ]
    for group in dict.fromkeys(setting.group for setting in SETTINGS):
        lines += ["", f"## {group}", "", "| variable | kind | default | meaning |", "|---|---|---|---|"]
        for setting in SETTINGS:
            if setting.group == group:
                default = setting.shown_default or f"`{setting.default}`"
                lines.append(f"| `{setting.name}` | {setting.kind} | {default} | {setting.meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "reference").mkdir(parents=True, exist_ok=True)
    (ROOT / "docs" / "reference" / "settings.md").write_text(reference(), encoding="utf-8")
