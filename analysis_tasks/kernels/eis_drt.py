"""Distribution of relaxation times of impedance spectra, with the regularisation found by itself and a peak table.

The mathematics lies in `relaxation_times`; here spectra are chosen, peaks checked for stability, and results named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.impedance_spectra import Spectrum, index_of, spectra_of, stacked
from analysis_tasks.kernels.parameters import ParameterError, number
from analysis_tasks.kernels.relaxation_times import (
    Distribution,
    Peak,
    generalised_cross_validation,
    peaks,
    pose,
    real_imaginary_validation,
    solve,
)
from core.tables import Column, Table

STABILITY_FACTOR = 3.0
SAME_TAU, SAME_AREA = 0.2, 0.25  # decades; part of the resistance

_PARAMETERS = (
    Parameter(
        "regularisation",
        "How the factor of the penalty is found: generalised cross-validation, or real and imaginary part predicting "
        "each other.",
        default="gcv",
        choices=("gcv", "real-imaginary"),
    ),
    Parameter("factor", "Factor of the penalty; takes the place of the one that is found.", unit="1"),
    Parameter(
        "capacitor",
        "Whether there is a capacitor in series; auto: where the phase stays below -45° at the lowest frequencies.",
        default="auto",
        choices=("auto", "yes", "no"),
    ),
    Parameter("lowest_frequency", "Points below are left out.", unit="Hz"),
    Parameter("highest_frequency", "Points above are left out.", unit="Hz"),
)


@dataclass(frozen=True, eq=False)
class Analysed:
    """What was found in one spectrum.

    Attributes:
        distribution: With the chosen factor.
        peaks: From short to long relaxation times.
        stable: For each peak, whether it stays with a third and three times the factor.
        cross_validation: Factor by generalised cross-validation.
        real_imaginary: Factor by real and imaginary part predicting each other.
        rms: Root mean square residual over the modulus.
    """

    distribution: Distribution
    peaks: list[Peak]
    stable: list[bool]
    cross_validation: float
    real_imaginary: float
    rms: float


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel on every spectrum of the inputs.

    Returns:
        Resistance, relaxation time and frequency of each peak and the resistance in series; the tables `drt`
        (distribution), `peaks` and `regularisation` (one row per spectrum).

    Raises:
        NotApplicable: There are not enough points.
        ParameterError: The factor is not above 0.
    """
    spectra, warnings = spectra_of(
        inputs, number(parameters, "lowest_frequency"), number(parameters, "highest_frequency")
    )
    found = [(spectrum, _analyse(spectrum, parameters)) for spectrum in spectra]
    values = [value for spectrum, one in found for value in _values(one, index_of(spectrum, spectra))]
    tables = (
        stacked("drt", [(spectrum, _curve(one)) for spectrum, one in found]),
        stacked("peaks", [(spectrum, _peaks(one)) for spectrum, one in found]),
        stacked("regularisation", [(spectrum, _choice(one)) for spectrum, one in found]),
    )
    return Output(tuple(values), tables, (*warnings, *_sentences(found)))


def _analyse(spectrum: Spectrum, parameters: Mapping[str, ParameterValue]) -> Analysed:
    wanted = str(parameters["capacitor"])
    problem = pose(
        spectrum.frequency, spectrum.impedance, capacitor=wanted == "yes" or (wanted == "auto" and spectrum.blocks)
    )
    cross_validation, real_imaginary = generalised_cross_validation(problem), real_imaginary_validation(problem)
    stated = number(parameters, "factor")
    if stated is not None and stated <= 0:
        raise ParameterError(f"factor: {stated:g} is not above 0")
    factor = stated or (real_imaginary if parameters["regularisation"] == "real-imaginary" else cross_validation)
    distribution = solve(problem, factor, spectrum.impedance)
    tops = peaks(distribution)
    others = [
        peaks(solve(problem, changed, spectrum.impedance))
        for changed in (factor / STABILITY_FACTOR, factor * STABILITY_FACTOR)
    ]
    stable = [all(any(_same(peak, candidate) for candidate in other) for other in others) for peak in tops]
    residual = np.abs(distribution.fitted / spectrum.impedance - 1.0)
    rms = float(np.sqrt(np.mean(residual**2)))
    return Analysed(distribution, tops, stable, cross_validation, real_imaginary, rms)


def _same(one: Peak, other: Peak) -> bool:
    near = abs(np.log10(one.tau / other.tau)) < SAME_TAU
    return bool(near) and abs(other.resistance - one.resistance) < SAME_AREA * one.resistance


