"""Executing a run: claim it, compute, and store numbers, tables and the end of the run in one transaction."""

from __future__ import annotations

import time
import traceback
from typing import Any
from uuid import UUID

from core.audit import acting
from core.canonical import content_hash
from core.events import announce, run_finished
from core.jobs import Heartbeat, LostClaimError, claim, fail, finishing
from core.quantities import quantity

from analysis_tasks.environment import current_environment
from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import Kernel, KernelInput, NotApplicable, Output, Value
from analysis_tasks.models import AnalysisRun, Artifact, Result, Slot
from measurements.models import Dataset
from measurements.services.readings import worker_name
from measurements.store import load_table, put_table
from measurements.tables import describe


class CodeChangedError(Exception):
    """The worker's kernel is not the one that the run was requested with."""


def perform_run(pk: UUID) -> AnalysisRun | None:
    """Executes a run, if nobody else does or has; called by the worker.

    Returns:
        The run as this call left it, None where there was nothing to do.
    """
    run = claim(AnalysisRun, pk, worker_name())
    if run is None:
        return None
    with Heartbeat(run), acting(actor="worker", door="task"):
        try:
            _compute_and_store(run)
        except NotApplicable as reason:
            fail(run, str(reason))
        except CodeChangedError as problem:
            fail(run, str(problem))
        except LostClaimError:
            return None
        except Exception as problem:  # noqa: BLE001 (a strange file must not stop the worker; the row keeps the log)
            fail(
                run,
                f"{run.release.name} stopped with an error in the program ({type(problem).__name__}: {problem}). "
                "The data are safe. Please report this with the log below.",
                details=traceback.format_exc(),
            )
    announce(run_finished, AnalysisRun, pk)
    return AnalysisRun.objects.get(pk=pk)


def output_hash(output: Output) -> str:
    """Hash of what a run gave, bit for bit: equal hashes mean identical results."""
    values = sorted(
        [value.quantity, content_hash("index", dict(value.index)), value.value.hex(), _hex(value.uncertainty)]
        for value in output.values
    )
    return content_hash("output", {"values": values, "tables": {table.name: table.sha256 for table in output.tables}})


def _compute_and_store(run: AnalysisRun) -> None:
    kernel = _installed(run)
    inputs = tuple(_input_of(entry.dataset) for entry in run.inputs.select_related("dataset"))
    started = time.process_time()
    output = kernel.run(inputs, run.parameters)
    seconds = time.process_time() - started
    artifacts = [
        Artifact(name=t.name, rows=len(t), columns=describe(t), blob=put_table(t), run=run) for t in output.tables
    ]
    with finishing(run) as held:
        held.environment = current_environment()
        held.warnings = list(output.warnings)
        held.seconds = seconds
        held.output_sha256 = output_hash(output)
        if held.verifies_id is None:
            Result.objects.bulk_create([_result(held, value) for value in output.values])
            Slot.objects.filter(
                measurement=held.measurement_id, kernel=kernel.name, preset=held.preset, pinned=False
            ).update(current_run=held)
        Artifact.objects.bulk_create(artifacts)


def _installed(run: AnalysisRun) -> Kernel:
    release = run.release
    kernel = KERNELS.get(release.name)
    if kernel is None or fingerprint(kernel) != release.fingerprint:
        found = f"version {kernel.version} with other code" if kernel else "no such kernel"
        raise CodeChangedError(
            f"This run was requested with {release.name} {release.version}, but the worker has {found}. "
            "Request it again to use the code that is installed."
        )
    return kernel


def _input_of(dataset: Dataset) -> KernelInput:
    tables = {table.name: load_table(table.blob) for table in dataset.tables.select_related("blob")}
    return KernelInput(tables, dataset.metadata)


def _result(run: AnalysisRun, value: Value) -> Result:
    return Result(
        quantity=value.quantity,
        value=value.value,
        uncertainty=value.uncertainty,
        unit=quantity(value.quantity).unit,
        index=dict(value.index),
        subject_id=run.subject_id,
        measurement_id=run.measurement_id,
        run=run,
        simulated=run.measurement.simulated,
    )


def _hex(number: float | None) -> Any:
    return None if number is None else number.hex()
