"""Linear Kramers-Kronig test of impedance spectra: a chain of RC elements that any valid spectrum can follow.

M. Schönleber, D. Klotz, E. Ivers-Tiffée, Electrochim. Acta 131 (2014) 20; B. A. Boukamp, J. Electrochem. Soc. 142
(1995) 1885. What the chain cannot follow broke linearity, causality or stability while it was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.impedance_spectra import Complexes, Floats, Spectrum, index_of, spectra_of, stacked
from analysis_tasks.kernels.parameters import number, positive
from core.tables import Column, Table

MU_LIMIT = 0.85
MOST_PER_DECADE = 7
# Time constants are added while each still lowers the reduced chi-squared by this part.
PLATEAU = 0.05
TREND_PROBABILITY = 0.01
# Residuals below this part of the tolerance may show a trend: it is the chain's own ripple.
RIPPLE = 0.25
LOCAL_POINTS = 5
OFF_AXIS = 0.01  # of the modulus: the spectrum does not end on the real axis, so that the chain gets a capacitor

_PARAMETERS = (
    Parameter("tolerance", "Largest residual of a valid spectrum.", unit="%", default=1.0),
    Parameter("time_constants", "Number of RC elements; 0 finds it by mu and the plateau of chi-squared.", default=0),
    Parameter(
        "capacitor",
        "Whether the chain has a capacitor in series; auto: where the spectrum does not end on the real axis.",
        default="auto",
        choices=("auto", "yes", "no"),
    ),
    Parameter(
        "representation",
        "What is fitted; auto: the impedance, and the admittance where that fails and the admittance does better.",
        default="auto",
        choices=("auto", "impedance", "admittance"),
    ),
    Parameter("lowest_frequency", "Points below are left out.", unit="Hz"),
    Parameter("highest_frequency", "Points above are left out.", unit="Hz"),
)


@dataclass(frozen=True, eq=False)
class KramersKronig:
    """Outcome of the test of one spectrum.

    Attributes:
        representation: `impedance` or `admittance`.
        time_constants: Number of RC elements.
        capacitor: Whether a capacitor in series was part of the chain.
        mu: Schönleber's measure: 1 for a chain of positive resistances, 0 where it oscillates.
        residual: (measured - chain) / |measured|, complex.
    """

    representation: str
    time_constants: int
    capacitor: bool
    mu: float
    residual: Complexes

    @property
    def rms(self) -> float:
        """Root mean square of the modulus of the residuals."""
        return float(np.sqrt(np.mean(np.abs(self.residual) ** 2)))

    @property
    def largest(self) -> float:
        """Largest residual of either part."""
        return float(max(np.abs(self.residual.real).max(), np.abs(self.residual.imag).max()))

    @property
    def trend_probability(self) -> float:
        """Probability of so few changes of sign by chance, the lesser of real and imaginary part."""
        return min(runs_probability(self.residual.real), runs_probability(self.residual.imag))

    def passes(self, tolerance: float) -> bool:
        """Whether residuals are below the tolerance (a fraction) and show no trend that matters."""
        ripple = self.rms < RIPPLE * tolerance
        return self.rms < tolerance and (ripple or self.trend_probability > TREND_PROBABILITY)


def kramers_kronig(
    frequency: Floats,
    impedance: Complexes,
    *,
    time_constants: int = 0,
    capacitor: str = "auto",
    representation: str = "auto",
    tolerance: float = 0.01,
) -> KramersKronig:
    """Tests one spectrum.

    Args:
        frequency: In Hz, shape (n,).
        impedance: Complex in ohm, shape (n,).
        time_constants: Number of RC elements; 0: found.
        capacitor: `yes`, `no` or `auto`.
        representation: `impedance`, `admittance` or `auto`.
        tolerance: Fraction below which the impedance form is accepted without looking at the admittance.
    """
    omega = 2.0 * np.pi * frequency
    order = np.argsort(omega)
    off_axis = abs(impedance[order[0]].imag) > OFF_AXIS * abs(impedance[order[0]])
    with_capacitor = capacitor == "yes" or (capacitor == "auto" and bool(off_axis))
    if representation == "admittance":
        return _search(omega, impedance, "admittance", time_constants, capacitor=with_capacitor, tolerance=tolerance)
    found = _search(omega, impedance, "impedance", time_constants, capacitor=with_capacitor, tolerance=tolerance)
    if representation == "impedance" or found.rms < tolerance:
        return found
    other = _search(omega, impedance, "admittance", time_constants, capacitor=with_capacitor, tolerance=tolerance)
    return other if other.rms < 0.5 * found.rms else found


def runs_probability(residual: Floats) -> float:
    """Wald-Wolfowitz: probability of at most so many runs of equal sign if the signs were drawn at random."""
    signs = residual >= 0
    up, down = int(signs.sum()), int((~signs).sum())
    count = up + down
    if not up or not down:
        return 0.5 ** max(count - 1, 0)
    runs = 1 + int(np.count_nonzero(signs[1:] != signs[:-1]))
    mean = 2.0 * up * down / count + 1.0
    variance = (mean - 1.0) * (mean - 2.0) / (count - 1) if count > 1 else 0.0
    if variance <= 0:
        return 1.0
    return 0.5 * math.erfc(-(runs + 0.5 - mean) / math.sqrt(2.0 * variance))


def _search(
    omega: Floats, impedance: Complexes, representation: str, time_constants: int, *, capacitor: bool, tolerance: float
) -> KramersKronig:
    """The chain with the stated number of elements, or the first that is enough.

    Enough is: mu below its limit, residuals small and without trend, and no more gain. Where nothing is enough, it is
    the chain with the lowest reduced chi-squared.
    """
    if time_constants > 0:
        return _chain(omega, impedance, representation, time_constants, capacitor=capacitor)
    decades = float(np.log10(omega.max() / omega.min()))
    most = max(2, min(len(omega) - 3, math.ceil(MOST_PER_DECADE * decades)))
    count, step = min(most, max(2, math.ceil(decades))), 0
    before, lowest, best = math.inf, math.inf, None
    while True:
        found = _chain(omega, impedance, representation, count, capacitor=capacitor)
        reduced = found.rms**2 / max(2 * len(omega) - count - 2 - int(capacitor), 1)
        flat = reduced > before * (1.0 - PLATEAU) ** step
        if found.mu < MU_LIMIT and flat and found.passes(tolerance):
            return found
        if best is None or reduced < lowest:
            lowest, best = reduced, found
        if count >= most:
            return best
        step = min(max(1, count // 10), most - count)
        before, count = reduced, count + step


def _chain(omega: Floats, impedance: Complexes, representation: str, count: int, *, capacitor: bool) -> KramersKronig:
    """Least squares of one chain: R, L, count RC elements and perhaps C in series, weighted by the modulus.

    In the admittance form, R, C and RC in series stand parallel to each other. The linear problem is solved by QR.
    """
    as_admittance = representation == "admittance"
    measured = 1.0 / impedance if as_admittance else impedance
    tau = np.geomspace(1.0 / omega.max(), 1.0 / omega.min(), count)
    product = 1j * np.outer(omega, tau)
    elements = product / (1.0 + product) if as_admittance else 1.0 / (1.0 + product)
    alone = [np.ones(len(omega), dtype=np.complex128), 1j * omega / omega.max()]
    if capacitor:
        alone.append(omega.min() / (1j * omega))
    basis = np.column_stack([*alone, elements]) / np.abs(measured)[:, None]
    matrix = np.concatenate([basis.real, basis.imag])
    scale = np.linalg.norm(matrix, axis=0)
    scaled = measured / np.abs(measured)
    target = np.concatenate([scaled.real, scaled.imag])
    orthogonal, triangle = np.linalg.qr(matrix / scale)
    projected = orthogonal.T @ target
    left = target - orthogonal @ projected
    try:
        weights = np.linalg.solve(triangle, projected) / scale
    except np.linalg.LinAlgError:
        weights = np.linalg.lstsq(matrix / scale, target, rcond=None)[0] / scale
    resistances = weights[len(alone) :]
    positive_sum = float(resistances[resistances >= 0].sum())
    mu = 1.0 - float(-resistances[resistances < 0].sum()) / positive_sum if positive_sum > 0 else 0.0
    points = len(omega)
    return KramersKronig(representation, count, capacitor, mu, left[:points] + 1j * left[points:])


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel on every spectrum of the inputs.

    Returns:
        The root mean square residual of each spectrum, the table `kramers_kronig` with one row per spectrum, and
        `residuals` with one row per point.

    Raises:
        NotApplicable: There are not enough points.
    """
    spectra, warnings = spectra_of(
        inputs, number(parameters, "lowest_frequency"), number(parameters, "highest_frequency")
    )
    tolerance = (positive(parameters, "tolerance") or 1.0) / 100.0
    tests = [
        kramers_kronig(
            spectrum.frequency,
            spectrum.impedance,
            time_constants=min(int(parameters["time_constants"] or 0), 2 * len(spectrum) - 4),
            capacitor=str(parameters["capacitor"]),
            representation=str(parameters["representation"]),
            tolerance=tolerance,
        )
        for spectrum in spectra
    ]
    values = [
        Value("kramers_kronig_residual", 100.0 * test.rms, index=index_of(spectrum, spectra))
        for spectrum, test in zip(spectra, tests, strict=True)
    ]
    pairs = list(zip(spectra, tests, strict=True))
    return Output(
        tuple(values),
        (_verdicts(pairs, tolerance), stacked("residuals", [(s, _residuals(s, t, tolerance)) for s, t in pairs])),
        (*warnings, *_sentences(pairs, tolerance)),
    )


