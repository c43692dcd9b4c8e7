"""What grew between two impedance spectra of one cell: initial against cycled.

Both spectra get the same circuit; resistances are compared arc by arc, as ratios with intervals. The first file is
`before`, the last one `after`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from analysis_tasks.kernels.arc_assignment import BANDS, assign, bands_of
from analysis_tasks.kernels.base import Kernel, KernelInput, NotApplicable, Output, ParameterValue, Value
from analysis_tasks.kernels.circuit_fitting import DETERMINED, Choice, Fit
from analysis_tasks.kernels.circuit_settings import (
    CIRCUIT,
    GEOMETRY,
    Geometry,
    fit_settings,
    fit_together,
    frequency_limits,
    geometry_of,
)
from analysis_tasks.kernels.fit_tables import choices_table, curve_table, parameters_table
from analysis_tasks.kernels.impedance_spectra import Spectrum, spectra_of, stacked
from analysis_tasks.kernels.relaxation_times import generalised_cross_validation, pose, solve
from core.tables import Column, Table

SAME_TEMPERATURE = 1.0  # K
_SAME_PROCESS = 1.5  # decades that a time constant may move and still be taken for the same process
_CONFIDENCE = 0.975


@dataclass(frozen=True)
class Change:
    """One resistance before and after.

    Attributes:
        name: `series`, `arc 1` ... or `total`.
        suggestion: What the arc may be.
        before: In ohm, with standard uncertainty.
        after: In ohm, with standard uncertainty.
        ratio: After over before.
        lower: Of the 95 % interval of the ratio.
        upper: Of the 95 % interval of the ratio.
        relative_uncertainty: Of the ratio.
    """

    name: str
    suggestion: str
    before: tuple[float, float]
    after: tuple[float, float]
    ratio: float
    lower: float
    upper: float
    relative_uncertainty: float

    @property
    def determined(self) -> bool:
        """Whether both spectra determine the resistance."""
        return all(uncertainty <= DETERMINED * value for value, uncertainty in (self.before, self.after))

    @property
    def verdict(self) -> str:
        """`grew`, `shrank`, `no significant change`, or `not determined`."""
        if not self.determined:
            return "not determined"
        return "grew" if self.lower > 1.0 else "shrank" if self.upper < 1.0 else "no significant change"


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel on two spectra of one cell.

    Returns:
        The ratio of each resistance, and the tables `changes`, `parameters`, `fit`, `circuits`, `nyquist` and
        `drt_difference`.

    Raises:
        NotApplicable: There are not two spectra.
        ParameterError: The circuit, a limit or the geometry cannot be what it is said to be.
    """
    settings, bands = fit_settings(parameters), bands_of(parameters)
    geometry, doubts = geometry_of(parameters)
    spectra, warnings = spectra_of(inputs, *frequency_limits(parameters))
    if len(spectra) < 2:
        raise NotApplicable("a comparison needs two spectra: the initial one first, the later one last")
    pair = [spectra[0], spectra[-1]]
    choice, tried = fit_together(pair, settings)
    before, after = choice.fits
    roles = assign([before.arc(arc) for arc in before.arcs], geometry, bands)
    changes = _changes(before, after, roles)
    values = [
        Value("resistance_ratio", change.ratio, change.ratio * change.relative_uncertainty, {"part": change.name})
        for change in changes
        if change.determined
    ]
    fits = list(zip(pair, choice.fits, strict=True))
    tables = (
        _changes_table(changes),
        stacked("parameters", [(spectrum, parameters_table(fit)) for spectrum, fit in fits]),
        stacked("fit", [(spectrum, curve_table(spectrum, fit)) for spectrum, fit in fits]),
        choices_table(choice, tried),
        stacked("nyquist", [(spectrum, _nyquist(spectrum, geometry)) for spectrum in pair]),
        _difference(pair),
    )
    sentences = (*_conditions(inputs, pair, len(spectra)), *_moved(before, after), *_growth(changes, choice))
    return Output(tuple(values), tables, (*doubts, *warnings, *sentences))


def _changes(before: Fit, after: Fit, roles: list[str]) -> list[Change]:
    series = [element.first for element in before.circuit.in_series if element.kind.symbol == "R"]
    arcs = [arc.resistor.first for arc in before.arcs]
    quantile = float(stdtrit(max(min(before.degrees_of_freedom, after.degrees_of_freedom), 1), _CONFIDENCE))
    named = [("series", "", series)] if series else []
    named += [(f"arc {n}", role, [place]) for n, (place, role) in enumerate(zip(arcs, roles, strict=True), start=1)]
    named.append(("total", "", [*series, *arcs]))
    return [_change(name, role, before.sum_of(places), after.sum_of(places), quantile) for name, role, places in named]


def _change(name: str, role: str, before: tuple[float, float], after: tuple[float, float], quantile: float) -> Change:
    """The ratio; its logarithm has the variance of both logarithms together, the spectra being independent."""
    ratio = after[0] / before[0]
    relative = math.hypot(before[1] / before[0], after[1] / after[0])
    factor = math.exp(min(quantile * relative, 700.0))
    return Change(name, role, before, after, ratio, ratio / factor, ratio * factor, relative)


