"""`manage.py export_crate`: a comparison, a cell, a sample or a measurement with its provenance as one zip file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from provenance.exports.crate import TooLargeForCrateError, crate_pieces, select
from provenance.graph import Kind
from provenance.selectors import NoSuchRecordError, TooMuchError

_CHOICES = ("comparison", "cell", "sample", "measurement", "run")


class Command(BaseCommand):
    """Whoever may run commands on the server sees everything, unless a person is named."""

    help = "Write a Process Run Crate (RO-Crate 1.1): files, hashes, runs with their numbers, and the lineage in PROV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds what to export, and where to."""
        what = parser.add_mutually_exclusive_group(required=True)
        for choice in _CHOICES:
            key = "its slug or id" if choice == "comparison" else "its id"
            what.add_argument(f"--{choice}", metavar="KEY", help=f"a {choice}, by {key}")
        parser.add_argument("--to", required=True, type=Path, metavar="FILE.zip", help="the file to write")
        parser.add_argument("--user", metavar="NAME", help="only what this person may see")
        parser.add_argument("--license", default="", metavar="URL", help="licence that the data are given under")

    def handle(self, *, to: Path, user: str | None, **options: Any) -> None:
        """Writes the file.

        Raises:
            CommandError: There is no such record or person, or the file cannot be written.
        """
        kind = next(choice for choice in _CHOICES if options[choice])
        try:
            selection = select(Kind(kind), options[kind], _who(user))
            with to.open("wb") as file:
                for piece in crate_pieces(selection, licence=options["license"]):
                    file.write(piece)
        except (NoSuchRecordError, TooMuchError, TooLargeForCrateError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{to} cannot be written: {error.strerror or error}") from error
        numbers = f"{len(selection.files)} files, {len(selection.runs)} runs, {len(selection.graph.nodes)} records"
        self.stdout.write(f"{to}: {numbers}, {to.stat().st_size} bytes")


def _who(name: str | None) -> Any:
    model = get_user_model()
    if name is None:
        return model(username="command", is_superuser=True)
    person = model.objects.filter(username=name).first()
    if person is None:
        raise CommandError(f"There is no person named {name!r}.")
    return person
