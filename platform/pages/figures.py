"""The figures of a measurement, each defined once: what the chart on the page draws and what is printed.

A figure is built from the stored tables of current runs, so that no page computes anything; every axis has its unit and
every figure says which run and file it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.models import AnalysisRun, Artifact, Slot
from core.quantities import display_unit
from core.tables import Table
from measurements.models import Measurement
from measurements.store import load_table

Numbers = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Series:
    """Points of one curve.

    Attributes:
        label: Its name in the legend.
        short: What its ordinate is called in a read-out.
        x, y: The points.
        kind: `line`, `dots` or `open`.
        axis: `left` or `right`.
        choice: The cycle it belongs to, where a reader chooses among many.
        colour, dash: Its colour and dash, counted from 1 and 0, where several records are drawn together.
    """

    label: str
    short: str
    x: Numbers
    y: Numbers
    kind: str = "line"
    axis: str = "left"
    choice: int | None = None
    colour: int | None = None
    dash: int = 0


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure.

    Attributes:
        title: What it shows.
        x, left, right: Names of the axes with their units.
        short: What the abscissa is called in a read-out.
        series: The curves.
        source: File, kernel and run, for the caption.
        shown: Choices shown at first.
        equal: The same length for the same number on both axes.
        log: The abscissa is logarithmic.
        whole: The abscissa counts.
        names: What stands at the abscissae 1, 2, 3 ... of bars instead of numbers.
        notes: What was left out, and why.
    """

    title: str
    x: str
    short: str
    left: str
    series: list[Series]
    right: str = ""
    source: str = ""
    shown: list[int] = field(default_factory=list)
    equal: bool = False
    log: bool = False
    whole: bool = False
    names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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


def nyquist(table: Table) -> Figure:
    """Impedance in the complex plane with the fitted circuit."""
    series = []
    for number, rows in _spectra(table):
        name = "" if number is None else f" {number}"
        series += [
            Series(f"Measured{name}", "−Im Z", table["real"][rows], -table["imaginary"][rows], "open"),
            Series(f"Fitted{name}", "−Im Z", table["fitted_real"][rows], -table["fitted_imaginary"][rows]),
        ]
    return Figure("Nyquist plot", "Re Z / Ω", "Re Z", "−Im Z / Ω", series, equal=True)


def bode(table: Table) -> Figure:
    """Modulus (decadic logarithm) and phase over the frequency."""
    series = []
    for number, rows in _spectra(table):
        name, frequency = "" if number is None else f" {number}", table["frequency"][rows]
        for word, kind, prefix in (("measured", "open", ""), ("fitted", "line", "fitted_")):
            impedance = table[f"{prefix}real"][rows] + 1j * table[f"{prefix}imaginary"][rows]
            modulus, phase = np.log10(np.abs(impedance)), -np.degrees(np.angle(impedance))
            series.append(Series(f"|Z| {word}{name}", "lg |Z|", frequency, modulus, kind))
            series.append(Series(f"Phase {word}{name}", "−φ", frequency, phase, kind, "right"))
    left = "lg(|Z| / Ω)"
    return Figure("Bode plot", "Frequency / Hz", "f", left, series, right="−Phase / °", log=True)


def before_after(table: Table, fit: Table) -> Figure:
    """Spectra before and after cycling with one circuit fitted to both, per area where that is known."""
    unit = display_unit(table.column("real").unit)
    series = []
    for (_, rows), (_, fitted), word in zip(_spectra(table), _spectra(fit), ("Before", "After"), strict=False):
        factor = float(np.median(table["real"][rows] / fit["real"][fitted]))
        series += [
            Series(f"{word}, measured", "−Im Z", table["real"][rows], table["minus_imaginary"][rows], "open"),
            Series(
                f"{word}, fitted",
                "−Im Z",
                factor * fit["fitted_real"][fitted],
                -factor * fit["fitted_imaginary"][fitted],
            ),
        ]
    return Figure("Impedance before and after cycling", f"Re Z / {unit}", "Re Z", f"−Im Z / {unit}", series, equal=True)


def growth(table: Table) -> Figure:
    """Distributions of relaxation times before and after cycling, and their difference."""
    tau = table["relaxation_time"]
    series = [Series(word, "γ", tau, table[word.lower()]) for word in ("Before", "After", "Difference")]
    return Figure("What grew, by relaxation time", "Relaxation time / s", "τ", "γ(ln τ) / Ω", series, log=True)


def residuals(table: Table) -> Figure:
    """Residuals of the circuit fit over the frequency."""
    series = []
    for number, rows in _spectra(table):
        name = "" if number is None else f" {number}"
        for word, column, kind in (("Re", "real_residual", "dots"), ("Im", "imaginary_residual", "open")):
            series.append(Series(f"{word} Z{name}", word, table["frequency"][rows], table[column][rows], kind))
    return Figure("Residuals of the fit", "Frequency / Hz", "f", "Residual over |Z| / %", series, log=True)


def relaxation_times(table: Table) -> Figure:
    """Distribution of relaxation times."""
    series = [
        Series(
            "Distribution" + ("" if number is None else f" {number}"),
            "γ",
            table["relaxation_time"][rows],
            table["gamma"][rows],
        )
        for number, rows in _spectra(table)
    ]
    return Figure("Relaxation times", "Relaxation time / s", "τ", "γ(ln τ) / Ω", series, log=True)


def beside(table: Table) -> Figure:
    """First cycle of a cell and of its twins with liquid electrolyte, on one pair of axes."""
    cell, branch = table["cell"], table["branch"]
    cuts = np.flatnonzero((cell[1:] != cell[:-1]) | (branch[1:] != branch[:-1])) + 1
    series = [
        Series(f"{cell[rows[0]]}, {branch[rows[0]]}", "V", table["capacity"][rows], table["voltage"][rows])
        for rows in np.split(np.arange(len(table)), cuts)
    ]
    left = "Voltage / V"
    return Figure("Beside the same powder with liquid electrolyte", "Capacity / mAh/g", "q", left, series)


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
        Kind("beside", "Beside the same powder with liquid electrolyte", "insights.related", "beside", beside),
        Kind("before_after", "Before and after cycling", "eis.before_after", "nyquist", before_after, also="fit"),
        Kind("growth", "What grew, by relaxation time", "eis.before_after", "drt_difference", growth),
        Kind("nyquist", "Nyquist plot", "eis.circuit_fit", "fit", nyquist),
        Kind("bode", "Bode plot", "eis.circuit_fit", "fit", bode),
        Kind("residuals", "Residuals of the fit", "eis.circuit_fit", "fit", residuals),
        Kind("drt", "Relaxation times", "eis.drt", "drt", relaxation_times),
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
        Artifact.objects.filter(run__in=current, rows__gt=0, name__in=_TABLES)
        .select_related("blob", "run__release", "run__subject", "run__measurement")
        .prefetch_related("run__inputs__dataset__file", "run__sources")
    )
    by_table = {(artifact.run.release.name, artifact.name): artifact for artifact in artifacts}
    found = []
    for kind in KINDS.values():
        artifact, also = by_table.get((kind.kernel, kind.table)), by_table.get((kind.kernel, kind.also))
        if artifact is not None and (also is not None or not kind.also):
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


def _spectra(table: Table) -> Iterator[tuple[int | None, Numbers]]:
    """Rows of each spectrum, numbered where there are several."""
    if "spectrum" not in table:
        yield None, np.arange(len(table))
        return
    numbers = np.unique(table["spectrum"])
    for number in numbers:
        yield (int(number) if len(numbers) > 1 else None), np.flatnonzero(table["spectrum"] == number)
