"""`manage.py part web|worker|beat`: becomes one part of the site, for a machine or container of its own."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from config import environment
from config.supervisor import parts


class Command(BaseCommand):
    """Runs one part of the site instead of this process."""

    help = "Becomes one part of the site: the web server, a worker, or the clock."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which part."""
        parser.add_argument("name", choices=("web", "worker", "beat"))

    def handle(self, *_: Any, **options: Any) -> None:
        """Replaces this process by the part, with the same command as under `manage.py up`."""
        if options["name"] == "web":
            bind, port = environment.required_text("COSINTER_BIND"), environment.number("PORT")
            part = parts.web(bind=bind, port=port)
        else:
            part = {"worker": parts.worker, "beat": parts.beat}[options["name"]]()
        os.execve(part.command[0], list(part.command), dict(part.environment))  # noqa: S606  # no shell
