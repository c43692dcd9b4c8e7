"""What other cells tell about one: how much of its twin with liquid electrolyte it uses, and whether it is an outlier.

It reads results of other runs and no files. Deviations are judged by the modified z-score of Iglewicz and Hoaglin (How
to Detect and Handle Outliers, ASQC 1993): distance from the median of the others over 1.4826 times their median
absolute deviation, above 3.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.related_cells import (
    CAPACITY,
    CURVES,
    REPLICATE,
    TWIN,
    RelatedCell,
    cells_of,
    first_curves,
)
from core.tables import Column, Table

_INITIAL, _RATE = "initial_discharge_capacity", "specific_current"
_SAME_CYCLES = 0.1
_OTHER_RATE = 0.2
_OTHER_TEMPERATURE = 5.0  # K
_TO_DEVIATION = 1.4826  # of a normal distribution: standard deviation over median absolute deviation

COMPARED = {
    "initial_discharge_capacity": ("initial discharge capacity", "mAh/g", 0.02),
    "capacity_retention": ("capacity retention", "%", 0.02),
    "coulombic_efficiency": ("first coulombic efficiency", "%", 0.005),
    "polarisation": ("first polarisation", "V", 0.10),
}
"""Name, unit and least relative spread that replicates of a laboratory are taken to have, by quantity."""

_PARAMETERS = (
    Parameter("least_replicates", "Fewest other replicates by which an outlier is judged.", default=3),
    Parameter("threshold", "Modified z-score above which a value is called an outlier.", unit="1", default=3.5),
)


@dataclass(frozen=True)
class Deviation:
    """How one number of the cell stands among its replicates.

    Attributes:
        quantity: Which number.
        value: The cell's.
        median: Of the others.
        spread: Robust standard deviation of the others, at least what a laboratory's replicates have.
        count: How many others.
        score: Distance from the median over the spread.
        alike: Others that deviate to the same side.
        rest: Others that do not.
    """

    quantity: str
    value: float
    median: float
    spread: float
    count: int
    score: float
    alike: tuple[RelatedCell, ...]
    rest: tuple[RelatedCell, ...]


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel on the results of a cell and of those beside it.

    Returns:
        Utilisation of the twin, deviations from the replicates, the tables `related` (one row per cell), `deviations`
        and `beside` (first cycles of the cell and its twins), and suggestions as warnings.

    Raises:
        NotApplicable: There is no other cell to compare with.
    """
    own, others = cells_of(inputs)
    least, threshold = int(parameters["least_replicates"] or 0), float(parameters["threshold"] or 0.0)
    twins = [cell for cell in others if cell.role == TWIN and cell.values.get(_INITIAL)]
    replicates = [cell for cell in others if cell.role == REPLICATE]
    deviations = list(_deviations(own, replicates, max(least, 3), threshold))
    share = _utilisation(own, twins)
    values = [Value("utilisation_of_twin", *share)] if share else []
    values += [
        Value(
            "deviation_from_replicates",
            100.0 * (one.value - one.median) / abs(one.median),
            100.0 * one.spread / abs(one.median),
            {"quantity": one.quantity},
        )
        for one in deviations
    ]
    words = (
        *(_twin_words(own, twins, share[0]) if share else ()),
        *(sentence for one in deviations if abs(one.score) > threshold for sentence in _outlier_words(own, one)),
    )
    tables = [_related_table([own, *others])]
    tables += [_deviations_table(deviations)] if deviations else []
    beside = _beside_table(own, twins)
    return Output(tuple(values), tuple([*tables, beside] if beside else tables), tuple(words))


def _utilisation(own: RelatedCell, twins: list[RelatedCell]) -> tuple[float, float | None] | None:
    """Capacity over the median of the twins in %, and its standard uncertainty from masses and spread of the twins."""
    mine = own.values.get(_INITIAL)
    if mine is None or not twins:
        return None
    capacities = np.array([twin.values[_INITIAL] for twin in twins])
    reference = float(np.median(capacities))
    share = 100.0 * mine / reference
    relative = math.hypot(own.relative_uncertainty, max(twin.relative_uncertainty for twin in twins))
    if len(twins) > 1:
        relative = math.hypot(relative, float(np.std(capacities, ddof=1)) / reference / math.sqrt(len(twins)))
    return share, share * relative if relative > 0 else None


