"""`manage.py formats`: the file formats that can be read; needs no database and no broker."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from measurements.readers import READERS


class Command(BaseCommand):
    """Lists readers with versions, techniques and usual suffixes."""

    help = "Lists the file formats that can be read, with reader, version, techniques and usual suffixes."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds `--json`."""
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, **options: Any) -> None:
        """Prints the list."""
        formats = [
            {
                "format": reader.format,
                "label": reader.label,
                "reader": reader.name,
                "version": reader.version,
                "techniques": list(reader.techniques),
                "extensions": list(reader.extensions),
            }
            for reader in READERS
        ]
        self.stdout.write(json.dumps(formats, indent=2) if options["json"] else _table(formats))


def _table(formats: list[dict[str, Any]]) -> str:
    heads = ("format", "version", "extensions", "techniques", "label")
    rows = [[value if isinstance(value := row[head], str) else " ".join(value) for head in heads] for row in formats]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in [list(heads), *rows]
    ]
    return "\n".join(line.rstrip() for line in lines)
