"""Running a kernel as one call with plain values: what the sandbox runs. Tables come from and go to Parquet files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, ParameterValue
from core.tables import Table
from measurements.tables import describe


def run(
    kernel: str, inputs: list[dict[str, Any]], parameters: dict[str, ParameterValue], folder: str
) -> dict[str, Any]:
    """Runs a kernel on stored tables and writes its own into the folder.

    Args:
        kernel: Its name.
        inputs: For each dataset `{"tables": {name: path}, "metadata": {...}}`.
        parameters: All of them, frozen.
        folder: Where its tables go.

    Returns:
        Values, warnings, CPU seconds, and for each table its description, hash and file.

    Raises:
        NotApplicable: The data cannot answer the kernel's question.
    """
    loaded = tuple(
        KernelInput({name: Table.read_parquet(Path(path)) for name, path in entry["tables"].items()}, entry["metadata"])
        for entry in inputs
    )
    started = time.process_time()
    output = KERNELS[kernel].run(loaded, parameters)
    seconds = time.process_time() - started
    tables = []
    for number, table in enumerate(output.tables):
        file = Path(folder) / f"{number}.parquet"
        table.write_parquet(file)
        tables.append(
            {
                "name": table.name,
                "rows": len(table),
                "columns": describe(table),
                "sha256": table.sha256,
                "file": str(file),
            }
        )
    values = [
        {"quantity": v.quantity, "value": v.value, "uncertainty": v.uncertainty, "index": dict(v.index)}
        for v in output.values
    ]
    return {"values": values, "warnings": list(output.warnings), "seconds": seconds, "tables": tables}
