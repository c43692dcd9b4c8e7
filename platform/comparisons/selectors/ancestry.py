"""What cells were made by and from, the nearest first, for all rows of a table at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from comparisons.columns import Ancestry
from samples.models import Process, ProcessInput, ProcessOutput, Sample, ThermalStep
from samples.selectors import ancestor_ids


def ancestries(cells: Iterable[UUID], user: Any) -> dict[UUID, Ancestry]:
    """The processes and samples above each cell, by a constant number of queries.

    What is closed to the person is left out, with what can be reached only through it.
    """
    starts = set(cells)
    reached = ancestor_ids(starts) | starts
    visible = Process.objects.visible_to(user)
    outputs = ProcessOutput.objects.filter(sample__in=reached, process__in=visible)
    maker: dict[UUID, UUID] = dict(outputs.values_list("sample", "process"))
    steps: Any = Prefetch("thermal_steps", ThermalStep.objects.select_related("atmosphere").order_by("order"))
    processes = (
        Process.objects.select_related("instrument", "operator", "protocol")
        .prefetch_related(steps)
        .in_bulk(list(set(maker.values())))
    )
    inputs: dict[UUID, list[ProcessInput]] = defaultdict(list)
    rows = ProcessInput.objects.filter(process__in=processes).select_related("process", "material")
    for row in rows.order_by("process", "order"):
        inputs[row.process_id].append(row)
    samples = Sample.objects.visible_to(user).filter(pk__in=reached).select_related("material", "morphology").in_bulk()
    for row in (row for rows_ in inputs.values() for row in rows_):
        if row.sample_id in samples:
            row.sample = samples[row.sample_id]
    return {cell: _above(cell, maker, processes, inputs, samples) for cell in starts}


def _above(
    start: UUID,
    maker: dict[UUID, UUID],
    processes: dict[UUID, Process],
    inputs: dict[UUID, list[ProcessInput]],
    samples: dict[UUID, Sample],
) -> Ancestry:
    """One cell's part, by breadth."""
    seen: dict[UUID, None] = {start: None}
    by: dict[UUID, None] = {}
    taken: list[ProcessInput] = []
    level = [start]
    while level:
        made_by = [maker[sample] for sample in level if sample in maker and maker[sample] not in by]
        by |= dict.fromkeys(made_by)
        used = [row for process in dict.fromkeys(made_by) for row in inputs[process]]
        taken += [row for row in used if row.sample_id is None or row.sample_id in samples]
        level = list(
            dict.fromkeys(row.sample_id for row in used if row.sample_id in samples and row.sample_id not in seen)
        )
        seen |= dict.fromkeys(level)
    above = [samples[key] for key in seen if key != start]
    return Ancestry([processes[key] for key in by], above, taken)
