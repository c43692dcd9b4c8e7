"""Executing a run: claim it, compute, and store numbers, tables and the end of the run in one transaction."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from analysis_tasks.environment import current_environment
from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import Kernel
from analysis_tasks.models import AnalysisRun, Artifact, Result, RunSource, Slot
from analysis_tasks.services.related import source_metadata
from core import sandbox
from core.canonical import canonical_json, content_hash
from core.events import announce, run_finished
from core.jobs import ENDED, Answer, Work, finishing, note, perform, steadily
from core.quantities import quantity
from measurements.models import Dataset
from measurements.store import local_path, put_file


def perform_run(pk: UUID) -> AnalysisRun | None:
    """Executes a run, if nobody else does or has; called by the worker.

    The kernel works in a child process without a database, under limits of time and memory.

    Returns:
        The run as this call left it, None where there was nothing to do or the work is not wanted any more.
    """
    run = perform(AnalysisRun, pk, _WORK)
    if run is not None and run.state in ENDED:
        announce_end(run)
    return run


def announce_end(run: AnalysisRun) -> None:
    """Tells whoever listens that a run has ended."""
    announce(run_finished, AnalysisRun, run.pk)


def output_hash(values: Iterable[Mapping[str, Any]], tables: Mapping[str, str]) -> str:
    """Hash of what a run gave, bit for bit: equal hashes mean identical results.

    Args:
        values: Each with `quantity`, `value`, `uncertainty` and `index`.
        tables: Hash of each table by its name.
    """
    rows = sorted(
        [
            value["quantity"],
            content_hash("index", value["index"]),
            float(value["value"]).hex(),
            _hex(value["uncertainty"]) or "",
        ]
        for value in values
    )
    return content_hash("output", {"values": rows, "tables": dict(tables)})


def differences(before: AnalysisRun, values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Numbers that are not what the superseded run gave: quantity, index, old and new value (None: there is none)."""
    old = {(r.quantity, canonical_json(r.index)): r.value for r in Result.objects.filter(run=before)}
    new = {(v["quantity"], canonical_json(v["index"])): v["value"] for v in values}
    return [
        {"quantity": key[0], "index": json.loads(key[1]), "old": old.get(key), "new": new.get(key)}
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def limits_of(kernel: str) -> sandbox.Limits:
    """Time and memory that a kernel may take on this server."""
    usual = (settings.COSINTER_JOB_SECONDS, settings.COSINTER_JOB_MEMORY)
    return sandbox.Limits(*settings.COSINTER_KERNEL_LIMITS.get(kernel, usual))


def _compute_and_store(run: AnalysisRun, unwanted: threading.Event) -> None:
    kernel = _installed(run)
    note(run, f"computing {run.release}")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="run-"))
        datasets = [entry.dataset for entry in run.inputs.select_related("dataset")]
        sources = list(run.sources.select_related("source__release"))
        output = sandbox.call(
            "analysis_tasks.kernels.sandboxed:run",
            {
                "kernel": kernel.name,
                "inputs": [
                    *(_input_of(dataset, stack) for dataset in datasets),
                    *(_source_of(source, stack) for source in sources),
                ],
                "parameters": run.parameters,
                "folder": folder,
            },
            limits_of(kernel.name),
            unwanted=unwanted,
        )
        steadily(partial(_store, run, output))


def _store(run: AnalysisRun, output: dict[str, Any]) -> None:
    artifacts = [_artifact(run, table) for table in output["tables"]]
    with finishing(run) as held:
        held.environment = current_environment()
        held.warnings = output["warnings"]
        held.seconds = output["seconds"]
        held.output_sha256 = output_hash(output["values"], {t["name"]: t["sha256"] for t in output["tables"]})
        held.changes = differences(held.supersedes, output["values"]) if held.supersedes else []
        if held.verifies_id is None:
            Result.objects.bulk_create([_result(held, value) for value in output["values"]])
            Slot.objects.filter(
                measurement=held.measurement_id, kernel=held.release.name, preset=held.preset, pinned=False
            ).update(current_run=held)
        Artifact.objects.bulk_create(artifacts)


def _artifact(run: AnalysisRun, table: dict[str, Any]) -> Artifact:
    return Artifact(
        run=run,
        name=table["name"],
        rows=table["rows"],
        columns=table["columns"],
        blob=put_file(Path(table["file"])),
    )


def _installed(run: AnalysisRun) -> Kernel:
    release = run.release
    kernel = KERNELS.get(release.name)
    if kernel is None or fingerprint(kernel) != release.fingerprint:
        found = f"version {kernel.version} with other code" if kernel else "no such kernel"
        raise Answer(
            f"This run was requested with {release.name} {release.version}, but the worker has {found}. "
            "Request it again to use the code that is installed."
        )
    return kernel


def _input_of(dataset: Dataset, stack: ExitStack) -> dict[str, Any]:
    """The dataset as paths on this machine, which stay until the stack is closed."""
    tables = dataset.tables.select_related("blob")
    return {
        "tables": {table.name: str(stack.enter_context(local_path(table.blob))) for table in tables},
        "metadata": dataset.metadata,
    }


def _source_of(source: RunSource, stack: ExitStack) -> dict[str, Any]:
    """Results and tables of a run that is read, in the same shape."""
    artifacts = source.source.artifacts.select_related("blob")
    return {
        "tables": {one.name: str(stack.enter_context(local_path(one.blob))) for one in artifacts},
        "metadata": source_metadata(source),
    }


def _result(run: AnalysisRun, value: dict[str, Any]) -> Result:
    return Result(
        quantity=value["quantity"],
        value=value["value"],
        uncertainty=value["uncertainty"],
        unit=quantity(value["quantity"]).unit,
        index=value["index"],
        subject_id=run.subject_id,
        measurement_id=run.measurement_id,
        run=run,
        simulated=run.measurement.simulated,
    )


def _hex(number: float | None) -> Any:
    return None if number is None else number.hex()


_WORK = Work(
    do=_compute_and_store,
    answers=frozenset({"NotApplicable", "ParameterError"}),
    stopped=lambda run, happened: f"{run.release} gave no result. {happened} The data are safe.",
    fault=lambda run, message: (
        f"{run.release.name} stopped with an error in the program ({message}). "
        "The data are safe. Please report this with the log below."
    ),
)
