"""How discharge capacity fades with the cycles: the law, its rate with an interval, and when 90 and 80 % are reached.

A prediction is given only within 1.5 times the cycles that were made: beyond, a knee can always wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.cycle_pairing import CUTOFF_TOLERANCE
from analysis_tasks.kernels.cycling_records import parameters_but, prepare
from analysis_tasks.kernels.fade_models import FEWEST, KNEE, FadeFit, fit_fade
from analysis_tasks.kernels.galvanostatic import EQUAL_RATE, CyclingTest
from analysis_tasks.kernels.half_cycles import Floats, Rows
from core.tables import Column, Table

FURTHEST = 1.5
LEVELS = (90, 80)

_PARAMETERS = (
    *parameters_but("active_mass", "active_mass_uncertainty", "electrode_area", "theoretical_capacity", "one_c"),
    Parameter(
        "reference_cycle",
        "Cycle whose discharge is 100 % and from which the fit begins; 0: the first complete one.",
        default=0,
    ),
)


@dataclass(frozen=True, eq=False)
class Fade:
    """The discharges that are compared.

    Attributes:
        first: Number of the reference cycle.
        since: Cycles since it.
        fraction: Discharge capacity over that of the reference.
    """

    first: int
    since: Floats
    fraction: Floats


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Fits the fade of one test, or of the files of one continued test.

    Returns:
        Rate and predictions, and the tables `fade` (capacity and fit per cycle) and `fade_laws` (one row per law). All
        are empty, and a warning says so, with fewer than five complete discharges at the rate and in the window of the
        reference.

    Raises:
        NotApplicable: No current flows.
        ParameterError: A parameter cannot be what it is said to be.
    """
    test = prepare(inputs, parameters).test
    fade = compared(test, int(parameters.get("reference_cycle") or 0))
    if fade is None or len(fade.since) < FEWEST:
        return Output((), (), (_too_few(0 if fade is None else len(fade.since)),))
    fits = fit_fade(fade.since, fade.fraction)
    return Output(tuple(_values(fade, fits[0])), (_points(fade, fits[0]), _laws(fade, fits)), tuple(_doubts(fits[0])))


def _too_few(count: int) -> str:
    found = "1 complete discharge" if count == 1 else f"{count or 'no'} complete discharges"
    return (
        f"no fade is fitted: there {'is' if count == 1 else 'are'} {found} at one rate and window; a law needs {FEWEST}"
    )


def compared(test: CyclingTest, reference: int) -> Fade | None:
    """Complete discharges at the rate and in the window of the reference; None without one."""
    numbers, cycles = test.numbers, test.cycles
    counts = np.flatnonzero(cycles.discharge_complete & (cycles.number > 0))
    if reference:
        counts = counts[numbers.cycle[counts] >= reference]
    if not len(counts):
        return None
    at = counts[0]
    equal = _equal(numbers.discharge_current[counts], numbers.discharge_current[at], rate=True)
    for voltage in (cycles.highest, cycles.lowest):
        equal &= _equal(voltage[counts], voltage[at], rate=False)
    chosen: Rows = counts[equal]
    since = (numbers.cycle[chosen] - numbers.cycle[at]).astype(np.float64)
    return Fade(int(numbers.cycle[at]), since, numbers.discharge[chosen] / numbers.discharge[at])


def _equal(values: Floats, reference: float, *, rate: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    allowed = EQUAL_RATE * reference if rate else 2 * CUTOFF_TOLERANCE
    equal: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.abs(values - reference) <= allowed
    return equal


def _values(fade: Fade, fit: FadeFit) -> Iterator[Value]:
    last = float(fade.since[-1])
    rate, spread = fit.mean_rate(last)
    yield Value("fade_rate", 100.0 * rate, 100.0 * spread)
    for level in LEVELS:
        reached = fit.reaches(level / 100.0, FURTHEST * last)
        if reached is not None:
            yield Value(f"cycles_to_{level}", fade.first + reached[0], reached[1])
    if fit.law is KNEE:
        yield Value("knee_cycle", fade.first + float(fit.parameters[3]), float(np.sqrt(fit.covariance[3, 3])))


def _points(fade: Fade, fit: FadeFit) -> Table:
    fitted = fit.law.value(fade.since, fit.parameters)
    slope = fit.law.slope(fade.since, fit.parameters)
    spread = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, fit.covariance, slope), 0.0))
    half = fit.half_width(1.0) * spread
    return Table(
        "fade",
        (
            Column("cycle", (fade.since + fade.first).astype(np.int64), "", "Cycle"),
            Column("retention", 100.0 * fade.fraction, "%", "Capacity over the reference / %"),
            Column("fitted", 100.0 * fitted, "%", "Fitted / %"),
            Column("fitted_lower", 100.0 * (fitted - half), "%", "95 % interval of the fit, from / %"),
            Column("fitted_upper", 100.0 * (fitted + half), "%", "95 % interval of the fit, to / %"),
        ),
    )


def _laws(fade: Fade, fits: list[FadeFit]) -> Table:
    last = float(fade.since[-1])
    rates = [fit.mean_rate(last) for fit in fits]
    rate = 100.0 * np.array([one for one, _ in rates])
    half = 100.0 * np.array([fit.half_width(spread) for fit, (_, spread) in zip(fits, rates, strict=True)])
    least = min(fit.criterion for fit in fits)
    columns = {
        name: np.array([fit.parameters[place] if place < fit.law.count else np.nan for fit in fits])
        for place, name in enumerate("abcd")
    }
    return Table(
        "fade_laws",
        (
            Column("law", np.array([fit.law.name for fit in fits]), "", "Law"),
            Column("formula", np.array([fit.law.formula for fit in fits]), "", "Formula"),
            Column("chosen", np.arange(len(fits)) == 0, "", "Chosen"),
            Column("above_least", np.array([fit.criterion - least for fit in fits]), "", "AICc above the least"),
            Column("rms", 100.0 * np.array([fit.rms for fit in fits]), "%", "Root mean square residual / %"),
            Column("rate", rate, "%/cycle", "Mean loss / %/cycle"),
            Column("rate_lower", rate - half, "%/cycle", "95 % interval, from / %/cycle"),
            Column("rate_upper", rate + half, "%/cycle", "95 % interval, to / %/cycle"),
            *(Column(name, values, "", name) for name, values in columns.items()),
        ),
    )


def _doubts(fit: FadeFit) -> Iterator[str]:
    if fit.law is KNEE and fit.parameters[2] > 0:
        yield "the capacity falls faster after a knee: predictions from the cycles before it do not hold"


KERNEL = Kernel(
    name="cycling.fade",
    version="1",
    label="Capacity fade",
    description=(
        "Fits the complete discharges at equal rate and window by a line, a square root, both, an exponential and "
        "two lines that meet (weighted least squares) and chooses among them by the corrected Akaike criterion. Fade "
        "rate is the mean loss per cycle over the data; cycles to 90 and 80 % are given within 1.5 times the cycles "
        "made. Needs five such discharges."
    ),
    techniques=("cycling",),
    tables=("records",),
    parameters=_PARAMETERS,
    yields=("fade_rate", "cycles_to_90", "cycles_to_80", "knee_cycle"),
    run=run,
    tolerance=1e-6,
)
