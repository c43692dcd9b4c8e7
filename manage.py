#!/usr/bin/env python
"""Django's command line for Cosinter, with `platform/` on the import path.

`platform/` is a folder, never a package: a package of that name would hide the standard library's module.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))


def main() -> None:
    """Runs the command given on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    for library in (
        "OPENBLAS",
        "OMP",
    ):  # one thread each: small matrices and many workers, and the same bits everywhere
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
