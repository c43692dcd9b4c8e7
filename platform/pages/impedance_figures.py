"""Figures of impedance: spectra with the circuit fitted to them, residuals, relaxation times, activation energies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.quantities import display_unit, format_value
from core.tables import Table
from pages.figure_shape import Figure, Numbers, Series

BOLTZMANN = 8.617333262e-5  # eV/K


def nyquist(table: Table, circuits: Table | None = None) -> Figure:
    """Impedance in the complex plane with the fitted circuit, and how the circuit was found."""
    series = []
    for place, (number, rows) in enumerate(_spectra(table)):
        name = "" if number is None else f" {number}"
        # Of one spectrum the fit stands out from the points; of several, both have the colour of the spectrum.
        own, of_fit = (1, 2) if number is None else (place + 1, place + 1)
        real, fitted = table["real"][rows], table["fitted_real"][rows]
        series += [
            Series(f"Measured{name}", "−Im Z", real, -table["imaginary"][rows], "open", colour=own),
            Series(f"Fitted{name}", "−Im Z", fitted, -table["fitted_imaginary"][rows], colour=of_fit),
        ]
    notes = [_about_circuit(number, rows, circuits) for number, rows in _spectra(circuits)] if circuits else []
    return Figure("Nyquist plot", "Re Z / Ω", "Re Z", "−Im Z / Ω", series, equal=True, notes=notes)


def bode(table: Table) -> Figure:
    """Modulus (decadic logarithm) and phase over the frequency; points and fit of one of them have one colour."""
    series = []
    for place, (number, rows) in enumerate(_spectra(table)):
        name, frequency = "" if number is None else f" {number}", table["frequency"][rows]
        for word, kind, prefix in (("measured", "open", ""), ("fitted", "line", "fitted_")):
            impedance = table[f"{prefix}real"][rows] + 1j * table[f"{prefix}imaginary"][rows]
            modulus, phase = np.log10(np.abs(impedance)), -np.degrees(np.angle(impedance))
            series.append(Series(f"|Z| {word}{name}", "lg |Z|", frequency, modulus, kind, colour=2 * place + 1))
            series.append(Series(f"Phase {word}{name}", "−φ", frequency, phase, kind, "right", colour=2 * place + 2))
    left = "lg(|Z| / Ω)"
    return Figure("Bode plot", "Frequency / Hz", "f", left, series, right="−Phase / °", log=True)


def before_after(table: Table, fit: Table) -> Figure:
    """Spectra before and after cycling with one circuit fitted to both, per area where that is known."""
    unit = display_unit(table.column("real").unit)
    series = []
    pairs = zip(_spectra(table), _spectra(fit), ("Before", "After"), strict=False)
    for colour, ((_, rows), (_, fitted), word) in enumerate(pairs, start=1):
        factor = float(np.median(table["real"][rows] / fit["real"][fitted]))
        series += [
            Series(
                f"{word}, measured",
                "−Im Z",
                table["real"][rows],
                table["minus_imaginary"][rows],
                "open",
                colour=colour,
            ),
            Series(
                f"{word}, fitted",
                "−Im Z",
                factor * fit["fitted_real"][fitted],
                -factor * fit["fitted_imaginary"][fitted],
                colour=colour,
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


def relaxation_times(table: Table, peaks: Table | None = None) -> Figure:
    """Distribution of relaxation times, and its peaks in words."""
    series = [
        Series(
            "Distribution" + ("" if number is None else f" {number}"),
            "γ",
            table["relaxation_time"][rows],
            table["gamma"][rows],
        )
        for number, rows in _spectra(table)
    ]
    notes = [_about_peaks(number, rows, peaks) for number, rows in _spectra(peaks)] if peaks else []
    return Figure("Relaxation times", "Relaxation time / s", "τ", "γ(ln τ) / Ω", series, log=True, notes=notes)


def kramers_kronig(table: Table, verdicts: Table) -> Figure:
    """Residuals of the linear Kramers-Kronig test over the frequency, with the verdict."""
    figure = residuals(table)
    notes = []
    for place in range(len(verdicts)):
        name = f"Spectrum {verdicts['spectrum'][place]}" if len(verdicts) > 1 else "The spectrum"
        word = "passes" if verdicts["passes"][place] else "fails"
        low, high = (float(verdicts[f"{end}_valid_frequency"][place]) for end in ("lowest", "highest"))
        ends = f"from {format_value(low, '')} to {format_value(high, '')} Hz" if np.isfinite(low) else "nowhere"
        rms, largest = (float(verdicts[f"{kind}_residual"][place]) for kind in ("rms", "largest"))
        notes.append(
            f"{name} {word}: residuals of {rms:.2g} % (root mean square), {largest:.2g} % at most; within the "
            f"tolerance {ends}. {verdicts['time_constants'][place]} RC elements, mu {float(verdicts['mu'][place]):.2f}."
        )
    return Figure("Kramers-Kronig test", figure.x, figure.short, figure.left, figure.series, log=True, notes=notes)


def activation(table: Table, lines: Table) -> Figure:
    """Conductivity (or inverse resistance) over the inverse temperature with the line through ln(sigma T)."""
    inverse, kelvin = table["inverse_temperature"], 1000.0 / table["inverse_temperature"]
    known = "conductivity" in table
    amount = table["conductivity"] if known else 1.0 / table["resistance"]
    unit = "S·K/cm" if known else "K/Ω"
    measured = np.log(amount * kelvin)
    used = table["used"].astype(bool)
    series = [Series("Used" if not used.all() else "Measured", "ln", inverse[used], measured[used], "dots", colour=1)]
    if not used.all():
        series.append(Series("Left out", "ln", inverse[~used], measured[~used], "open", colour=1))
    drawn = np.flatnonzero(np.char.endswith(lines["form"], " T)"))
    if len(drawn) and used.any():
        energy, intercept = (float(lines[name][drawn[0]]) for name in ("activation_energy", "intercept"))
        ends = np.array([inverse[used].min(), inverse[used].max()])
        series.append(Series("Fitted line", "ln", ends, intercept - energy / BOLTZMANN * ends / 1000.0, colour=2))
    celsius = "; ".join(f"{value:g}" for value in table["temperature"][used].tolist())
    word_of_form = "σ" if known else "1/R"
    notes = [
        f"{float(lines['activation_energy'][place]):.4f} ± {float(lines['half_width'][place]):.2g} eV (95 %) from "
        f"{str(lines['form'][place]).replace('sigma', word_of_form)}"
        for place in range(len(lines))
    ]
    notes.append(f"Measured at {celsius} °C; the line is that of the weighted fit.")
    word = "σT" if known else "T/R"
    return Figure("Activation energy", "1000 K / T", "1000 K/T", f"ln[{word} / ({unit})]", series, notes=notes)


def _spectra(table: Table) -> Iterator[tuple[int | None, Numbers]]:
    """Rows of each spectrum, numbered where there are several."""
    if "spectrum" not in table:
        yield None, np.arange(len(table))
        return
    numbers = np.unique(table["spectrum"])
    for number in numbers:
        yield (int(number) if len(numbers) > 1 else None), np.flatnonzero(table["spectrum"] == number)


def _about_circuit(number: int | None, rows: Numbers, circuits: Table) -> str:
    """Which circuit was taken, and among how many."""
    name = "Circuit" if number is None else f"Circuit of spectrum {number}:"
    place = rows[np.flatnonzero(circuits["chosen"][rows])[0]]
    text = f"{name} {circuits['circuit'][place]}"
    if len(rows) == 1:
        return f"{text}."
    above = float(circuits["above_best"][place])
    best = "" if above < 0.05 else f", {above:.1f} above the lowest"
    return f"{text}, the simplest of {len(rows)} within 6 of the lowest corrected Akaike criterion{best}."


def _about_peaks(number: int | None, rows: Numbers, peaks: Table) -> str:
    """Area and place of each peak, and which of them are not to be relied on."""
    name = "Peaks" if number is None else f"Peaks of spectrum {number}"
    said = []
    for place in rows:
        doubts = [word for word, flag in (("cut off", peaks["edge"]), ("not stable", ~peaks["stable"])) if flag[place]]
        doubt = f" ({', '.join(doubts)})" if doubts else ""
        area, tau = float(f"{peaks['resistance'][place]:.3g}"), float(f"{peaks['relaxation_time'][place]:.2g}")
        said.append(f"{format_value(area, '')} Ω at {format_value(tau, '')} s{doubt}")
    return f"{name}: {'; '.join(said)}."
