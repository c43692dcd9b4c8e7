"""Deciding what is to be computed: kernels for a dataset, one run for each, never the same work twice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from accounts.access import require_write
from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels import plan as plan_kernels
from analysis_tasks.kernels.base import Kernel
from analysis_tasks.kernels.parameters import ParameterError
from analysis_tasks.models import AnalysisRun, KernelRelease, RunContext, RunInput, RunSource, Slot
from analysis_tasks.services.context import Read, frozen_parameters, read_context, subject_of
from analysis_tasks.services.related import Beside, sources_of
from analysis_tasks.services.releases import current_release
from core.audit import attribute
from core.canonical import content_hash
from core.jobs import State, cancel_for, reason_to_retry, send_after_commit
from core.queues import Queue
from measurements.models import Dataset, DatasetTable, Measurement
from measurements.selectors import newest_dataset

_LIVE = (State.QUEUED, State.RUNNING, State.SUCCEEDED)
_REASON_LENGTH = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """A run that might be requested: all that decides its outputs, before anything is written.

    Attributes:
        release: The kernel's code as it is installed.
        measurement: For which measurement.
        datasets: What it reads, in order.
        given: What a person sets.
        reads: What it reads of records.
        values: The parameters that follow from both.
        sources: Runs of other measurements that it reads.
        key: Hash of all this.
    """

    release: KernelRelease
    measurement: Measurement
    datasets: list[Dataset]
    given: dict[str, Any]
    reads: list[Read]
    values: dict[str, Any]
    sources: list[Beside]
    key: str

    def known(self) -> AnalysisRun | None:
        """The run that waits, computes or has succeeded with exactly this."""
        found: AnalysisRun | None = self._same().filter(state__in=_LIVE).first()
        return found

    def ended(self) -> AnalysisRun | None:
        """A run that failed or was cancelled with exactly this."""
        found: AnalysisRun | None = self._same().first()
        return found

    def _same(self) -> Any:
        return AnalysisRun.objects.filter(key=self.key, verifies=None, forced=False)


def plan_run(
    kernel: Kernel, measurement: Measurement, datasets: list[Dataset], *, parameters: dict[str, Any] | None = None
) -> Plan:
    """What a run of the kernel on these datasets would be today.

    Raises:
        ValidationError: A parameter is unknown or does not fit.
    """
    given = parameters or {}
    reads = read_context(kernel, subject_of(measurement))
    try:
        values = frozen_parameters(kernel, given, reads)
    except ParameterError as error:
        raise ValidationError({"parameters": str(error)}) from error
    release = current_release(kernel)
    sources = sources_of(kernel, measurement) if kernel.reads_runs else []
    key = run_key(release, values, datasets, measurement, sources)
    return Plan(release, measurement, datasets, given, reads, values, sources, key)


def plan_runs(dataset: Dataset) -> list[AnalysisRun]:
    """Requests every kernel that the dataset's technique and tables call for; a table without rows calls for none."""
    tables = dataset.tables.filter(rows__gt=0).values_list("name", flat=True)
    kernels = plan_kernels(dataset.technique, set(tables))
    return [request_run(kernel, dataset.measurement, [dataset])[0] for kernel in kernels]


def plan_missing(*, limit: int = 100) -> int:
    """Plans datasets whose announcement was lost, because the worker died just after it had stored them.

    Returns:
        How many there were.
    """
    techniques = {technique for kernel in KERNELS for technique in kernel.techniques}
    filled = DatasetTable.objects.filter(dataset=OuterRef("pk"), rows__gt=0)
    waiting = Dataset.objects.filter(Exists(filled), technique__in=techniques, uses__isnull=True)
    forgotten = waiting.order_by("created_at")[:limit]
    planned = 0
    for dataset in forgotten:
        try:
            planned += bool(plan_runs(dataset))
        except ValidationError:
            log.exception("the runs of dataset %s cannot be planned", dataset.pk)
    return planned


