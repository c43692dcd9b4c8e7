"""`manage.py search_index`: compares the side table of the query language with the records, or makes it anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.install import differences, rebuild
from search.reference import markdown


class Command(BaseCommand):
    """Checks or rebuilds what queries are answered from."""

    help = "Compares the side table of the query language with the records; --rebuild makes it anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds --rebuild."""
        parser.add_argument("--rebuild", action="store_true", help="Make all values anew; writers wait meanwhile.")
        parser.add_argument("--reference", action="store_true", help="Print docs/reference/query.md.")

    def handle(self, *args: Any, rebuild: bool, reference: bool, **options: Any) -> None:
        """Prints what was found.

        Raises:
            CommandError: The side table is not in step with the records.
        """
        if reference:
            self.stdout.write(markdown(), ending="")
            return
        if rebuild:
            self.stdout.write(f"{_rebuilt()} values were made anew.")
            return
        found = differences()
        if found:
            lines = [f"{one.feed}: {one.missing} values are missing, {one.left_over} are too many" for one in found]
            raise CommandError("\n".join((*lines, "Run search_index --rebuild, and report how it came about.")))
        self.stdout.write("The side table is in step with the records.")


def _rebuilt() -> int:
    return rebuild()
