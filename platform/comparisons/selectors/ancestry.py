"""What cells were made by and from, the nearest first, for all rows of a table at once.

The walk goes over keys alone; only the records that a column shows are read whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q

from comparisons.column_text import ColumnText
from comparisons.columns import INPUT_KEYS, Ancestry
from samples.models import Process, ProcessInput, ProcessOutput, Sample, ThermalStep
from samples.selectors import ancestor_ids

_FAR = ("process", "material", "kind")


@dataclass
class _Keys:
    """Keys of what lies above one cell, the nearest first."""

    processes: dict[UUID, None] = field(default_factory=dict)
    samples: dict[UUID, None] = field(default_factory=dict)
    inputs: dict[UUID, None] = field(default_factory=dict)


def ancestries(starts: Iterable[UUID], user: Any, columns: Sequence[ColumnText]) -> dict[UUID, Ancestry]:
    """The processes and samples above each sample that these columns show, by a constant number of queries.

    What is closed to the person is left out, with what can be reached only through it.
    """
    asked = [one for one in columns if one.where in _FAR]
    if not asked:
        return {}
    above = _above(set(starts), user)
    processes = _processes({key for keys in above.values() for key in keys.processes}, asked)
    samples = _samples({key for keys in above.values() for key in keys.samples}, asked)
    inputs = _inputs({key for keys in above.values() for key in keys.inputs}, asked)
    return {
        start: Ancestry(
            [processes[key] for key in keys.processes if key in processes],
            [samples[key] for key in keys.samples if key in samples],
            [inputs[key] for key in keys.inputs if key in inputs],
        )
        for start, keys in above.items()
    }


def _above(starts: set[UUID], user: Any) -> dict[UUID, _Keys]:
    reached = ancestor_ids(starts) | starts
    made = ProcessOutput.objects.filter(sample__in=reached, process__in=Process.objects.visible_to(user).order_by())
    maker: dict[UUID, UUID] = dict(made.values_list("sample", "process"))
    visible = set(Sample.objects.visible_to(user).filter(pk__in=reached).values_list("pk", flat=True))
    used: dict[UUID, list[tuple[UUID, UUID | None]]] = defaultdict(list)
    rows = ProcessInput.objects.filter(process__in=set(maker.values())).order_by("process", "order")
    for key, process, sample in rows.values_list("pk", "process", "sample"):
        if sample is None or sample in visible:
            used[process].append((key, sample))
    return {start: _walk(start, maker, used) for start in starts}


def _walk(start: UUID, maker: dict[UUID, UUID], used: dict[UUID, list[tuple[UUID, UUID | None]]]) -> _Keys:
    """One cell's part, by breadth."""
    found = _Keys()
    level: Collection[UUID] = (start,)
    while level:
        made_by = dict.fromkeys(maker[key] for key in level if key in maker and maker[key] not in found.processes)
        found.processes |= made_by
        rows = [row for process in made_by for row in used[process]]
        found.inputs |= dict.fromkeys(key for key, _ in rows)
        level = dict.fromkeys(key for _, key in rows if key is not None and key not in found.samples and key != start)
        found.samples |= level
    return found


def _processes(keys: set[UUID], asked: Sequence[ColumnText]) -> dict[UUID, Process]:
    kinds = {one.which for one in asked if one.where == "process"}
    if not kinds:
        return {}
    steps: Any = Prefetch("thermal_steps", ThermalStep.objects.select_related("atmosphere").order_by("order"))
    rows = Process.objects.filter(pk__in=keys, kind__in=kinds).select_related("instrument", "operator", "protocol")
    return rows.prefetch_related(steps).in_bulk()


def _samples(keys: set[UUID], asked: Sequence[ColumnText]) -> dict[UUID, Sample]:
    which = [one for one in asked if one.where != "process" and one.key not in INPUT_KEYS]
    if not which:
        return {}
    condition = Q(kind__in={one.which for one in which if one.where == "kind"})
    for name in {one.which for one in which if one.where == "material"}:
        condition |= Q(material__name__iexact=name)
    return Sample.objects.filter(condition, pk__in=keys).select_related("material", "morphology").in_bulk()


def _inputs(keys: set[UUID], asked: Sequence[ColumnText]) -> dict[UUID, ProcessInput]:
    if not any(one.key in INPUT_KEYS for one in asked if one.where != "process"):
        return {}
    return ProcessInput.objects.select_related("process", "material", "sample__material").in_bulk(list(keys))
