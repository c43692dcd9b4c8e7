"""The figures of a measurement, each defined once: what the chart on the page draws and what is printed.

A figure is built from the stored tables of current runs, so that no page computes anything; every axis has its unit and
every figure says which run and file it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis_tasks.models import AnalysisRun, Artifact, Slot
from core.quantities import display_unit, format_value
from core.tables import Table
from measurements.models import Measurement
from measurements.store import load_table
from pages.figure_shape import Figure, Numbers, Series
from pages.impedance_figures import (
    activation,
    before_after,
    bode,
    growth,
    kramers_kronig,
    nyquist,
    relaxation_times,
    residuals,
)

_SAME_RATE = 0.05  # relative
_WIDE = 5.0  # times the smallest: such rates are drawn on a logarithmic axis
_STEEPEST = 5.0  # times the whole window over the whole charge: steeper ends would press all else flat


def curves(table: Table) -> Figure:
    """Charge and discharge curves."""
    capacity, unit = ("capacity", "mAh/g") if "capacity" in table else ("capacity_total", "mAh")
    series = list(_per_branch(table, capacity, "voltage", "V"))
    title = "Charge and discharge curves"
    return Figure(title, f"Capacity / {display_unit(unit)}", "q", "Voltage / V", series, shown=_first_and_last(series))


def differential(table: Table) -> Figure:
    """Differential capacity; that of discharge drawn downwards."""
    name, unit = ("differential_capacity", "mAh/g/V")
    if name not in table:
        name, unit = ("differential_capacity_total", "mAh/V")
    series = list(_per_branch(table, "voltage", name, "dQ/dV", downwards=True))
    left = f"dQ/dV / {display_unit(unit)}"
    return Figure("Differential capacity", "Voltage / V", "V", left, series, shown=_first_and_last(series))


def differential_voltage(table: Table) -> Figure:
    """Differential voltage over the charge of each branch; that of discharge drawn downwards."""
    charge, slope = "capacity", "differential_voltage"
    if charge not in table:
        charge, slope = "capacity_total", "differential_voltage_total"
    x, left = (display_unit(table.column(name).unit) for name in (charge, slope))
    highest = _STEEPEST * float(np.ptp(table["voltage"]) / np.nanmax(table[charge]))
    series = [
        replace(one, y=np.where(np.abs(one.y) <= highest, one.y, np.nan))
        for one in _per_branch(table, charge, slope, "dV/dQ", downwards=True)
    ]
    note = f"The steep ends above {highest:.2g} {left} are left out here; the files have them."
    return Figure(
        "Differential voltage",
        f"Capacity / {x}",
        "q",
        f"dV/dQ / {left}",
        series,
        shown=_first_and_last(series),
        notes=[note],
    )


def fade(table: Table, laws: Table) -> Figure:
    """Capacity over that of the reference cycle with the law that was chosen and its 95 % interval."""
    number = table["cycle"]
    series = [
        Series("Discharge", "Q/Q₀", number, table["retention"], "dots", colour=1),
        Series("Fitted", "fit", number, table["fitted"], colour=2),
        Series("95 %, lower", "lower", number, table["fitted_lower"], colour=2, dash=1),
        Series("95 %, upper", "upper", number, table["fitted_upper"], colour=2, dash=1),
    ]
    chosen = int(np.flatnonzero(laws["chosen"])[0])
    rate, low, high = (float(laws[name][chosen]) for name in ("rate", "rate_lower", "rate_upper"))
    law = str(laws["law"][chosen]).capitalize()
    note = (
        f"{law}, {laws['formula'][chosen]}: the simplest of {len(laws)} laws within 2 "
        f"of the lowest corrected Akaike criterion. Mean loss {rate:.4g} % per cycle (95 %: {low:.4g} to {high:.4g})."
    )
    return Figure("Capacity fade", "Cycle", "Cycle", "Capacity over the first / %", series, whole=True, notes=[note])


def cycles(table: Table) -> Figure:
    """Capacity and coulombic efficiency over the cycle."""
    suffix, unit = ("", "mAh/g") if "discharge_capacity" in table else ("_total", "mAh")
    number = table["cycle"]
    series = [
        Series(f"{word} capacity", word, number, table[f"{word.lower()}_capacity{suffix}"], kind)
        for word, kind in (("Charge", "open"), ("Discharge", "dots"))
    ]
    efficiency = table["coulombic_efficiency"]
    if np.isfinite(efficiency).any():
        series.append(Series("Coulombic efficiency", "CE", number, efficiency, "open", "right"))
    return Figure(
        "Capacity and coulombic efficiency",
        "Cycle",
        "Cycle",
        f"Capacity / {display_unit(unit)}",
        series,
        right="Coulombic efficiency / %",
        whole=True,
    )


def beside(table: Table) -> Figure:
    """First cycle of a cell and of its twins with liquid electrolyte, on one pair of axes."""
    cell, branch = table["cell"], table["branch"]
    cuts = np.flatnonzero((cell[1:] != cell[:-1]) | (branch[1:] != branch[:-1])) + 1
    colours = {name: place for place, name in enumerate(dict.fromkeys(cell.tolist()), start=1)}
    series = [
        Series(
            f"{cell[rows[0]]}, {branch[rows[0]]}",
            "V",
            table["capacity"][rows],
            table["voltage"][rows],
            colour=colours[str(cell[rows[0]])],
            dash=int(branch[rows[0]] == "charge"),
        )
        for rows in np.split(np.arange(len(table)), cuts)
    ]
    left = "Voltage / V"
    return Figure("Beside the same powder with liquid electrolyte", "Capacity / mAh/g", "q", left, series)


def rates(table: Table) -> Figure:
    """Mean discharge capacity of each block of cycles over its rate; a rate that was used before is a ring."""
    name, unit = (
        ("discharge_capacity", "mAh/g") if "discharge_capacity" in table else ("discharge_capacity_total", "mAh")
    )
    rate, capacity = table["c_rate"], table[name]
    again = np.array([np.any(np.abs(rate[:place] / rate[place] - 1.0) < _SAME_RATE) for place in range(len(rate))])
    series = [Series("First time at this rate", "q", rate[~again], capacity[~again], "dots", colour=1)]
    if again.any():
        series.append(Series("Later, at the same rate", "q", rate[again], capacity[again], "open", colour=1))
    spans = [
        f"{first}" if first == last else f"{first} to {last}"
        for first, last in zip(table["first_cycle"].tolist(), table["last_cycle"].tolist(), strict=True)
    ]
    said = [f"{span} at {format_value(float(f'{one:.3g}'), '')}" for span, one in zip(spans, rate, strict=True)]
    return Figure(
        "Rate capability",
        "C-rate / 1/h",
        "C",
        f"Discharge capacity / {display_unit(unit)}",
        series,
        log=bool(rate.max() > _WIDE * rate.min()),
        notes=[f"Means of the cycles {'; '.join(said)} 1/h."],
    )


def voltammogram(table: Table) -> Figure:
    """Current, per area where that is known, over the potential."""
    name = "current_density" if "current_density" in table else "current"
    left = "Current density" if name == "current_density" else "Current"
    cycle = table["cycle"]
    cuts = np.flatnonzero(cycle[1:] != cycle[:-1]) + 1
    series = [
        Series(f"Cycle {cycle[rows[0]]}", "I", table["potential"][rows], table[name][rows], choice=int(cycle[rows[0]]))
        for rows in np.split(np.arange(len(table)), cuts)
    ]
    unit = display_unit(table.column(name).unit)
    return Figure("Voltammogram", "Potential / V", "E", f"{left} / {unit}", series, shown=_first_and_last(series))


@dataclass(frozen=True)
class Kind:
    """A figure that a measurement may have.

    Attributes:
        key: Its name in addresses.
        title: Its name for people.
        kernel: Whose table it draws.
        table: Name of the table.
        build: Makes the figure.
        own: Whether it has a sheet of its own on the page, without a table beside it.
        also: Name of a second table of the same run that it draws.
    """

    key: str
    title: str
    kernel: str
    table: str
    build: Callable[..., Figure]
    own: bool = True
    also: str = ""


KINDS = {
    kind.key: kind
    for kind in (
        Kind("curves", "Charge and discharge curves", "cycling.curves", "curves", curves),
        Kind("cycles", "Capacity and coulombic efficiency", "cycling.capacity", "cycles", cycles, own=False),
        Kind("differential", "Differential capacity", "cycling.differential", "differential", differential),
        Kind("dvdq", "Differential voltage", "cycling.differential", "differential", differential_voltage),
        Kind("fade", "Capacity fade", "cycling.fade", "fade", fade, also="fade_laws"),
        Kind("rates", "Rate capability", "cycling.steps", "rates", rates),
        Kind("voltammogram", "Voltammogram", "cv.basics", "voltammogram", voltammogram),
        Kind("beside", "Beside the same powder with liquid electrolyte", "insights.related", "beside", beside),
        Kind("before_after", "Before and after cycling", "eis.before_after", "nyquist", before_after, also="fit"),
        Kind("growth", "What grew, by relaxation time", "eis.before_after", "drt_difference", growth),
        Kind("activation", "Activation energy", "eis.arrhenius", "arrhenius", activation, also="activation"),
        Kind("nyquist", "Nyquist plot", "eis.circuit_fit", "fit", nyquist, also="circuits"),
        Kind("bode", "Bode plot", "eis.circuit_fit", "fit", bode),
        Kind("residuals", "Residuals of the fit", "eis.circuit_fit", "fit", residuals),
        Kind("drt", "Relaxation times", "eis.drt", "drt", relaxation_times, also="peaks"),
        Kind(
            "validity", "Kramers-Kronig test", "eis.kramers_kronig", "residuals", kramers_kronig, also="kramers_kronig"
        ),
    )
}


_TABLES = {name for kind in KINDS.values() for name in (kind.table, kind.also) if name}


@dataclass(frozen=True)
class Available:
    """A figure that can be drawn: its kind and the table it comes from."""

    kind: Kind
    run: AnalysisRun
    artifact: Artifact
    also: Artifact | None = None

    @property
    def source_name(self) -> str:
        """Files behind the figure."""
        names = [entry.dataset.file.name for entry in self.run.inputs.all()]
        others = dict.fromkeys(str(source.facts.get("cell", "")) for source in self.run.sources.all())
        return ", ".join([*names, *(f"results of {code}" for code in others)])

    @property
    def source(self) -> str:
        """Sample, files, kernel and run behind the figure."""
        simulated = "; simulated data" if self.run.measurement.simulated else ""
        return f"{self.run.subject}: {self.source_name}; {self.run.release}; run {self.run.pk}{simulated}"


def available(measurement: Measurement) -> list[Available]:
    """The figures that the current runs of a measurement give, in the order of `KINDS`."""
    current = Slot.objects.filter(measurement=measurement, preset="default").values("current_run")
    artifacts = (
        Artifact.objects.filter(run__in=current, name__in=_TABLES)
        .select_related("blob", "run__release", "run__subject", "run__measurement")
        .prefetch_related("run__inputs__dataset__file", "run__sources")
    )
    by_table = {(artifact.run.release.name, artifact.name): artifact for artifact in artifacts}
    found = []
    for kind in KINDS.values():
        artifact, also = by_table.get((kind.kernel, kind.table)), by_table.get((kind.kernel, kind.also))
        if artifact is not None and artifact.rows and (also is not None or not kind.also):
            found.append(Available(kind, artifact.run, artifact, also))
    return found


def build(one: Available) -> Figure:
    """Draws nothing, computes nothing: loads the table and names axes and curves."""
    tables = [load_table(artifact.blob) for artifact in (one.artifact, one.also) if artifact is not None]
    figure = one.kind.build(*tables)
    return Figure(**{**vars(figure), "source": one.source})


def chart(figure: Figure) -> dict[str, Any]:
    """The same for the chart module of the pages."""
    data: dict[str, Any] = {
        "x": {"label": figure.x, "short": figure.short, "values": [], "whole": figure.whole, "log": figure.log}
        | ({"names": figure.names} if figure.names else {}),
        "left": figure.left,
        "right": figure.right,
        "equal": figure.equal,
        "notes": figure.notes,
        "series": [_as_chart(series) for series in figure.series],
    }
    if figure.shown:
        choices = sorted({series.choice for series in figure.series if series.choice is not None})
        return {**data, "choice": {"label": "Cycle", "values": choices, "shown": figure.shown}}
    return data


def _as_chart(series: Series) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "label": series.label,
        "short": series.short,
        "axis": series.axis,
        "kind": series.kind,
        "x": plain(series.x),
        "values": plain(series.y),
    }
    if series.colour is not None:
        shown |= {"colour": series.colour, "dash": series.dash}
    return shown if series.choice is None else {**shown, "choice": series.choice}


def plain(values: Numbers) -> Numbers:
    """Contiguous float64, infinities as NaN, which becomes null."""
    numbers = np.ascontiguousarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _per_branch(table: Table, x: str, y: str, short: str, *, downwards: bool = False) -> Iterator[Series]:
    """A series for each stretch of one cycle and branch, in the order of the table."""
    cycle, branch = table["cycle"], table["branch"]
    cuts = np.flatnonzero((cycle[1:] != cycle[:-1]) | (branch[1:] != branch[:-1])) + 1
    for rows in np.split(np.arange(len(table)), cuts):
        number, name = int(cycle[rows[0]]), str(branch[rows[0]])
        sign = -1.0 if downwards and name == "discharge" else 1.0
        yield Series(f"Cycle {number}, {name}", short, table[x][rows], sign * table[y][rows], choice=number)


def _first_and_last(series: list[Series]) -> list[int]:
    numbers = sorted({one.choice for one in series if one.choice})
    return sorted({numbers[0], numbers[-1]}) if numbers else [one.choice or 0 for one in series[:1]]
