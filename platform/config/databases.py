"""Turns database addresses into Django's settings, with the site's own role and the owner's apart.

The site works as one role and migrates as another, so that a fault in it cannot rewrite what must never
change.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config import embedded, environment
from config.embedded.postgres import Role

_SCHEMES = frozenset({"postgresql", "postgres"})


def connection_settings(role: Role) -> dict[str, Any]:
    """Django's settings of the database as one of its two roles."""
    own_server = environment.text("DATABASE_URL") is None
    return {
        "ENGINE": "config.embedded.backend" if own_server else "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **address_settings(embedded.database_url(role)),
    }


def address_settings(url: str) -> dict[str, Any]:
    """The parts of a PostgreSQL address under Django's names.

    Args:
        url: `postgresql://user:password@host:port/name?sslmode=require`; a host that is a folder of sockets
            is percent-encoded.

    Raises:
        SettingError: It is no such address; the message leaves the password out.
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in _SCHEMES or not name:
        raise environment.SettingError(
            f"a database address begins with {parts.scheme or 'nothing'!r} and names the database {name!r}; "
            "it must read postgresql://user:password@host:port/name"
        )
    # urlsplit lowers the case of .hostname, and the path of a socket keeps its own.
    host = parts.netloc.rpartition("@")[2].rpartition(":")[0] if parts.port else parts.netloc.rpartition("@")[2]
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host.strip("[]")),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
