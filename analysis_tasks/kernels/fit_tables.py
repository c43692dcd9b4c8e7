"""The tables of a circuit fit: parameters with intervals, arcs, curve with residuals, circuits tried, correlations.

Columns carry units; where rows differ in unit, a column of texts says which.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_tasks.kernels.circuit_fitting import Choice, Fit
from analysis_tasks.kernels.impedance_spectra import Spectrum
from core.tables import Column, Table


def parameters_table(fit: Fit) -> Table:
    """One row per parameter: value, standard uncertainty, 95 % interval, and whether the spectrum determines it."""
    lower, upper = fit.interval()
    state = np.select([fit.fixed, fit.ideal, fit.at_limit], ["fixed", "ideal capacitor", "at its limit"], "")
    uncertainty = np.where(np.isfinite(fit.uncertainties), fit.uncertainties, np.nan)
    return Table(
        "parameters",
        (
            Column("parameter", np.array(fit.circuit.names), "", "Parameter"),
            Column("unit", np.array(fit.circuit.units), "", "Unit"),
            Column("value", fit.values, "", "Value"),
            Column("uncertainty", uncertainty, "", "Standard uncertainty"),
            Column("lower", lower, "", "95 % interval, from"),
            Column("upper", np.where(np.isfinite(upper), upper, np.nan), "", "95 % interval, to"),
            Column("relative_uncertainty", 100.0 * uncertainty / fit.values, "%", "Relative uncertainty / %"),
            Column("determined", fit.determined, "", "Determined"),
            Column("state", state.astype(str), "", "State"),
        ),
    )


def arcs_table(fit: Fit, roles: Sequence[str]) -> Table:
    """One row per arc in the order of time constants."""
    arcs = [fit.arc(arc) for arc in fit.arcs]
    columns = (
        ("resistance", "ohm", "Resistance / Ω"),
        ("resistance_uncertainty", "ohm", "Uncertainty / Ω"),
        ("tau", "s", "Time constant / s"),
        ("tau_uncertainty", "s", "Uncertainty / s"),
        ("capacitance", "F", "Effective capacitance / F"),
        ("capacitance_uncertainty", "F", "Uncertainty / F"),
        ("exponent", "", "Exponent"),
        ("exponent_uncertainty", "", "Uncertainty"),
    )
    numbers = [
        Column(name, _finite(np.array([getattr(arc, name) for arc in arcs], dtype=np.float64)), unit, label)
        for name, unit, label in columns
    ]
    frequency = np.array([1.0 / (2.0 * np.pi * arc.tau) for arc in arcs], dtype=np.float64)
    elements = [arc.name for arc in fit.arcs]
    return Table(
        "arcs",
        (
            Column("arc", np.arange(1, len(arcs) + 1, dtype=np.int32), "", "Arc"),
            Column("elements", np.array(elements, dtype=str), "", "Elements"),
            *numbers,
            Column("frequency", frequency, "Hz", "Frequency at the top / Hz"),
            Column("suggestion", np.array(list(roles), dtype=str), "", "Suggested to be"),
            Column("determined", np.array([arc.determined for arc in arcs], dtype=bool), "", "Determined"),
        ),
    )


def curve_table(spectrum: Spectrum, fit: Fit) -> Table:
    """One row per point: measured, fitted, and the residuals over the modulus."""
    return Table(
        "fit",
        (
            Column("frequency", spectrum.frequency, "Hz", "Frequency / Hz"),
            Column("real", spectrum.impedance.real.copy(), "ohm", "Z' measured / Ω"),
            Column("imaginary", spectrum.impedance.imag.copy(), "ohm", "Z'' measured / Ω"),
            Column("fitted_real", fit.fitted.real.copy(), "ohm", "Z' fitted / Ω"),
            Column("fitted_imaginary", fit.fitted.imag.copy(), "ohm", "Z'' fitted / Ω"),
            Column("real_residual", 100.0 * fit.residual.real, "%", "Residual of Z' / %"),
            Column("imaginary_residual", 100.0 * fit.residual.imag, "%", "Residual of Z'' / %"),
        ),
    )


def choices_table(chosen: Choice, tried: Sequence[Choice]) -> Table:
    """One row per circuit that was tried, best first."""
    ordered = sorted(tried, key=lambda choice: choice.criterion)
    best = ordered[0].criterion
    chi = [np.mean([fit.reduced_chi_squared for fit in choice.fits]) for choice in ordered]
    return Table(
        "circuits",
        (
            Column("circuit", np.array([str(choice.circuit) for choice in ordered]), "", "Circuit"),
            Column("parameters", np.array([c.parameter_count for c in ordered], dtype=np.int32), "", "Parameters"),
            Column("reduced_chi_squared", np.array(chi, dtype=np.float64), "", "Reduced chi-squared"),
            Column("criterion", _finite(np.array([c.criterion for c in ordered])), "", "AICc"),
            Column("above_best", _finite(np.array([c.criterion - best for c in ordered])), "", "AICc above the best"),
            Column("chosen", np.array([choice is chosen for choice in ordered]), "", "Chosen"),
        ),
    )


def correlation_table(fit: Fit) -> Table:
    """One row per pair of parameters."""
    first, second = np.triu_indices(len(fit.circuit.names), 1)
    names = np.array(fit.circuit.names)
    return Table(
        "correlations",
        (
            Column("parameter", names[first], "", "Parameter"),
            Column("other", names[second], "", "Other parameter"),
            Column("correlation", fit.correlation[first, second], "", "Correlation"),
        ),
    )


def _finite(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.where(np.isfinite(values), values, np.nan)
