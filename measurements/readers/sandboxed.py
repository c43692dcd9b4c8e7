"""Recognising and reading a file as one call with plain values: what the sandbox runs.

Tables go to Parquet files in a folder that the caller made, so that no data pass through the worker.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.tables import Table
from measurements import readers
from measurements.readers.base import Source
from measurements.tables import describe, hash_of, preview_of

_COMPARED = (
    "test_time_second",
    "voltage_volt",
    "current_ampere",
    "frequency_hertz",
    "real_impedance_ohm",
    "imaginary_impedance_ohm",
)


def read(path: str, name: str, options: dict[str, str], folder: str) -> dict[str, Any]:
    """Reads a file and writes its tables and previews into the folder.

    Returns:
        Reader, format, technique, metadata, warnings, hash, and for each table its description and files.

    Raises:
        UnreadableFile: No reader takes it, or one refuses; NeedsMapping where a person must name its columns first.
    """
    source = Source(Path(path), name)
    reader, content = readers.read(source, options)
    tables = []
    for number, table in enumerate(content.tables):
        stored = Path(folder) / f"{number}.parquet"
        table.write_parquet(stored)
        preview = preview_of(table)
        shown = Path(folder) / f"{number}-preview.parquet"
        if preview is not None:
            preview.write_parquet(shown)
        tables.append(
            {
                "name": table.name,
                "rows": len(table),
                "columns": describe(table),
                "file": str(stored),
                "preview": str(shown) if preview is not None else None,
            }
        )
    return {
        "reader": reader.name,
        "reader_version": reader.version,
        "format": reader.format,
        "technique": content.technique,
        "metadata": json.loads(json.dumps(dict(content.metadata)), parse_constant=lambda _: None),
        "warnings": list(content.warnings),
        "sha256": hash_of(content.tables),
        "tables": tables,
    }


def goes_on(earlier: dict[str, str], later: dict[str, str]) -> bool:
    """Whether the tables of a longer version of a file begin with those of the version before.

    Each table of the earlier version must be there with at least as many rows, and its time, voltage and current (or
    frequency and impedance) must begin with the same values, but for the last row, which was being written.

    Args:
        earlier: Parquet files of the tables by their names.
        later: The same of the longer version.
    """
    return all(
        name in later and _begins_with(Table.read_parquet(Path(path)), Table.read_parquet(Path(later[name])))
        for name, path in earlier.items()
    )


def _begins_with(earlier: Table, later: Table) -> bool:
    rows = len(earlier) - 1
    if len(later) < len(earlier):
        return False
    compared = [name for name in _COMPARED if name in earlier and name in later]
    return all(np.array_equal(earlier[name][:rows], later[name][:rows], equal_nan=True) for name in compared)


def match(path: str, name: str) -> dict[str, Any]:
    """How well each reader fits a file, as the match report."""
    report: dict[str, Any] = readers.detect(Source(Path(path), name)).as_json()
    return report