def _deviations(own: RelatedCell, replicates: list[RelatedCell], least: int, threshold: float) -> Iterator[Deviation]:
    for quantity, (_, _, floor) in COMPARED.items():
        mine = own.values.get(quantity)
        cells = [cell for cell in replicates if quantity in cell.values and _as_long(own, cell, quantity)]
        if mine is None or len(cells) < least:
            continue
        numbers = np.array([cell.values[quantity] for cell in cells])
        median = float(np.median(numbers))
        if median == 0.0:
            continue
        spread = max(_TO_DEVIATION * float(np.median(np.abs(numbers - median))), floor * abs(median))
        side = math.copysign(1.0, mine - median)
        far = side * (numbers - median) > threshold * spread
        alike = tuple(cell for cell, is_far in zip(cells, far, strict=True) if is_far)
        rest = tuple(cell for cell, is_far in zip(cells, far, strict=True) if not is_far)
        yield Deviation(quantity, mine, median, spread, len(cells), (mine - median) / spread, alike, rest)


def _as_long(own: RelatedCell, cell: RelatedCell, quantity: str) -> bool:
    """Retention is compared only after about as many cycles."""
    if quantity != "capacity_retention":
        return True
    mine, theirs = own.values.get("cycle_count", 0.0), cell.values.get("cycle_count", 0.0)
    return abs(mine - theirs) <= _SAME_CYCLES * max(mine, theirs)


def _twin_words(own: RelatedCell, twins: list[RelatedCell], share: float) -> Iterator[str]:
    codes = ", ".join(twin.code for twin in twins)
    reference = float(np.median([twin.values[_INITIAL] for twin in twins]))
    lots = sorted(set(own.lots).intersection(*(twin.lots for twin in twins)))
    lot = f" {', '.join(lots)}" if lots else ""
    found = (
        f"powder of the same lot{lot} gives {reference:.4g} mAh/g with liquid electrolyte ({codes}); here it gives "
        f"{own.values[_INITIAL]:.4g} mAh/g, {share:.3g} % of that"
    )
    if share < 95.0:
        found += (
            ": this suggests that a part of the active material is not reached by ions or electrons, or that the "
            "discharge ends early by polarisation"
        )
        mine = own.values.get("polarisation")
        theirs = [twin.values["polarisation"] for twin in twins if "polarisation" in twin.values]
        if mine is not None and theirs:
            found += f" ({1000 * mine:.0f} mV against {1000 * float(np.median(theirs)):.0f} mV)"
    elif share > 102.0:
        found += ": more than the powder gives in a liquid cell; check the active mass of both"
    yield found
    for twin in twins:
        yield from _unlike(own, twin)


def _unlike(own: RelatedCell, twin: RelatedCell) -> Iterator[str]:
    mine, theirs = own.values.get(_RATE), twin.values.get(_RATE)
    if mine and theirs and abs(mine - theirs) > _OTHER_RATE * max(mine, theirs):
        yield (
            f"{twin.code} was discharged at {theirs:.3g} mA/g, this cell at {mine:.3g} mA/g: a part is due to the rate"
        )
    if None in (own.temperature, twin.temperature):
        return
    if abs(own.temperature - twin.temperature) > _OTHER_TEMPERATURE:  # type: ignore[operator]
        yield (
            f"{twin.code} was tested at {twin.temperature:g} °C, this cell at {own.temperature:g} °C: a part is due to "
            "the temperature"
        )


def _outlier_words(own: RelatedCell, one: Deviation) -> Iterator[str]:
    name, unit, _ = COMPARED[one.quantity]
    side = "above" if one.score > 0 else "below"
    found = (
        f"possibly an outlier: its {name} of {one.value:.4g} {unit} lies {abs(one.score):.2g} robust standard "
        f"deviations {side} the median {one.median:.4g} {unit} of {one.count} replicates"
    )
    yield f"{found}; {_shared(own, one)}"