def valid_range(frequency: Floats, test: KramersKronig, tolerance: float) -> tuple[float, float] | None:
    """Lowest and highest frequency in Hz of the longest run of points within the tolerance; None without any.

    A point counts by the root mean square of itself and its neighbours, so that noise does not cut the range.
    """
    inside = _local_rms(test.residual) <= tolerance
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        return None
    best = int(np.argmax(stops - starts))
    ends = frequency[starts[best]], frequency[stops[best] - 1]
    return float(min(ends)), float(max(ends))


def _local_rms(residual: Complexes) -> Floats:
    """Root mean square of the modulus over five neighbouring points, fewer at the ends."""
    window = np.ones(min(LOCAL_POINTS, len(residual)))
    squares = np.convolve(np.abs(residual) ** 2, window, "same")
    local: Floats = np.sqrt(squares / np.convolve(np.ones(len(residual)), window, "same"))
    return local


def _verdicts(pairs: list[tuple[Spectrum, KramersKronig]], tolerance: float) -> Table:
    ranges = [valid_range(spectrum.frequency, test, tolerance) or (np.nan, np.nan) for spectrum, test in pairs]
    tests = [test for _, test in pairs]
    return Table(
        "kramers_kronig",
        (
            Column("spectrum", np.array([s.number for s, _ in pairs], dtype=np.int32), "", "Spectrum"),
            Column("passes", np.array([t.passes(tolerance) for t in tests]), "", "Passes"),
            Column("rms_residual", np.array([100.0 * t.rms for t in tests]), "%", "Root mean square residual / %"),
            Column("largest_residual", np.array([100.0 * t.largest for t in tests]), "%", "Largest residual / %"),
            Column("trend_probability", np.array([t.trend_probability for t in tests]), "", "Runs test, probability"),
            Column("lowest_valid_frequency", np.array([low for low, _ in ranges]), "Hz", "Valid from / Hz"),
            Column("highest_valid_frequency", np.array([high for _, high in ranges]), "Hz", "Valid to / Hz"),
            Column("time_constants", np.array([t.time_constants for t in tests], dtype=np.int32), "", "RC elements"),
            Column("mu", np.array([t.mu for t in tests]), "", "mu"),
            Column("capacitor", np.array([t.capacitor for t in tests]), "", "Capacitor in series"),
            Column("representation", np.array([t.representation for t in tests]), "", "Fitted as"),
        ),
    )


