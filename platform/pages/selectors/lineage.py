"""A sample among its neighbours: the processes it came through, what went into them, and what became of it.

Processes in projects that are closed to the person are left out; samples of such projects are only counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from samples.models import Process, ProcessInput, ProcessOutput, Sample, ThermalStep
from samples.selectors import mass_left

_EARLIER_STEPS = 12


@dataclass(frozen=True)
class Step:
    """A process with the rows of it that the person may see.

    Attributes:
        process: What was done.
        inputs: What went in, in order.
        outputs: What came out, in order.
        thermal_steps: Its thermal program.
        hidden: How many samples of it belong to projects that are closed to the person.
    """

    process: Process
    inputs: list[ProcessInput]
    outputs: list[ProcessOutput]
    thermal_steps: list[ThermalStep]
    hidden: int


@dataclass(frozen=True)
class History:
    """Earlier steps, oldest first, the last of which made the sample; and the processes that used it."""

    before: list[Step]
    after: list[Step]


def history_of(sample: Sample, user: Any) -> History:
    """The synthesis of a sample step by step, and where it went next."""
    before: dict[UUID, Process] = {}
    frontier = [sample.pk]
    while frontier and len(before) < _EARLIER_STEPS:
        makers = full_processes(user).filter(outputs__sample__in=frontier).exclude(pk__in=before)
        found = {process.pk: process for process in makers}
        before |= found
        frontier = [row.sample_id for process in found.values() for row in process.inputs.all() if row.sample_id]
    after = list(full_processes(user).filter(inputs__sample=sample))
    steps = steps_of([*before.values(), *after], user)
    return History(before=steps[: len(before)][::-1], after=steps[len(before) :])


def steps_of(processes: Sequence[Process], user: Any) -> list[Step]:
    """Processes from `full_processes`, each with the samples of it that this person may see."""
    named: set[UUID] = set()
    for process in processes:
        named |= {row.sample_id for row in process.inputs.all() if row.sample_id}
        named |= {row.sample_id for row in process.outputs.all()}
    visible = set(Sample.objects.visible_to(user).filter(pk__in=named).values_list("pk", flat=True))
    return [_step(process, visible) for process in processes]


def full_processes(user: Any) -> QuerySet[Process]:
    """Processes a person may see, with everything a page shows of them, newest first."""
    inputs: Any = ProcessInput.objects.select_related("sample__project", "sample__material", "material")
    inputs = inputs.annotate(left_=mass_left("sample"))
    outputs: Any = ProcessOutput.objects.select_related("sample__project", "sample__material")
    thermal_steps: Any = ThermalStep.objects.select_related("atmosphere")
    return (
        Process.objects.visible_to(user)
        .distinct()
        .select_related("project", "operator", "instrument", "protocol")
        .prefetch_related(
            Prefetch("inputs", inputs.order_by("order")),
            Prefetch("outputs", outputs.order_by("order")),
            Prefetch("thermal_steps", thermal_steps.order_by("order")),
        )
        .order_by("-created_at")
    )


def _step(process: Process, visible: set[UUID]) -> Step:
    all_inputs, all_outputs = list(process.inputs.all()), list(process.outputs.all())
    inputs = [row for row in all_inputs if row.sample_id is None or row.sample_id in visible]
    outputs = [row for row in all_outputs if row.sample_id in visible]
    hidden = len(all_inputs) + len(all_outputs) - len(inputs) - len(outputs)
    return Step(process, inputs, outputs, list(process.thermal_steps.all()), hidden)
