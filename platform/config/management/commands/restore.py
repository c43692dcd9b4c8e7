"""`manage.py restore`: verifies a backup, then puts its records and files in place."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from config.backup import service
from config.backup.archive import ArchiveError
from config.backup.database import DatabaseToolError


class Command(BaseCommand):
    """Restores a backup."""

    help = "Verifies every hash of a backup, then restores its records and files."
    # The tables that checks of models and migrations look for may not be there yet.
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which archive, and whether it may replace something."""
        parser.add_argument("--from", dest="archive", required=True, help="the archive that `backup` wrote")
        parser.add_argument("--force", action="store_true", help="replace the records and files that are there")

    def handle(self, *_: Any, **options: Any) -> None:
        """Restores the archive and says what it held."""
        archive = Path(options["archive"])
        if not archive.is_file():
            raise CommandError(f"there is no backup {options['archive']!r}; FROM=file.tar (--from) names one")
        try:
            manifest = service.restore(archive, force=options["force"])
        except (
            ArchiveError,
            DatabaseToolError,
            service.TargetNotEmptyError,
            service.SiteRunsError,
        ) as error:
            raise CommandError(str(error)) from error
        held = f"the database and {len(manifest.members) - 1} files of {manifest.created_at}"
        self.stdout.write(f"restored {held}")