def _values(one: Analysed, index: dict[str, int | str]) -> Iterator[Value]:
    yield Value("series_resistance", one.distribution.resistance, index=index)
    for place, peak in enumerate(one.peaks, start=1):
        of_peak = {**index, "peak": place}
        yield Value("arc_resistance", peak.resistance, index=of_peak)
        yield Value("relaxation_time", peak.tau, index=of_peak)
        yield Value("peak_frequency", 1.0 / (2.0 * np.pi * peak.tau), index=of_peak)


def _curve(one: Analysed) -> Table:
    distribution = one.distribution
    return Table(
        "drt",
        (
            Column("relaxation_time", distribution.tau, "s", "Relaxation time / s"),
            Column("frequency", 1.0 / (2.0 * np.pi * distribution.tau), "Hz", "Frequency / Hz"),
            Column("gamma", distribution.gamma, "ohm", "Distribution γ(ln τ) / Ω"),
        ),
    )


def _peaks(one: Analysed) -> Table:
    tau = np.array([peak.tau for peak in one.peaks], dtype=np.float64)
    resistance = np.array([peak.resistance for peak in one.peaks], dtype=np.float64)
    return Table(
        "peaks",
        (
            Column("peak", np.arange(1, len(tau) + 1, dtype=np.int32), "", "Peak"),
            Column("relaxation_time", tau, "s", "Relaxation time / s"),
            Column("frequency", 1.0 / (2.0 * np.pi * tau), "Hz", "Frequency / Hz"),
            Column("resistance", resistance, "ohm", "Resistance / Ω"),
            Column("capacitance", tau / resistance, "F", "Capacitance τ/R / F"),
            Column("height", np.array([peak.height for peak in one.peaks], dtype=np.float64), "ohm", "Height / Ω"),
            Column("shoulders", np.array([peak.shoulders for peak in one.peaks], dtype=np.int32), "", "Shoulders"),
            Column("edge", np.array([peak.edge for peak in one.peaks], dtype=bool), "", "Cut off by the window"),
            Column("stable", np.array(one.stable, dtype=bool), "", "Stable"),
        ),
    )


def _choice(one: Analysed) -> Table:
    distribution = one.distribution
    capacitance = 1.0 / distribution.elastance if distribution.elastance > 0 else np.nan
    cells = (
        ("factor", distribution.regularisation, "", "Factor used"),
        ("factor_by_cross_validation", one.cross_validation, "", "Factor by cross-validation"),
        ("factor_by_real_and_imaginary", one.real_imaginary, "", "Factor by real and imaginary part"),
        ("series_resistance", distribution.resistance, "ohm", "Resistance in series / Ω"),
        ("inductance", distribution.inductance, "H", "Inductance / H"),
        ("series_capacitance", capacitance, "F", "Capacitance in series / F"),
        ("rms_residual", 100.0 * one.rms, "%", "Root mean square residual / %"),
    )
    columns = (Column(name, np.array([value]), unit, label) for name, value, unit, label in cells)
    return Table("regularisation", tuple(columns))


def _sentences(found: list[tuple[Spectrum, Analysed]]) -> Iterator[str]:
    for spectrum, one in found:
        name = f"spectrum {spectrum.number}: " if len(found) > 1 else ""
        unstable = [str(place) for place, stable in enumerate(one.stable, start=1) if not stable]
        if unstable:
            yield (
                f"{name}peak {', '.join(unstable)} changes with the regularisation (factor / 3 and x 3): do not rely "
                "on it alone"
            )
        cut = [str(place) for place, peak in enumerate(one.peaks, start=1) if peak.edge]
        if cut:
            yield f"{name}peak {', '.join(cut)} is cut off by the frequency window: its resistance is a lower limit"
        if one.rms > 0.03:
            yield f"{name}the distribution misses the spectrum by {100 * one.rms:.2g} % (root mean square)"


KERNEL = Kernel(
    name="eis.drt",
    version="1",
    label="Distribution of relaxation times",
    description=(
        "Tikhonov regularisation of the non-negative distribution of relaxation times on a logarithmic grid (10 per "
        "decade, 0.75 decades beyond the window), with resistance, inductance and, for blocking cells, a capacitor in "
        "series (Wan 2015). The factor of the second-difference penalty is found by generalised cross-validation, the "
        "largest within one standard error, or by real and imaginary part predicting each other (Saccoccio 2014). "
        "Resistances of peaks are areas between minima; a peak counts as stable if it stays with a third and three "
        "times the factor."
    ),
    techniques=("eis",),
    tables=("spectrum",),
    parameters=_PARAMETERS,
    yields=("series_resistance", "arc_resistance", "relaxation_time", "peak_frequency"),
    run=run,
)