def _changes_table(changes: list[Change]) -> Table:
    def column(name: str, unit: str, label: str, values: list[float]) -> Column:
        array = np.array(values, dtype=np.float64)
        return Column(name, np.where(np.isfinite(array), array, np.nan), unit, label)

    def known(change: Change, value: float) -> float:
        return value if change.determined else math.nan

    return Table(
        "changes",
        (
            Column("part", np.array([change.name for change in changes]), "", "Part"),
            Column("suggestion", np.array([change.suggestion for change in changes]), "", "Suggested to be"),
            column("before", "ohm", "Before / Ω", [change.before[0] for change in changes]),
            column("before_uncertainty", "ohm", "Uncertainty / Ω", [change.before[1] for change in changes]),
            column("after", "ohm", "After / Ω", [change.after[0] for change in changes]),
            column("after_uncertainty", "ohm", "Uncertainty / Ω", [change.after[1] for change in changes]),
            column("ratio", "", "After over before", [known(change, change.ratio) for change in changes]),
            column("ratio_lower", "", "95 % interval, from", [known(change, change.lower) for change in changes]),
            column("ratio_upper", "", "95 % interval, to", [known(change, change.upper) for change in changes]),
            Column("verdict", np.array([change.verdict for change in changes]), "", "Verdict"),
        ),
    )


def _nyquist(spectrum: Spectrum, geometry: Geometry) -> Table:
    """The spectrum for equal axes, per area where that is known."""
    area, unit, label = (geometry.area, "ohm*cm^2", "Ω·cm²") if geometry.area else (1.0, "ohm", "Ω")
    return Table(
        "nyquist",
        (
            Column("frequency", spectrum.frequency, "Hz", "Frequency / Hz"),
            Column("real", spectrum.impedance.real * area, unit, f"Z' / {label}"),
            Column("minus_imaginary", -spectrum.impedance.imag * area, unit, f"-Z'' / {label}"),
        ),
    )


def _difference(pair: list[Spectrum]) -> Table:
    """Distributions of relaxation times of both, over the window they share, and their difference."""
    low = max(spectrum.frequency[-1] for spectrum in pair) * (1.0 - 1e-9)
    high = min(spectrum.frequency[0] for spectrum in pair) * (1.0 + 1e-9)
    found = []
    for whole in pair:
        shared = whole.between(low, high)
        spectrum = shared if len(shared) >= 5 else whole
        problem = pose(spectrum.frequency, spectrum.impedance, capacitor=spectrum.blocks)
        found.append(solve(problem, generalised_cross_validation(problem), spectrum.impedance))
    first, second = found
    gamma = np.interp(np.log(first.tau), np.log(second.tau), second.gamma, left=0.0, right=0.0)
    return Table(
        "drt_difference",
        (
            Column("relaxation_time", first.tau, "s", "Relaxation time / s"),
            Column("before", first.gamma, "ohm", "γ before / Ω"),
            Column("after", gamma, "ohm", "γ after / Ω"),
            Column("difference", gamma - first.gamma, "ohm", "Difference / Ω"),
        ),
    )


def _conditions(inputs: tuple[KernelInput, ...], pair: list[Spectrum], count: int) -> Iterator[str]:
    if count > 2:
        yield f"of {count} spectra the first and the last are compared"
    stated = [inputs[spectrum.file - 1].metadata.get("temperature_celsius") for spectrum in pair]
    known = [float(str(value)) for value in stated if _is_number(value)]
    if len(known) < 2:
        yield "the temperatures are not stated: resistances of solid electrolytes change by some 5 % per K"
    elif abs(known[0] - known[1]) > SAME_TEMPERATURE:
        yield f"the temperatures differ ({known[0]:g} °C and {known[1]:g} °C): a part of the change is due to that"
    charge = [inputs[spectrum.file - 1].metadata.get("state_of_charge") for spectrum in pair]
    if None in charge:
        yield "the state of charge is not stated: charge-transfer resistances depend on it"
    elif charge[0] != charge[1]:
        yield f"the states of charge differ ({charge[0]} and {charge[1]}): a part of the change is due to that"


def _is_number(value: object) -> bool:
    try:
        return value is not None and math.isfinite(float(str(value)))
    except ValueError:
        return False


def _moved(before: Fit, after: Fit) -> Iterator[str]:
    for number, arc in enumerate(before.arcs, start=1):
        shift = math.log10(after.arc(arc).tau / before.arc(arc).tau)
        if abs(shift) > _SAME_PROCESS:
            yield f"the time constant of arc {number} moved by {shift:+.1f} decades: it may not be the same process"


def _growth(changes: list[Change], choice: Choice) -> Iterator[str]:
    """What grew, the largest part first, as a suggestion."""
    *parts, total = changes
    whole = total.after[0] - total.before[0]
    for change in sorted(parts, key=lambda one: one.before[0] - one.after[0]):
        if change.verdict != "grew":
            continue
        of_growth = (change.after[0] - change.before[0]) / whole if whole > 0 else 0.0
        share = f", {100 * of_growth:.0f} % of the growth of the total" if 0 < of_growth <= 1.5 else ""
        meant = f" (suggested: {change.suggestion})" if change.suggestion else ""
        yield (
            f"{change.name}{meant} grew from {change.before[0]:.4g} to {change.after[0]:.4g} Ω: x {change.ratio:.3g} "
            f"(95 %: {change.lower:.3g} to {change.upper:.3g}){share}; circuit {choice.circuit}"
        )


KERNEL = Kernel(
    name="eis.before_after",
    version="1",
    label="Before and after cycling",
    description=(
        "Fits the same circuit to the first and the last spectrum of a series and gives each resistance as a ratio "
        "with its interval: what grew, by how much, and which part of the whole that is. Differing or unknown "
        "temperature and state of charge are said, not refused."
    ),
    techniques=("eis",),
    tables=("spectrum",),
    parameters=(*CIRCUIT, *GEOMETRY, *BANDS),
    yields=("resistance_ratio",),
    run=run,
    least_inputs=2,
)
