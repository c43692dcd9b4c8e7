"""Cyclic voltammetry: peaks as measured and above a baseline, their separation, and the charge of each cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, NotApplicable, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.continued import TIME
from analysis_tasks.kernels.cycle_tables import COULOMB_PER_MAH
from analysis_tasks.kernels.half_cycles import Floats, Rows
from core.tables import Column, Table

CURRENT, VOLTAGE, POTENTIAL = "current_ampere", "voltage_volt", "we_potential_volt"
# A sweep turns where the potential has come back by this part of its whole range.
TURN = 0.05
FEWEST_RECORDS = 10
# A peak is inside its sweep: at least this part of the range away from both ends.
INSIDE = 0.02
MOST_CYCLES = 200
MOST_POINTS = 1_000  # of one sweep in the drawing
# The baseline is fitted to this part of the way from the turn to the peak: past the turn, before the foot.
BASELINE = (0.10, 0.35)
FEWEST_OF_BASELINE = 5

_PARAMETERS = (
    Parameter("electrode_area", "Geometric area of the electrode.", unit="cm^2", source="cell.electrode_area"),
)


@dataclass(frozen=True)
class Sweep:
    """One sweep of the potential.

    Attributes:
        cycle: From 1: a cycle begins where the direction of the first sweep returns.
        anodic: Whether the potential rises.
        peak_potential, peak_current: Of the largest current in its direction, in V and A; NaN where that lies at an end
            of the sweep and is no peak.
        peak_height: Of the peak above the baseline in A; NaN without a peak or with too few records before it.
        anodic_charge, cathodic_charge: Charge of positive and of negative current in C; NaN without a time.
        rate: Scan rate in V/s; NaN without a time.
    """

    cycle: int
    anodic: bool
    peak_potential: float
    peak_current: float
    peak_height: float
    anodic_charge: float
    cathodic_charge: float
    rate: float


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel on one voltammogram.

    Args:
        inputs: One dataset with a table `records` with `current_ampere`, a potential (`we_potential_volt`, else
            `voltage_volt`) and, for the charge, `test_time_second`.
        parameters: `electrode_area`, which adds a column of current densities.

    Raises:
        NotApplicable: There is no current, no potential, or the potential is not swept.
    """
    records = inputs[0].tables["records"]
    name = POTENTIAL if POTENTIAL in records else VOLTAGE
    if name not in records or CURRENT not in records:
        raise NotApplicable(f"a voltammogram needs the columns {CURRENT} and {VOLTAGE}")
    columns = [records[name], records[CURRENT]] + ([records[TIME]] if TIME in records else [])
    finite = np.logical_and.reduce([np.isfinite(column) for column in columns])
    potential, current = (column[finite].astype(np.float64) for column in columns[:2])
    time = columns[2][finite].astype(np.float64) if len(columns) > 2 else None
    sweeps = find_sweeps(potential, current, time)
    given = parameters.get("electrode_area")
    area = float(given) if isinstance(given, int | float) and given > 0 else None
    return Output(tuple(_values(sweeps)), (_table(sweeps, area), _curves(potential, current, sweeps, area)))


def find_sweeps(potential: Floats, current: Floats, time: Floats | None) -> list[Sweep]:
    """The sweeps of a voltammogram.

    Args:
        potential: In V.
        current: In A, anodic positive.
        time: In s, or None.

    Raises:
        NotApplicable: Too few records, or the potential does not move.
    """
    if len(potential) < FEWEST_RECORDS or not np.ptp(potential) > 0:
        raise NotApplicable("the potential is not swept: a voltammogram needs at least ten records and a range")
    bounds = _turns(potential)
    rising = [bool(potential[end] > potential[start]) for start, end in pairwise(bounds)]
    sweeps, cycle = [], 0
    for place, (start, end) in enumerate(pairwise(bounds)):
        cycle += int(rising[place] == rising[0])
        window = slice(start, end + 1)
        sweeps.append(
            _sweep(cycle, potential[window], current[window], None if time is None else time[window], rising[place])
        )
    return sweeps