def _residuals(spectrum: Spectrum, test: KramersKronig, tolerance: float) -> Table:
    real, imaginary = 100.0 * test.residual.real, 100.0 * test.residual.imag
    return Table(
        "residuals",
        (
            Column("frequency", spectrum.frequency, "Hz", "Frequency / Hz"),
            Column("real_residual", real, "%", "Residual of the real part / %"),
            Column("imaginary_residual", imaginary, "%", "Residual of the imaginary part / %"),
            Column("within", _local_rms(test.residual) <= tolerance, "", "Within tolerance"),
        ),
    )


def _sentences(pairs: list[tuple[Spectrum, KramersKronig]], tolerance: float) -> Iterator[str]:
    for spectrum, test in pairs:
        if test.passes(tolerance):
            continue
        name = f"spectrum {spectrum.number}" if len(pairs) > 1 else "the spectrum"
        if test.rms >= tolerance:
            why = f"root mean square residual {100 * test.rms:.2g} %, allowed {100 * tolerance:.2g} %"
        else:
            why = f"the residuals follow a trend (probability {test.trend_probability:.1g} by chance)"
        valid = valid_range(spectrum.frequency, test, tolerance)
        part = f"; {valid[0]:.3g} to {valid[1]:.3g} Hz is within" if valid else ""
        yield f"{name} fails the Kramers-Kronig test: {why}{part}; it was not linear or not stable while measured"


KERNEL = Kernel(
    name="eis.kramers_kronig",
    version="1",
    label="Kramers-Kronig test",
    description=(
        "Fits a chain of RC elements with fixed time constants, a resistance, an inductance and, where needed, a "
        "capacitor in series to real and imaginary part at once, weighted by the modulus (Schönleber 2014, Boukamp "
        "1995). The number of elements grows until mu falls below 0.85 and chi-squared no longer does. A spectrum "
        "passes with a root mean square residual below the tolerance and no trend in the residuals."
    ),
    techniques=("eis",),
    tables=("spectrum",),
    parameters=_PARAMETERS,
    yields=("kramers_kronig_residual",),
    run=run,
)
