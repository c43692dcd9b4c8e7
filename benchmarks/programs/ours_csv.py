"""From a text file to stored records, per-cycle table, preview and numbers; prints CPU seconds and a capacity."""

import json
import sys
import tempfile
import time
from pathlib import Path

from analysis_tasks.kernels import plan
from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.parameters import freeze
from measurements import readers
from measurements.readers.base import Source
from measurements.tables import describe, preview_of


def store(path: Path, folder: Path) -> dict[str, float]:
    """Reads, analyses and writes all that the site keeps of a file."""
    _, reading = readers.read(Source.at(path))
    tables = {table.name: table for table in reading.tables}
    for table in reading.tables:
        table.write_parquet(folder / f"{table.name}.parquet")
        json.dumps(describe(table))
        preview = preview_of(table)
        if preview is not None:
            preview.write_parquet(folder / f"{table.name}.preview.parquet")
    numbers: dict[str, float] = {}
    for kernel in plan(reading.technique, set(tables)):
        known = {parameter.key for parameter in kernel.parameters}
        parameters = freeze(kernel, {"active_mass": 2.10} if "active_mass" in known else {})
        output = kernel.run((KernelInput(tables, reading.metadata),), parameters)
        for table in output.tables:
            table.write_parquet(folder / f"{table.name}.parquet")
        numbers |= {value.quantity: value.value for value in output.values if not value.index}
    return {"cycles": numbers["cycle_count"], "first": numbers["initial_discharge_capacity_total"]}


with tempfile.TemporaryDirectory() as folder:
    store(Path(sys.argv[2]), Path(folder))
    began = time.process_time()
    answer = store(Path(sys.argv[1]), Path(folder))
    cpu = time.process_time() - began
print(json.dumps({"cpu": cpu, "answer": answer}))