def _turns(potential: Floats) -> list[int]:
    """Rows at which the potential turns, the first and the last row among them.

    A turn is an extreme from which the potential comes back by more than 5 % of its range, so that noise turns nothing.
    """
    least = TURN * float(np.ptp(potential))
    turns, extreme, direction = [0], 0, 0
    for row in _extremes(potential).tolist():
        change = potential[row] - potential[extreme]
        if direction == 0:
            if abs(potential[row] - potential[0]) > least:
                direction, extreme = (1 if potential[row] > potential[0] else -1), row
        elif direction * change >= 0:
            extreme = row
        elif abs(change) > least:
            turns.append(extreme)
            direction, extreme = -direction, row
    last = len(potential) - 1
    if turns[-1] != extreme and extreme != last and abs(potential[last] - potential[extreme]) > least:
        turns.append(extreme)
    return [*turns, last]


def _extremes(potential: Floats) -> Rows:
    """Rows of local extremes and the last row: the only ones at which anything can turn."""
    moves = np.flatnonzero(np.diff(potential))
    sign = np.sign(np.diff(potential)[moves])
    rows = moves[1:][sign[1:] != sign[:-1]]
    found: Rows = np.append(rows, len(potential) - 1)
    return found


def _sweep(cycle: int, potential: Floats, current: Floats, time: Floats | None, rising: bool) -> Sweep:  # noqa: FBT001
    place = int(np.argmax(current) if rising else np.argmin(current))
    margin = INSIDE * float(np.ptp(potential))
    low, high = float(potential.min()), float(potential.max())
    real = low + margin < potential[place] < high - margin and (current[place] > 0) == rising
    anodic = cathodic = rate = float("nan")
    if time is not None:
        anodic = float(np.trapezoid(np.maximum(current, 0.0), time))
        cathodic = float(-np.trapezoid(np.minimum(current, 0.0), time))
        seconds = float(time[-1] - time[0])
        rate = abs(float(potential[-1] - potential[0])) / seconds if seconds > 0 else float("nan")
    return Sweep(
        cycle=cycle,
        anodic=rising,
        peak_potential=float(potential[place]) if real else float("nan"),
        peak_current=float(current[place]) if real else float("nan"),
        peak_height=_height(potential, current, place) if real else float("nan"),
        anodic_charge=anodic,
        cathodic_charge=cathodic,
        rate=rate,
    )


def _height(potential: Floats, current: Floats, place: int) -> float:
    """The peak above a straight line through the records before its foot, continued to the peak, in A.

    The usual construction for a wave on a charging current (A. J. Bard, L. R. Faulkner, Electrochemical Methods,
    ch. 6).
    """
    way = np.abs(potential[:place] - potential[0]) / abs(float(potential[place] - potential[0]))
    rows = np.flatnonzero((way >= BASELINE[0]) & (way <= BASELINE[1]))
    if len(rows) < FEWEST_OF_BASELINE:
        return float("nan")
    at_peak = np.polyfit(potential[rows] - potential[place], current[rows], 1)[1]
    return float(current[place] - at_peak)


def _values(sweeps: list[Sweep]) -> Iterator[Value]:
    for cycle in sorted({sweep.cycle for sweep in sweeps})[:MOST_CYCLES]:
        own = [sweep for sweep in sweeps if sweep.cycle == cycle]
        for sweep in own:
            if np.isfinite(sweep.peak_potential):
                index = {"cycle": cycle, "branch": "anodic" if sweep.anodic else "cathodic"}
                yield Value("peak_potential", sweep.peak_potential, index=index)
                yield Value("peak_current", 1000.0 * sweep.peak_current, index=index)
                if np.isfinite(sweep.peak_height):
                    yield Value("peak_height", 1000.0 * sweep.peak_height, index=index)
        potentials = {sweep.anodic: sweep.peak_potential for sweep in own if np.isfinite(sweep.peak_potential)}
        if len(potentials) == 2:
            yield Value("peak_separation", potentials[True] - potentials[False], index={"cycle": cycle})
            yield Value("half_wave_potential", 0.5 * (potentials[True] + potentials[False]), index={"cycle": cycle})
        for key, charges in (
            ("anodic_charge", [sweep.anodic_charge for sweep in own]),
            ("cathodic_charge", [sweep.cathodic_charge for sweep in own]),
        ):
            total = sum(charges) / COULOMB_PER_MAH
            if np.isfinite(total):
                yield Value(key, total, index={"cycle": cycle})


