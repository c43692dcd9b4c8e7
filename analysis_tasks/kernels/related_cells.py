"""The cells that stand beside one: what their runs gave, and what is known of where they come from.

Filled from the results of other runs, so that `insights_related` reads no file again and computes no capacity twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis_tasks.kernels.base import KernelInput, NotApplicable
from core.tables import Table

OWN, TWIN, REPLICATE = "own", "twin", "replicate"
CAPACITY, CURVES = "cycling.capacity", "cycling.curves"


@dataclass(frozen=True, eq=False)
class RelatedCell:
    """One cell with the results of its test.

    Attributes:
        code: Its label.
        role: `own`, `twin` (liquid electrolyte, same powder lot) or `replicate`.
        temperature: Of the test in °C; None where it is not recorded.
        origins: What it shares with others, in words: powder lots, furnace runs, temperature of the test.
        lots: The powder lots of its active material.
        values: Numbers by quantity; of those of many cycles that of the first one.
        relative_uncertainty: Of the capacity, from the mass; 0 where it is not known.
        curves: Table `curves` of its test; None where there is none.
    """

    code: str
    role: str
    temperature: float | None
    origins: tuple[str, ...]
    lots: tuple[str, ...]
    values: Mapping[str, float]
    relative_uncertainty: float
    curves: Table | None


def cells_of(inputs: tuple[KernelInput, ...]) -> tuple[RelatedCell, list[RelatedCell]]:
    """The cell itself and those beside it, in the order of the inputs.

    Raises:
        NotApplicable: The results of the cell itself are not among the inputs, or there is no other cell.
    """
    found: dict[tuple[str, str], list[KernelInput]] = {}
    for one in inputs:
        if {"role", "kernel", "facts", "values"} <= one.metadata.keys():
            found.setdefault((str(one.metadata["role"]), str(one.metadata["facts"]["cell"])), []).append(one)
    cells = [_cell(*key, parts) for key, parts in found.items()]
    own = [cell for cell in cells if cell.role == OWN]
    if len(own) != 1 or len(cells) < 2:
        raise NotApplicable(
            "there is nothing to compare with: it needs the results of this cell, and those of a cell with liquid "
            "electrolyte and powder of the same lot or of replicates"
        )
    return own[0], [cell for cell in cells if cell.role != OWN]


def first_curves(cells: Iterable[RelatedCell]) -> list[tuple[RelatedCell, str, np.ndarray[Any, Any], Table]]:
    """Branches of the first cycle of each cell that has curves per gram: cell, branch, rows, table."""
    found = []
    for cell in cells:
        table = cell.curves
        if table is None or "capacity" not in table:
            continue
        numbers = table["cycle"][table["cycle"] > 0]
        if len(numbers):
            first = table["cycle"] == numbers.min()
            for branch in ("charge", "discharge"):
                rows = np.flatnonzero(first & (table["branch"] == branch))
                if len(rows):
                    found.append((cell, branch, rows, table))
    return found


def _cell(role: str, code: str, parts: list[KernelInput]) -> RelatedCell:
    by_kernel = {str(part.metadata["kernel"]): part for part in parts}
    facts = parts[0].metadata["facts"]
    values: dict[str, float] = {}
    uncertainty = 0.0
    if CAPACITY in by_kernel:
        entries = by_kernel[CAPACITY].metadata["values"]
        for entry in sorted(entries, key=lambda entry: int(entry["index"].get("cycle", 0))):
            values.setdefault(entry["quantity"], float(entry["value"]))
            if entry["quantity"] == "initial_discharge_capacity" and entry["uncertainty"] and entry["value"]:
                uncertainty = float(entry["uncertainty"]) / float(entry["value"])
    temperature = facts.get("temperature")
    lots = tuple(str(lot) for lot in facts.get("lots", ()))
    origins = [f"powder lot {lot}" for lot in lots]
    origins += [f"furnace run {run}" for run in facts.get("furnace_runs", ())]
    if temperature is not None:
        origins.append(f"test at {float(temperature):g} °C")
    return RelatedCell(
        code=code,
        role=role,
        temperature=None if temperature is None else float(temperature),
        origins=tuple(origins),
        lots=lots,
        values=values,
        relative_uncertainty=uncertainty,
        curves=by_kernel[CURVES].tables.get("curves") if CURVES in by_kernel else None,
    )