def _shared(own: RelatedCell, one: Deviation) -> str:
    """What sets those that deviate apart from those that do not."""
    suspects = (own, *one.alike)
    common = [origin for origin in own.origins if all(origin in cell.origins for cell in one.alike)]
    apart = [origin for origin in common if not any(origin in cell.origins for cell in one.rest)]
    together = f"{', '.join(cell.code for cell in one.alike)} and this cell" if one.alike else "it"
    if apart:
        verb = "share" if len(suspects) > 1 else "has"
        others = ", ".join(cell.code for cell in one.rest)
        return f"{together} {verb} the {', the '.join(apart)}, which {others} do not: look there first"
    everywhere = [origin for origin in common if all(origin in cell.origins for cell in one.rest)]
    if everywhere:
        return (
            f"all of them have the {', the '.join(everywhere)} in common, so that the cause is rather in the cell "
            "itself (mass, assembly, contact)"
        )
    return "no powder lot, furnace run or temperature that is recorded sets it apart"


def _related_table(cells: list[RelatedCell]) -> Table:
    columns = [
        Column("cell", np.array([cell.code for cell in cells], dtype=str), "", "Cell"),
        Column("role", np.array([cell.role for cell in cells], dtype=str), "", "Role"),
        Column("origins", np.array(["; ".join(cell.origins) for cell in cells], dtype=str), "", "Origin and test"),
    ]
    for quantity, (name, unit, _) in COMPARED.items():
        numbers = np.array([cell.values.get(quantity, math.nan) for cell in cells], dtype=np.float64)
        columns.append(Column(quantity, numbers, unit, f"{name[0].upper()}{name[1:]} / {unit}"))
    return Table("related", tuple(columns))


def _deviations_table(deviations: list[Deviation]) -> Table:
    def numbers(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([getattr(one, name) for one in deviations], dtype=np.float64)

    return Table(
        "deviations",
        (
            Column("quantity", np.array([one.quantity for one in deviations], dtype=str), "", "Quantity"),
            Column("value", numbers("value"), "", "This cell"),
            Column("median", numbers("median"), "", "Median of the others"),
            Column("spread", numbers("spread"), "", "Robust standard deviation"),
            Column("score", numbers("score"), "", "Modified z-score"),
            Column("replicates", numbers("count"), "", "Other replicates"),
        ),
    )


def _beside_table(own: RelatedCell, twins: list[RelatedCell]) -> Table | None:
    """First cycles for one pair of axes, as Figs. S7 and S8 show them apart."""
    parts = first_curves([own, *twins])
    if {cell.role for cell, *_ in parts} != {own.role, TWIN}:
        return None
    lengths = [len(rows) for _, _, rows, _ in parts]

    def text(values: list[str]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        return np.repeat(np.array(values, dtype=str), lengths)

    return Table(
        "beside",
        (
            Column("cell", text([cell.code for cell, *_ in parts]), "", "Cell"),
            Column("role", text([cell.role for cell, *_ in parts]), "", "Role"),
            Column("branch", text([branch for _, branch, *_ in parts]), "", "Branch"),
            Column(
                "capacity",
                np.concatenate([table["capacity"][rows] for *_, rows, table in parts]),
                "mAh/g",
                "Capacity / mAh/g",
            ),
            Column(
                "voltage", np.concatenate([table["voltage"][rows] for *_, rows, table in parts]), "V", "Voltage / V"
            ),
        ),
    )


KERNEL = Kernel(
    name="insights.related",
    version="1",
    label="Suggestions from other cells",
    description=(
        "Compares a cell with the cell with liquid electrolyte whose active material is of the same powder lot "
        "(utilisation), and with its replicates by the modified z-score; where a number is an outlier it names the "
        "powder lot, furnace run or temperature that those which deviate share and the others do not. Reads the "
        "results of the other cells; when those change it is computed again. Suggestions with their "
        "numbers, not verdicts."
    ),
    techniques=("cycling",),
    tables=(),
    parameters=_PARAMETERS,
    yields=("utilisation_of_twin", "deviation_from_replicates"),
    run=run,
    tolerance=1e-6,
    reads_runs=(CAPACITY, CURVES),
)