def _table(sweeps: list[Sweep], area: float | None) -> Table:
    def numbers(name: str, scale: float = 1.0) -> Floats:
        return scale * np.array([getattr(sweep, name) for sweep in sweeps], dtype=np.float64)

    current = numbers("peak_current", 1000.0)
    columns = [
        Column("cycle", np.array([sweep.cycle for sweep in sweeps], dtype=np.int64), "", "Cycle"),
        Column("sweep", np.array(["anodic" if s.anodic else "cathodic" for s in sweeps], dtype=str), "", "Sweep"),
        Column("peak_potential", numbers("peak_potential"), "V", "Peak potential / V"),
        Column("peak_current", current, "mA", "Peak current / mA"),
        Column("peak_height", numbers("peak_height", 1000.0), "mA", "Peak height above the baseline / mA"),
        Column("anodic_charge", numbers("anodic_charge", 1.0 / COULOMB_PER_MAH), "mAh", "Anodic charge / mAh"),
        Column("cathodic_charge", numbers("cathodic_charge", 1.0 / COULOMB_PER_MAH), "mAh", "Cathodic charge / mAh"),
        Column("scan_rate", numbers("rate", 1000.0), "mV/s", "Scan rate / mV/s"),
    ]
    if area is not None:
        columns.insert(4, Column("peak_current_density", current / area, "mA/cm^2", "Peak current density / mA/cm²"))
    return Table("sweeps", tuple(columns))


def _curves(potential: Floats, current: Floats, sweeps: list[Sweep], area: float | None) -> Table:
    """The voltammogram by cycle and sweep, thinned to what a drawing can show; the records with the peaks stay."""
    rows, of_sweep = [], []
    for place, (start, end) in enumerate(pairwise(_turns(potential))):
        length = end - start + 1
        chosen = np.linspace(start, end, min(length, MOST_POINTS)).round().astype(np.int64)
        ends = [start + int(np.argmin(current[start : end + 1])), start + int(np.argmax(current[start : end + 1]))]
        rows.append(np.union1d(chosen, ends))
        of_sweep.append(np.full(len(rows[-1]), place))
    row, sweep = np.concatenate(rows), np.concatenate(of_sweep)
    columns = [
        Column("cycle", np.array([one.cycle for one in sweeps], dtype=np.int64)[sweep], "", "Cycle"),
        Column("branch", np.array(["anodic" if one.anodic else "cathodic" for one in sweeps])[sweep], "", "Sweep"),
        Column("potential", potential[row], "V", "Potential / V"),
        Column("current", 1000.0 * current[row], "mA", "Current / mA"),
    ]
    if area is not None:
        density = 1000.0 * current[row] / area
        columns.append(Column("current_density", density, "mA/cm^2", "Current density / mA/cm²"))
    return Table("voltammogram", tuple(columns))


KERNEL = Kernel(
    name="cv.basics",
    version="3",
    label="Voltammogram: peaks and charge",
    description=(
        "Cuts the voltammogram into sweeps where the potential turns and takes the largest current inside each sweep "
        "as its peak, as measured and above a straight baseline fitted before its foot; separation and half-wave "
        "potential from the pair of a cycle; charges by the trapezoidal rule. The voltammogram itself is kept for its "
        "figure, at most 1,000 records a sweep."
    ),
    techniques=("cv",),
    tables=("records",),
    parameters=_PARAMETERS,
    yields=(
        "peak_potential",
        "peak_current",
        "peak_height",
        "peak_separation",
        "half_wave_potential",
        "anodic_charge",
        "cathodic_charge",
    ),
    run=run,
)
