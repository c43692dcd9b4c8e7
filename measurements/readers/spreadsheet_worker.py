"""Decodes an old Excel or OpenDocument file in a process of its own, started by `spreadsheets`, which sets its limits.

Both formats let a few bytes ask for any amount of memory, and the library believes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import fastexcel

KINDS = ("float", "string", "duration")


def main(file: str, folder: str) -> None:
    """Writes each sheet, once per kind of cell, to `<number>-<kind>.parquet`, and prints the sheets' names."""
    workbook = fastexcel.read_excel(Path(file).read_bytes())
    for number, name in enumerate(workbook.sheet_names):
        for kind in KINDS:
            sheet = workbook.load_sheet(name, header_row=None, dtypes=kind)  # type: ignore[call-overload]
            sheet.to_polars().write_parquet(Path(folder) / f"{number}-{kind}.parquet")
    json.dump(workbook.sheet_names, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
