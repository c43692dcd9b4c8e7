"""`manage.py search_index`: compares the side table of queries with the records, mends it or makes it anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.install import Difference, differences, mend, rebuild
from search.reference import markdown


class Command(BaseCommand):
    """Checks, mends or rebuilds what queries are answered from."""

    help = "Compares the side table of the query language with the records; --mend and --rebuild make it anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds --mend, --rebuild and --reference."""
        parser.add_argument(
            "--mend", action="store_true", help="Make what is out of step anew; writers wait meanwhile."
        )
        parser.add_argument("--rebuild", action="store_true", help="Make all values anew; writers wait meanwhile.")
        parser.add_argument("--reference", action="store_true", help="Print docs/reference/query.md.")

    def handle(self, *args: Any, mend: bool, rebuild: bool, reference: bool, **options: Any) -> None:
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
        found = _mended() if mend else differences()
        lines = [str(one) for one in found]
        if mend and found:
            self.stdout.write("\n".join((*lines, "This was mended. Report how it came about.")))
            return
        if found:
            raise CommandError("\n".join((*lines, "Run search_index --mend, and report how it came about.")))
        self.stdout.write("The side table is in step with the records.")


def _mended() -> list[Difference]:
    return mend()


def _rebuilt() -> int:
    return rebuild()
