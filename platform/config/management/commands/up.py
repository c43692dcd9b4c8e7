"""`manage.py up`: starts the whole site on this machine and keeps it running until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import socket
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connection

from config import embedded, environment
from config.supervisor import first_start, parts
from config.supervisor.child import Child, say
from config.supervisor.supervisor import NAME, Health, Supervisor

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Where to reach a server that listens on every address."""


class Command(BaseCommand):
    """Starts servers, web, worker and beat; Ctrl-C stops all of them."""

    help = "Starts the whole site on this machine; Ctrl-C stops it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The address to listen on, where the environment should not decide."""
        parser.add_argument("--port", type=int, help="port of the web server (default: PORT, else 8000)")
        parser.add_argument("--bind", help="address to listen on (default: COSINTER_BIND, else 127.0.0.1)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Prepares the site, runs it, and returns when it has stopped."""
        port: int = options["port"] or environment.number("PORT")
        bind: str = options["bind"] or environment.required_text("COSINTER_BIND")
        with _only_one():
            _require_free(bind, port)
            servers = embedded.embedded_servers()
            try:
                embedded.start(*servers)
            except embedded.EmbeddedServerError as error:
                raise CommandError(str(error)) from error
            password = self._prepare()
            Supervisor(
                children=_children(bind, port),
                servers=servers,
                health=Health(_LOOPBACK.get(bind, bind), port, _host()),
                when_ready=lambda: _announce(bind, port, password),
                when_finished=lambda _: first_start.note_demo_is_loaded(),
            ).run()
            for server in reversed(servers):
                server.release()
            say(NAME, "stopped")

    def _prepare(self) -> str | None:
        say(NAME, "migrating the database")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"the database cannot be used: {str(error).strip()}") from error
        password = first_start.create_first_account()
        connection.close()
        say(NAME, "collecting static files")
        first_start.collect_static_files()
        return password


def _children(bind: str, port: int) -> list[Child]:
    children = [parts.web(bind=bind, port=port), parts.worker(), parts.beat()]
    if first_start.demo_is_wanted():
        children.append(parts.command("demo", "load_demo", "--wait", "600"))
    return children


def _announce(bind: str, port: int, password: str | None) -> None:
    host = "localhost" if bind in {*_LOOPBACK, "127.0.0.1"} else bind
    say(NAME, f"ready at http://{host}:{port}/")
    if password:
        say(NAME, f"sign in as {first_start.ADMIN} with the password {password}")
        say(NAME, f"it is kept in {first_start.password_file()} and not shown again")
    elif first_start.password_file().exists():
        say(NAME, f"sign in as {first_start.ADMIN}; the password is in {first_start.password_file()}")
    else:
        say(NAME, f"sign in as {first_start.ADMIN}")


def _host() -> str:
    """A host name that the site answers to."""
    names = [name for name in settings.ALLOWED_HOSTS if name != "*"]
    return names[0].lstrip(".") if names else "localhost"


def _require_free(bind: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise CommandError(f"cannot listen on {bind}:{port} ({error.strerror}); choose another PORT") from error


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    with (settings.HOME / ".up-lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"the site of {settings.HOME} runs already; COSINTER_HOME names another") from error
        yield
