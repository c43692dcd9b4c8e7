"""The walk over samples and processes: the only part of the lineage without a fixed depth, so the database recurses.

Plain `UNION` visits each sample once, and the walk passes only through records that the person may see: what is closed
leaves no gap that could be noticed. Whoever asks for a depth gets a walk that counts its steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from core.fields import shown
from provenance.graph import Edge, Side
from provenance.selectors.scope import Scope
from samples.models import ProcessInput, ProcessOutput

_STEPS: dict[Side, str] = {
    "up": """
        JOIN samples_processoutput one ON one.sample_id = walk.id
        JOIN samples_processinput other ON other.process_id = one.process_id AND other.sample_id IS NOT NULL
    """,
    "down": """
        JOIN samples_processinput one ON one.sample_id = walk.id
        JOIN samples_processoutput other ON other.process_id = one.process_id
    """,
}
_ONLY_VISIBLE = """
        JOIN samples_process process ON process.id = one.process_id AND process.project_id = ANY(%(projects)s)
        JOIN samples_sample sample ON sample.id = other.sample_id AND sample.project_id = ANY(%(projects)s)
"""


def walk_samples(start: Iterable[UUID], side: Side, scope: Scope) -> tuple[list[UUID], bool]:
    """Samples that can be reached, the start among them, nearest first; and whether there are more than the limit."""
    counted = scope.steps is not None
    # A recursive query is evaluated only as far as its rows are fetched: LIMIT ends it early, however big the lot is.
    sql = f"""
        WITH RECURSIVE walk(id{", step" if counted else ""}) AS (
            SELECT unnest(%(start)s::uuid[]){", 0" if counted else ""}
            UNION
            SELECT other.sample_id{", walk.step + 1" if counted else ""}
            FROM walk
            {_STEPS[side]}
            {"" if scope.projects is None else _ONLY_VISIBLE}
            {"WHERE walk.step < %(steps)s" if counted else ""}
        )
        SELECT id FROM walk LIMIT %(limit)s
    """  # noqa: S608 (composed from constants of this module)
    bounds: dict[str, Any] = {
        "start": list(start),
        "projects": list(scope.projects or ()),
        "steps": scope.steps,
        "limit": scope.limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, bounds)
        found = [row[0] for row in cursor.fetchall()]
    return list(dict.fromkeys(found[: scope.limit])), len(found) > scope.limit


def material_edges(
    samples: set[str], processes: set[str], side: Side, scope: Scope
) -> tuple[list[Edge], list[Edge], bool]:
    """Edges between samples and processes on one side of these, by four queries.

    Returns:
        Edges into processes, edges out of processes, and whether there are more than the limit.
    """
    inputs = _visible(ProcessInput.objects.filter(sample__isnull=False), scope).order_by("process", "order")
    outputs = _visible(ProcessOutput.objects.all(), scope).order_by("process", "order")
    if side == "up":
        nearest = inputs.filter(process__in=processes).values_list("sample", flat=True)
    else:
        nearest = outputs.filter(process__in=processes).values_list("sample", flat=True)
    start = {*map(UUID, samples), *(nearest if processes else ())}
    if not start and not processes:
        return [], [], False
    reached, more = walk_samples(start, side, scope)
    first, second = (outputs, inputs) if side == "up" else (inputs, outputs)
    through = list(first.filter(sample__in=reached))
    steps = {row.process_id for row in through} | set(map(UUID, processes))
    beyond = list(second.filter(process__in=steps, sample__in=reached))
    into, out = (beyond, through) if side == "up" else (through, beyond)
    return [_input(row) for row in into], [_output(row) for row in out], more


def _visible(rows: Any, scope: Scope) -> Any:
    if scope.projects is None:
        return rows
    return rows.filter(process__project__in=scope.projects, sample__project__in=scope.projects)


def _input(row: ProcessInput) -> Edge:
    return Edge(str(row.sample_id), str(row.process_id), row.role, row.weight_fraction, input_mass(row))


def _output(row: ProcessOutput) -> Edge:
    return Edge(str(row.process_id), str(row.sample_id), row.role or "product", detail=shown(row, "mass"))


def input_mass(row: ProcessInput) -> str:
    """The mass that went in, else the one that was planned; empty where neither is known."""
    return shown(row, "actual_mass") or shown(row, "planned_mass")
