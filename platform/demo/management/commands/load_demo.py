"""`manage.py load_demo`: a laboratory to look at. Safe to run twice."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo import lab


class Command(BaseCommand):
    """Loads the demo lab; the workers read and analyse its files."""

    help = "Load the demo lab: facts of one paper, and simulated files that say so. Safe to run twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds `--wait`."""
        parser.add_argument(
            "--wait", type=float, default=0, metavar="SECONDS", help="wait until everything is analysed"
        )

    def handle(self, *, wait: float, **_: Any) -> None:
        """Loads, and waits where asked to.

        Raises:
            CommandError: The workers were not done in time.
        """
        project = lab.load()
        deadline = time.monotonic() + wait
        while wait and (left := lab.unfinished()):
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{left} readings and runs of the demo lab are unfinished after {wait:g} s; is a worker alive?"
                )
            time.sleep(0.2)
        self.stdout.write(f"The project “{project}” is loaded.")
