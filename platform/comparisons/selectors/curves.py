"""The stored tables that curves of a comparison are drawn from: each row's of a current run, or those kept frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from analysis_tasks.models import Artifact, Slot
from comparisons.models import FrozenComparison
from comparisons.table import ComparisonTable, TableRow

CURVES: Final = {
    "curves": ("cycling.curves", "curves"),
    "differential": ("cycling.differential", "differential"),
    "cycles": ("cycling.capacity", "cycles"),
    "nyquist": ("eis.circuit_fit", "fit"),
}
"""Kernel and name of the table that a figure is drawn from."""


def curves_of(table: ComparisonTable, figure: str, measurements: Mapping[str, UUID]) -> dict[str, Artifact]:
    """The table behind each row's curve, by the row's key and by one query; none of groups and of other figures.

    Args:
        table: Whose rows are drawn.
        figure: A key of `CURVES`.
        measurements: The measurement that each row's numbers come from. Where it has no such curve, that of the
            latest measurement of the same cell or sample is drawn, unless the rows are measurements.
    """
    if figure not in CURVES:
        return {}
    kernel, name = CURVES[figure]
    subjects = [row.subject_id for row in table.rows if row.subject_id is not None]
    current = Slot.objects.filter(measurement__sample__in=subjects, kernel=kernel, preset="default")
    stored = Artifact.objects.filter(run__in=current.values("current_run"), name=name, rows__gt=0)
    in_order = list(stored.select_related("blob", "run__measurement").order_by("run__measurement__created_at"))
    found = {
        row.key: _of_row(row, in_order, measurements.get(row.key), alone=table.about == "measurements")
        for row in table.rows
        if row.subject_id is not None
    }
    return {key: artifact for key, artifact in found.items() if artifact is not None}


def kept_curves(frozen: FrozenComparison) -> dict[str, Artifact]:
    """The tables that were kept with a snapshot, by the row's key; their runs stay, whatever has superseded them."""
    keys: dict[str, Any] = {key: kept["artifact"] for key, kept in frozen.content.get("curves", {}).items()}
    stored = {str(one.pk): one for one in Artifact.objects.filter(pk__in=keys.values()).select_related("blob")}
    return {row: stored[key] for row, key in keys.items() if key in stored}


def as_kept(curves: Mapping[str, Artifact]) -> dict[str, Any]:
    """Curves as they stand in the content of a snapshot, so that its hash covers their bytes."""
    return {key: {"artifact": str(one.pk), "sha256": one.blob.sha256} for key, one in curves.items()}


def _of_row(row: TableRow, stored: Sequence[Artifact], measurement: UUID | None, *, alone: bool) -> Artifact | None:
    own = [one for one in stored if one.run.measurement_id == measurement]
    others = [one for one in stored if one.run.measurement.sample_id == row.subject_id and not alone]
    return own[-1] if own else others[-1] if others else None