@transaction.atomic
def request_run(
    kernel: Kernel,
    measurement: Measurement,
    datasets: list[Dataset],
    *,
    parameters: dict[str, Any] | None = None,
    preset: str = "default",
    verifies: AnalysisRun | None = None,
    actor: Any = None,
    reason: str = "",
    queue: str = Queue.INTERACTIVE,
    insist: bool = True,
) -> tuple[AnalysisRun, bool]:
    """The run of a kernel on these datasets with these values: the one that exists, or a new one in the queue.

    Args:
        kernel: What to compute.
        measurement: For which measurement.
        datasets: What it reads, in order.
        parameters: What a person sets; the rest comes from the records and the defaults.
        preset: Name under which the choice of parameters is kept apart from the automatic one.
        verifies: A finished run that this one repeats, to compare.
        actor: Who asked for it; None for the platform itself.
        reason: Why it was asked for.
        queue: Whether a person waits for it.
        insist: Request it also where the same work failed or was cancelled before.

    Returns:
        The run, and whether it is new.

    Raises:
        ValidationError: A parameter is unknown or does not fit.
    """
    attribute(actor)
    plan = plan_run(kernel, measurement, datasets, parameters=parameters)
    if verifies is None:
        before = _done_before(plan, insist=insist)
        if before is not None:
            return before, False
    slot, _ = Slot.objects.get_or_create(measurement=measurement, kernel=kernel.name, preset=preset)
    run = AnalysisRun(
        release=plan.release,
        measurement=measurement,
        subject=measurement.sample,
        preset=preset,
        given=plan.given,
        parameters=plan.values,
        requested_by=actor,
        reason=reason[:_REASON_LENGTH],
        queue=queue,
        key=plan.key,
        supersedes=slot.current_run if verifies is None else None,
        verifies=verifies,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:  # somebody requested the same at the same moment
        known = plan.known()
        if known is None:
            raise
        return known, False
    _store_inputs(run, plan)
    send_after_commit(run, send_run)
    return run, True


def _done_before(plan: Plan, *, insist: bool) -> AnalysisRun | None:
    """The run that makes a new one needless: one under way or succeeded, else one that ended without success."""
    known = plan.known()
    if known is not None:
        _make_current(known)
        return known
    return None if insist else plan.ended()


def _store_inputs(run: AnalysisRun, plan: Plan) -> None:
    """Notes all that the run reads: datasets, values of records, other runs."""
    RunInput.objects.bulk_create(
        [RunInput(run=run, order=order, dataset=d, sha256=d.sha256) for order, d in enumerate(plan.datasets)]
    )
    RunContext.objects.bulk_create(_context(run, plan))
    _store_sources(run, plan.sources)


def _store_sources(run: AnalysisRun, sources: list[Beside]) -> None:
    """Notes the runs that are read, and the temperature of each test, for it tells what sets a cell apart."""
    RunSource.objects.bulk_create(
        [
            RunSource(run=run, order=n, role=one.role, source=one.run, sha256=one.run.output_sha256, facts=one.facts)
            for n, one in enumerate(sources)
        ]
    )
    temperatures = {one.temperature_parameter: (one.run.measurement_id, one.facts["temperature"]) for one in sources}
    RunContext.objects.bulk_create(
        [
            RunContext(
                run=run,
                parameter=parameter,
                record="measurements.measurement",
                record_id=record,
                field="temperature",
                value=value,
            )
            for parameter, (record, value) in temperatures.items()
        ]
    )


def _context(run: AnalysisRun, plan: Plan) -> list[RunContext]:
    return [
        RunContext(
            run=run,
            parameter=read.parameter,
            record=read.record._meta.label_lower,
            record_id=read.record.pk,
            field=read.field,
            value=read.stored,
        )
        for read in plan.reads
        if read.parameter not in plan.given  # what a person set does not follow the records
    ]


def rerun(
    run: AnalysisRun, *, actor: Any, parameters: dict[str, Any] | None = None, reason: str = ""
) -> tuple[AnalysisRun, bool]:
    """Computes again: with other values a new run that supersedes, with the same ones a run that verifies.

    Args:
        run: What to compute again, on the newest reading of the same files.
        actor: Who asks for it.
        parameters: What the person sets now; None keeps what was set before.
        reason: Why.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: A parameter does not fit, or the kernel is not installed any more.
    """
    request = _same_request(run, actor=actor, parameters=parameters, reason=reason)
    again, created = request_run(**request)
    if created or again.state != State.SUCCEEDED:
        return again, created
    return request_run(**request, verifies=again)


def retry_run(run: AnalysisRun, *, actor: Any, reason: str = "") -> tuple[AnalysisRun, bool]:
    """Computes again what failed or was cancelled: a new run that names the first in its reason.

    Returns:
        The run, and whether it is new: the same work may wait or have been done already.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: The run did not fail and was not cancelled, or the kernel is not installed any more.
    """
    require_write(actor, run.measurement)
    why = reason_to_retry(run, reason, name="run")
    return request_run(**_same_request(run, actor=actor, parameters=None, reason=why), verifies=run.verifies)


@transaction.atomic
def cancel_run(run: AnalysisRun, *, actor: Any, reason: str = "") -> AnalysisRun:
    """Ends a run that waits or computes; a child process that computes is stopped within seconds.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: It had ended before.
    """
    require_write(actor, run.measurement)
    return cancel_for(actor, run, reason, name="run")


def _same_request(run: AnalysisRun, *, actor: Any, parameters: dict[str, Any] | None, reason: str) -> dict[str, Any]:
    """What `request_run` is to be asked for to do the work of a run again, on the newest reading of its files."""
    require_write(actor, run.measurement)
    if run.release.name not in KERNELS:
        raise ValidationError({"kernel": f"The kernel {run.release.name} is not installed on this server."})
    return {
        "kernel": KERNELS[run.release.name],
        "measurement": run.measurement,
        "datasets": [newest_dataset(entry.dataset) for entry in run.inputs.select_related("dataset__file")],
        "parameters": parameters if parameters is not None else run.given,
        "preset": "custom" if parameters else run.preset,
        "actor": actor,
        "reason": reason,
    }


def run_key(
    release: KernelRelease,
    values: dict[str, Any],
    datasets: list[Dataset],
    measurement: Measurement,
    sources: Sequence[Beside] = (),
) -> str:
    """Hash of everything that decides a run's outputs: code, values, input bytes, results that it reads, subject."""
    inputs: list[list[Any]] = [["data", order, dataset.sha256] for order, dataset in enumerate(datasets)]
    inputs += [[one.role, order, one.run.output_sha256, one.facts] for order, one in enumerate(sources)]
    return content_hash(
        "run",
        {
            "kernel": release.name,
            "fingerprint": release.fingerprint,
            "parameters": values,
            "inputs": inputs,
            "subject": str(measurement.pk),
        },
    )


def _make_current(run: AnalysisRun) -> None:
    if run.state == State.SUCCEEDED:
        Slot.objects.filter(
            measurement=run.measurement_id, kernel=run.release.name, preset=run.preset, pinned=False
        ).update(current_run=run)


def send_run(run: AnalysisRun) -> None:
    """Sends the message that a run waits."""
    from analysis_tasks.tasks import execute_run

    execute_run.apply_async((str(run.pk),), queue=run.queue)
