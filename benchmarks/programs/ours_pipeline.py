"""From a text file to stored records, preview and the results of every planned kernel, each in a process of its own.

As the worker does it: the reader in one child, each kernel in another, tables by Parquet. Prints the CPU seconds of all
children without starting Python, the largest memory above an idle child, and a capacity.
"""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from analysis_tasks.kernels import KERNELS, plan
from analysis_tasks.kernels import sandboxed as kernels
from analysis_tasks.kernels.parameters import freeze
from measurements import readers
from measurements.readers.base import Source
from measurements.tables import describe, preview_of


def read(path: Path, folder: Path) -> dict[str, object]:
    """Reads the file and stores its tables and their previews."""
    _, reading = readers.read(Source.at(path))
    for table in reading.tables:
        describe(table)
        table.write_parquet(folder / f"{table.name}.parquet")
        preview = preview_of(table)
        if preview is not None:
            preview.write_parquet(folder / f"{table.name}.preview.parquet")
    return {"technique": reading.technique, "tables": [table.name for table in reading.tables]}


def child(work: Callable[[], object]) -> tuple[object, float, float]:
    """What the work gave in a child process, its CPU seconds and its peak memory in MiB."""
    take, give = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(take)
        try:
            before = resource.getrusage(resource.RUSAGE_SELF)
            answer = work()
            after = resource.getrusage(resource.RUSAGE_SELF)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            os.write(give, json.dumps([answer, cpu]).encode())
        finally:
            os._exit(0)
    os.close(give)
    with os.fdopen(take, "rb") as answered:
        content = answered.read()
    _, _, usage = os.wait4(pid, 0)
    if not content:
        raise SystemExit("a step of the pipeline failed; its message is above")
    answer, cpu = json.loads(content)
    return answer, cpu, usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main(path: Path) -> None:
    list(KERNELS)
    _, _, idle = child(lambda: 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reading, cpu, peak = child(lambda: read(path, folder))
        seconds, memories = {"read": cpu}, {"read": peak}
        tables = {name: str(folder / f"{name}.parquet") for name in reading["tables"]}
        numbers: dict[str, float] = {}
        for kernel in plan(reading["technique"], reading["tables"]):
            known = {parameter.key for parameter in kernel.parameters}
            parameters = freeze(kernel, {"active_mass": 2.10} if "active_mass" in known else {})
            inputs = [{"tables": tables, "metadata": {}}]
            target = folder / kernel.name
            target.mkdir()
            output, cpu, memory = child(
                lambda k=kernel, p=parameters, i=inputs, t=target: kernels.run(k.name, i, p, str(t))
            )
            seconds[kernel.name], memories[kernel.name] = cpu, memory
            numbers |= {value["quantity"]: value["value"] for value in output["values"] if not value["index"]}
    print(
        json.dumps(
            {
                "cpu": sum(seconds.values()),
                "answer": {
                    "cycles": numbers["cycle_count"],
                    "first": numbers["initial_discharge_capacity_total"],
                    "above_idle": max(memories.values()) - idle,
                    "seconds": seconds,
                    "memory": {name: peak - idle for name, peak in memories.items()},
                },
            }
        )
    )


main(Path(sys.argv[1]))
