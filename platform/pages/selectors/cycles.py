"""The per-cycle table of a run, cut to the columns a person looks at first."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_tasks.models import AnalysisRun, Artifact
from core.records import GoneError
from core.tables import Column, Table
from measurements.store import load_table
from measurements.tables import label_of
from pages.numbers import for_reading

TABLE = "cycles"
_SHOWN_ROWS = 60
_CAPACITIES = ("charge_capacity", "discharge_capacity")
_OTHERS = (
    "coulombic_efficiency",
    "energy_efficiency",
    "mean_charge_voltage",
    "mean_discharge_voltage",
    "polarisation",
)


@dataclass(frozen=True)
class CycleTable:
    """Headers and texts of the rows shown, of how many there are."""

    headers: list[str]
    rows: list[list[str]]
    total: int
    has_mass: bool


def cycles_artifact(run: AnalysisRun) -> Artifact | None:
    """The stored per-cycle table of a run."""
    return run.artifacts.filter(name=TABLE).select_related("blob").first()


def cycle_rows(run: AnalysisRun, *, every: bool = False) -> CycleTable | None:
    """The table of a run, None where it has none or its bytes were removed; the first rows only unless `every`."""
    artifact = cycles_artifact(run)
    if artifact is None:
        return None
    try:
        table = load_table(artifact.blob)
    except GoneError:
        return None
    columns = [table.column("cycle"), *_chosen(table)]
    shown = len(table) if every else min(len(table), _SHOWN_ROWS)
    texts = [[_text(column, row) for column in columns] for row in range(shown)]
    return CycleTable([label_of(column) for column in columns], texts, len(table), "discharge_capacity" in table)


def _chosen(table: Table) -> list[Column]:
    suffix = "" if "discharge_capacity" in table else "_total"
    names = [f"{name}{suffix}" for name in _CAPACITIES] + list(_OTHERS)
    return [table.column(name) for name in names if name in table]


def _text(column: Column, row: int) -> str:
    value = column.values[row]
    if column.values.dtype.kind in "iu":
        return str(value)
    return for_reading(float(value), column.unit)
