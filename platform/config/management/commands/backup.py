"""`manage.py backup`: writes database and files into one archive; the site may run meanwhile."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from config.backup import service
from config.backup.database import DatabaseToolError


class Command(BaseCommand):
    """Backs the site up."""

    help = "Writes database and files into one archive; the site may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the archive goes."""
        parser.add_argument("--to", type=Path, help="the archive (default: COSINTER_HOME/backups/cosinter-TIME.tar)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Writes the archive and says what it holds."""
        target: Path = options["to"] or service.default_target()
        try:
            manifest = service.back_up(target)
        except (FileExistsError, DatabaseToolError) as error:
            raise CommandError(str(error)) from error
        size = sum(member.size for member in manifest.members.values())
        self.stdout.write(f"{target}: the database and {len(manifest.members) - 1} files, {size} bytes")
