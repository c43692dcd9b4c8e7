"""`manage.py kernels`: the analyses that can be run, and recording their releases; needs no database."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels import KERNELS, builtin_kernels
from analysis_tasks.kernels.base import Kernel
from analysis_tasks.releases import VersionNotRaised, record_release
from core.quantities import QUANTITIES
from core.units import display_unit


class Command(BaseCommand):
    """Lists kernels with versions, techniques, parameters and result quantities."""

    help = "Lists the analyses that can be run, with versions, techniques, parameters and result quantities."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the options."""
        shape = parser.add_mutually_exclusive_group()
        shape.add_argument("--json", action="store_true", help="print JSON")
        shape.add_argument("--markdown", action="store_true", help="print the list for docs/reference/kernels.md")
        shape.add_argument(
            "--release", action="store_true", help="record the code of each kernel's version in releases.json"
        )
        parser.add_argument(
            "--same-results",
            action="store_true",
            help="with --release: the changed code gives the same numbers, so the version stays",
        )

    def handle(self, **options: Any) -> None:
        """Prints the list, or records the releases.

        Raises:
            CommandError: Code has changed under its version.
        """
        if options["release"]:
            self._release(same_results=options["same_results"])
        elif options["json"]:
            self.stdout.write(json.dumps([_as_json(kernel) for kernel in KERNELS], ensure_ascii=False, indent=2))
        else:
            write = _markdown if options["markdown"] else _text
            self.stdout.write("\n\n".join(write(kernel) for kernel in KERNELS))

    def _release(self, *, same_results: bool) -> None:
        try:
            recorded = record_release(builtin_kernels(), same_results=same_results)
        except VersionNotRaised as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(recorded) or "nothing new to record")


def _as_json(kernel: Kernel) -> dict[str, Any]:
    return {
        "name": kernel.name,
        "version": kernel.version,
        "fingerprint": fingerprint(kernel),
        "label": kernel.label,
        "description": kernel.description,
        "techniques": list(kernel.techniques),
        "tables": list(kernel.tables),
        "reads_runs": list(kernel.reads_runs),
        "parameters": [
            {
                "key": parameter.key,
                "unit": parameter.unit,
                "default": parameter.default,
                "description": parameter.description,
                "source": parameter.source,
                "choices": list(parameter.choices),
            }
            for parameter in kernel.parameters
        ],
        "results": [
            {"quantity": key, "unit": QUANTITIES[key].unit, "label": QUANTITIES[key].label} for key in kernel.yields
        ],
    }


def _text(kernel: Kernel) -> str:
    lines = [
        f"{kernel.name} {kernel.version}  {kernel.label}",
        f"  techniques: {', '.join(kernel.techniques)}; tables: {', '.join(kernel.tables)}",
        "  parameters:",
    ]
    for parameter in kernel.parameters:
        unit = f" ({display_unit(parameter.unit)})" if parameter.unit else ""
        default = "" if parameter.default is None else f" Default {parameter.default}."
        choices = f" One of {', '.join(parameter.choices)}." if parameter.choices else ""
        lines.append(f"    {parameter.key}{unit}: {parameter.description}{choices}{default}")
    lines.append("  results:")
    lines += [f"    {key} ({display_unit(QUANTITIES[key].unit) or '1'})" for key in kernel.yields]
    return "\n".join(lines)


def _markdown(kernel: Kernel) -> str:
    parameters = [
        f"| `{parameter.key}` | {display_unit(parameter.unit)} | {_shown(parameter.default)} "
        f"| {_code(parameter.source)} | {parameter.description} |"
        for parameter in kernel.parameters
    ]
    results = [f"`{key}` ({display_unit(QUANTITIES[key].unit) or '1'})" for key in kernel.yields]
    return "\n".join(
        [
            f"## `{kernel.name}` version {kernel.version}: {kernel.label.lower()}",
            "",
            kernel.description,
            "",
            f"Runs by itself on: {', '.join(kernel.techniques)}. {_needs(kernel)}",
            "",
            "| parameter | unit | default | read from | meaning |",
            "|---|---|---|---|---|",
            *parameters,
            "",
            f"Results: {', '.join(results)}.",
        ]
    )


def _needs(kernel: Kernel) -> str:
    if kernel.reads_runs:
        return (
            f"Reads the results of: {', '.join(f'`{name}`' for name in kernel.reads_runs)}, of this and of other cells."
        )
    return f"Needs the tables: {', '.join(kernel.tables)}."


def _shown(default: object) -> str:
    return "" if default is None else f"{default}"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
