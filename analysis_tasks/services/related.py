"""Which cells stand beside a cell, and the earlier runs that a kernel reads of them.

A twin has liquid electrolyte and active powder of the same lot; a replicate is built and tested alike. Both are of the
same project, so that whoever sees the one sees the other; simulated cells stand beside simulated ones only.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils import timezone

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import Kernel, KernelInput
from analysis_tasks.kernels.related_cells import CAPACITY, CURVES, OWN, REPLICATE, TWIN
from analysis_tasks.models import AnalysisRun, Result, RunSource, Slot
from core.jobs import State
from core.withdrawal import standing
from measurements.models import Measurement
from measurements.store import load_table
from samples.models import Cell, CellLayer, Process, Sample
from samples.selectors import active_part, ancestor_ids, composition_of, configuration_text, descendant_ids

MOST = 12
FEWEST_REPLICATES = 3
_LOOKED_AT = 200
_FURNACE = (Process.Kind.CALCINATION, Process.Kind.SINTERING, Process.Kind.CO_SINTERING)
_ALIKE = {"specific_current": 0.1, "upper_cutoff_voltage": 0.01, "lower_cutoff_voltage": 0.02}
_SAME_FRACTION = 2  # decimals
_FORGOTTEN_FOR = timedelta(minutes=5)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beside:
    """A run to be read, of this cell or of one beside it.

    Attributes:
        role: What the cell is to the one that is looked at.
        run: The run.
        facts: Cell, temperature, powder lots and furnace runs, as plain values.
    """

    role: str
    run: AnalysisRun
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def temperature_parameter(self) -> str:
        """Under which name the temperature of its test is noted as read."""
        return f"temperature of {self.facts['cell']}"[:60]


def runs_beside(measurement: Measurement) -> list[Beside]:
    """The runs that a kernel reads which compares a test with those of other cells; empty where there are no others."""
    cell = _cells([measurement.sample_id]).get(measurement.sample_id)
    own = _current_runs([measurement.pk]).get(measurement.pk, {})
    if cell is None or not {CAPACITY, CURVES} <= own.keys():
        return []
    found = [*_twins(cell), *_replicates(cell, measurement)]
    if not found:
        return []
    runs = _current_runs(key for _, _, key in found)
    read = [Beside(OWN, own[kernel], _facts(cell, measurement)) for kernel in (CAPACITY, CURVES)]
    tests = Measurement.objects.in_bulk([key for _, _, key in found])
    for role, other, key in found:
        facts = _facts(other, tests[key])
        kernels = (CAPACITY, CURVES) if role == TWIN else (CAPACITY,)
        read += [Beside(role, runs[key][kernel], facts) for kernel in kernels if kernel in runs[key]]
    return read


def readers_of(measurement: Measurement) -> list[Measurement]:
    """The test itself and those beside which it stands: all whose comparison reads its results."""
    cell = _cells([measurement.sample_id]).get(measurement.sample_id)
    if cell is None or measurement.technique != "cycling":
        return []
    keys = [key for _, _, key in _replicates(cell, measurement, fewest=1)]
    if cell.electrolyte_class == Cell.ElectrolyteClass.LIQUID:
        solid = _cells(descendant_ids(_lots(cell)), cell, simulated=cell.simulated).values()
        keys += _tests_of([c for c in solid if c.electrolyte_class not in {"", Cell.ElectrolyteClass.LIQUID}]).values()
    others = Measurement.objects.in_bulk(keys)
    return [measurement, *(others[key] for key in dict.fromkeys(keys))]


def plan_related(measurement: Measurement) -> int:
    """Requests every kernel that reads results of other runs, for this test and for those beside which it stands.

    Returns:
        How many runs are new.
    """
    from analysis_tasks.services.planning import request_run
    from core.queues import Queue

    requested = 0
    for other in readers_of(measurement):
        queue = Queue.INTERACTIVE if other == measurement else Queue.BULK
        for kernel in (one for one in KERNELS if one.reads_runs and other.technique in one.techniques):
            if not runs_beside(other):
                continue
            try:
                requested += request_run(kernel, other, [], queue=queue, insist=False)[1]
            except ValidationError:
                log.exception("%s cannot be requested for %s", kernel.name, other.pk)
    return requested


def plan_unrelated(*, limit: int = 20) -> int:
    """Compares tests whose announcement was lost, because the worker died just after their run had ended.

    Returns:
        How many runs were requested.
    """
    since = timezone.now() - _FORGOTTEN_FOR
    fresh = Slot.objects.filter(kernel=CURVES, preset="default", current_run__finished_at__gt=since)
    lost = fresh.exclude(current_run__readers__isnull=False).select_related("measurement")
    return sum(plan_related(slot.measurement) for slot in lost.order_by("-current_run__finished_at")[:limit])


def sources_of(kernel: Kernel, measurement: Measurement) -> list[Beside]:
    """What a kernel reads of other runs; nothing where it reads datasets."""
    return [one for one in runs_beside(measurement) if one.run.release.name in kernel.reads_runs]


def source_metadata(source: RunSource) -> dict[str, Any]:
    """What a kernel is told of a run that it reads."""
    results = Result.objects.filter(run=source.source_id).order_by("quantity", "pk")
    return {
        "role": source.role,
        "kernel": source.source.release.name,
        "facts": source.facts,
        "values": [
            {"quantity": row.quantity, "value": row.value, "uncertainty": row.uncertainty, "index": row.index}
            for row in results
        ],
    }


def source_input(source: RunSource) -> KernelInput:
    """A run that another one reads, as its kernel sees it."""
    tables = {one.name: load_table(one.blob) for one in source.source.artifacts.select_related("blob")}
    return KernelInput(tables, source_metadata(source))


# -- which cells ----------------------------------------------------------------------------------------------------


def _cells(keys: Iterable[UUID], of: Cell | None = None, **alike: Any) -> dict[UUID, Cell]:
    """Cells that stand, with their layers; of the same project as another one."""
    layers: Any = CellLayer.objects.select_related("sample").prefetch_related("components__material")
    rows = standing(Cell.objects.filter(pk__in=list(keys), **alike)).prefetch_related(Prefetch("layers", layers))
    if of is not None:
        rows = rows.filter(project=of.project_id).exclude(pk=of.pk)
    return {cell.pk: cell for cell in rows}


def _lots(cell: Cell) -> list[UUID]:
    """The powder lots of its active material."""
    return [lot.pk for lot in _lot_samples(cell)]


def _lot_samples(cell: Cell) -> list[Sample]:
    cathode = next((layer for layer in cell.layers.all() if layer.role == CellLayer.Role.CATHODE), None)
    if cathode is None or cathode.sample is None:
        return []
    active = active_part(composition_of(cathode.sample))
    if active is None:
        return []
    keys = ancestor_ids([cell.pk])
    return list(Sample.objects.filter(pk__in=keys, kind=Sample.Kind.POWDER, material=active.material).order_by("code"))


def _twins(cell: Cell) -> list[tuple[str, Cell, UUID]]:
    if cell.electrolyte_class in {"", Cell.ElectrolyteClass.LIQUID}:
        return []
    below = descendant_ids(_lots(cell))
    liquid = _cells(below, cell, electrolyte_class=Cell.ElectrolyteClass.LIQUID, simulated=cell.simulated)
    tests = _tests_of(liquid.values())
    return [(TWIN, liquid[key], test) for key, test in list(tests.items())[:MOST]]


def _replicates(
    cell: Cell, measurement: Measurement, *, fewest: int = FEWEST_REPLICATES
) -> list[tuple[str, Cell, UUID]]:
    """Cells of the same recipe and kind, tested at the same rate and in the same window; temperatures may differ."""
    if not cell.electrolyte_class and not cell.cell_type:
        return []
    near = (
        standing(Cell.objects.filter(project=cell.project_id))
        .filter(electrolyte_class=cell.electrolyte_class, cell_type=cell.cell_type, simulated=cell.simulated)
        .order_by("-created_at")
        .values_list("pk", flat=True)[:_LOOKED_AT]
    )
    recipe = _recipe(cell)
    alike = [other for other in _cells(near, cell).values() if _recipe(other) == recipe] if recipe else []
    tests = _tests_of(alike)
    numbers = _conditions_of([measurement.pk, *tests.values()])
    own = numbers[measurement.pk]
    chosen = [
        (REPLICATE, other, tests[other.pk])
        for other in sorted(alike, key=lambda other: (other.created_at, other.code), reverse=True)
        if other.pk in tests and _tested_alike(own, numbers[tests[other.pk]])
    ][:MOST]
    return chosen if len(chosen) >= fewest else []


def _recipe(cell: Cell) -> tuple[Any, ...]:
    """Configuration text and weight fractions of the cathode; empty where the layers are not known."""
    text = configuration_text(cell)
    cathode = next((layer for layer in cell.layers.all() if layer.role == CellLayer.Role.CATHODE), None)
    if not text or cathode is None:
        return ()
    parts = composition_of(cathode.sample) if cathode.sample else []
    fractions = sorted((str(part.material), None if part.fraction is None else round(part.fraction, _SAME_FRACTION))
                       for part in parts)  # fmt: skip
    return (text, *fractions)


def _tests_of(cells: Iterable[Cell]) -> dict[UUID, UUID]:
    """The newest cycling test of each cell that has a capacity."""
    slots = (
        Slot.objects.filter(kernel=CAPACITY, preset="default", current_run__state=State.SUCCEEDED)
        .filter(measurement__in=standing(Measurement.objects.filter(sample__in=[cell.pk for cell in cells])))
        .order_by("measurement__sample", "measurement__created_at")
        .values_list("measurement__sample", "measurement")
    )
    return dict(slots)


def _current_runs(measurements: Iterable[UUID]) -> dict[UUID, dict[str, AnalysisRun]]:
    slots = Slot.objects.filter(
        measurement__in=list(measurements), kernel__in=(CAPACITY, CURVES), preset="default",
        current_run__state=State.SUCCEEDED,
    ).select_related("current_run__release")  # fmt: skip
    found: dict[UUID, dict[str, AnalysisRun]] = defaultdict(dict)
    for slot in slots:
        if slot.current_run is not None:
            found[slot.measurement_id][slot.kernel] = slot.current_run
    return found


def _conditions_of(measurements: Sequence[UUID]) -> dict[UUID, dict[str, float]]:
    current = Slot.objects.filter(measurement__in=measurements, kernel=CAPACITY, preset="default").values("current_run")
    rows = Result.objects.filter(run__in=current, quantity__in=list(_ALIKE))
    found: dict[UUID, dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row.measurement_id is not None:
            found[row.measurement_id][row.quantity] = row.value
    return found


def _tested_alike(own: dict[str, float], other: dict[str, float]) -> bool:
    return all(
        key in own and key in other and abs(own[key] - other[key]) <= part * abs(own[key])
        for key, part in _ALIKE.items()
    )


# -- what is known of them ------------------------------------------------------------------------------------------


def _facts(cell: Cell, measurement: Measurement) -> dict[str, Any]:
    above = ancestor_ids([cell.pk])
    firings = (
        Process.objects.filter(kind__in=_FURNACE, outputs__sample__in=above)
        .prefetch_related("outputs__sample", "thermal_steps")
        .order_by("created_at")
        .distinct()
    )
    return {
        "cell": cell.code,
        "temperature": measurement.temperature,
        "lots": [lot.code for lot in _lot_samples(cell)],
        "furnace_runs": [_firing(process) for process in firings],
    }


def _firing(process: Process) -> str:
    products = ", ".join(output.sample.code for output in process.outputs.all())
    program = "; ".join(str(step) for step in process.thermal_steps.all())
    day = f" on {process.started_at:%Y-%m-%d}" if process.started_at else ""
    return f"{process} of {products}{f' ({program})' if program else ''}{day}"
