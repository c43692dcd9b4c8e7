"""`manage.py analyse`: from instrument files to numbers, without a database and without a broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.quantities import QUANTITIES
from core.units import display_unit

CANNOT = 2


class Command(BaseCommand):
    """Reads files, runs the kernels of their technique and prints the results."""

    help = "Recognises, reads and analyses instrument files; needs no database. Exits 2 where that cannot be done."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the files and options."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files of one measurement")
        parser.add_argument("--technique", help="technique key, where the one that was found is not right")
        parser.add_argument(
            "--param",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help='parameter of a kernel, with a unit where it has one: active_mass="2.10 mg" (see `kernels`)',
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        """Prints the report.

        Raises:
            CommandError: A file cannot be read or a parameter is wrong; the process exits with 2.
        """
        from analysis_tasks.offline import CannotAnalyse, analyse

        try:
            report = analyse(options["files"], options["technique"], _parameters(options["param"]))
        except CannotAnalyse as error:
            raise CommandError(str(error), returncode=CANNOT) from error
        if options["json"]:
            self.stdout.write(json.dumps(report, allow_nan=False, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(report)))


def _parameters(texts: list[str]) -> dict[str, str]:
    parameters = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise CommandError(f'--param: expected KEY=VALUE, found "{text}"', returncode=CANNOT)
        parameters[key.strip()] = value.strip()
    return parameters


def _lines(report: dict[str, Any]) -> list[str]:
    """The report for a person."""
    lines = [f"{f['name']}  {f['format']}  {f['size']} bytes  sha256 {f['sha256'][:12]}…" for f in report["files"]]
    lines += [f"technique {report['technique']}"]
    for dataset in report["datasets"]:
        lines.append(f"{dataset['name']}: {dataset['rows']} rows of {len(dataset['columns'])} columns")
    for run in report["runs"]:
        lines += ["", f"{run['kernel']} {run['version']}  ({run['seconds'] * 1000:.1f} ms)"]
        lines += [_result(result) for result in run["results"]]
        lines += [f"  table {table['name']}: {len(table['rows'])} rows" for table in run["tables"]]
        lines += [f"  note: {text}" for text in run["warnings"]]
    if report["warnings"]:
        lines += ["", *(f"note: {text}" for text in report["warnings"])]
    return lines


def _result(result: dict[str, Any]) -> str:
    quantity = QUANTITIES[result["quantity"]]
    spread = "" if result["uncertainty"] is None else f" ± {result['uncertainty']:.2g}"
    index = "".join(f", {key} {value}" for key, value in result["index"].items())
    return f"  {quantity.label}{index}: {result['value']:.6g}{spread} {display_unit(result['unit'])}".rstrip()
