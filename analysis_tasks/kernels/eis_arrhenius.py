"""Activation energy of the ionic conduction from spectra at several temperatures.

All spectra are fitted with one circuit; ln(sigma) and ln(sigma T) are both fitted over 1/T, weighted by the
uncertainties of the fits. They differ by about kT (26 to 30 meV at and above room temperature): the form is part of the
result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from analysis_tasks.kernels.arc_assignment import BANDS, BULK, GRAIN_BOUNDARY, assign, bands_of
from analysis_tasks.kernels.base import Kernel, KernelInput, NotApplicable, Output, Parameter, ParameterValue, Value
from analysis_tasks.kernels.circuit_fitting import DETERMINED
from analysis_tasks.kernels.circuit_settings import (
    CIRCUIT,
    GEOMETRY,
    fit_settings,
    fit_together,
    frequency_limits,
    geometry_of,
)
from analysis_tasks.kernels.eis_circuit_fit import Interpreted, electrolyte
from analysis_tasks.kernels.impedance_spectra import Floats, Spectrum, spectra_of
from analysis_tasks.kernels.parameters import ParameterError
from core.tables import Column, Table

BOLTZMANN = 8.617333262e-5  # eV/K
ZERO_CELSIUS = 273.15
LEAST_TEMPERATURES = 3
PLAIN, WITH_TEMPERATURE = "ln(sigma)", "ln(sigma T)"
_TOTAL = "total"
_UNKNOWN_UNCERTAINTY = 1e-6  # relative: keeps weights finite where a fit is exact

_PARAMETERS = (
    Parameter(
        "temperatures",
        "Temperatures of the spectra in °C, in their order, as 25; 40; 60; 80. Else what the files state.",
        default="",
    ),
    Parameter(
        "part",
        "Whose resistance: of the whole electrolyte, of the bulk or of the grain boundaries.",
        default=_TOTAL,
        choices=(_TOTAL, BULK, GRAIN_BOUNDARY),
    ),
    *CIRCUIT,
    *GEOMETRY,
    *BANDS,
)


@dataclass(frozen=True)
class Arrhenius:
    """A straight line through ln(y) over 1/T.

    Attributes:
        form: `ln(sigma)` or `ln(sigma T)`.
        energy: Activation energy in eV.
        uncertainty: Its standard uncertainty in eV.
        half_width: Half the 95 % interval in eV.
        intercept: ln of the prefactor.
    """

    form: str
    energy: float
    uncertainty: float
    half_width: float
    intercept: float


def arrhenius(temperature: Floats, sigma: Floats, relative_uncertainty: Floats | None, form: str) -> Arrhenius:
    """Fits the activation energy.

    Args:
        temperature: In K, shape (n,), n at least 3.
        sigma: Conductivity, or anything proportional to it.
        relative_uncertainty: Standard uncertainty of sigma over sigma, for the weights; None: equal ones.
        form: `ln(sigma)` or `ln(sigma T)`.

    Returns:
        The line; its uncertainty comes from the scatter about it, so that it counts what single fits do not know.
    """
    y = np.log(sigma * temperature) if form == WITH_TEMPERATURE else np.log(sigma)
    x = 1.0 / temperature
    spread = np.ones(len(x)) if relative_uncertainty is None else np.maximum(relative_uncertainty, _UNKNOWN_UNCERTAINTY)
    weight = 1.0 / spread**2
    middle_x, middle_y = np.average(x, weights=weight), np.average(y, weights=weight)
    square = float((weight * (x - middle_x) ** 2).sum())
    slope = float((weight * (x - middle_x) * (y - middle_y)).sum()) / square
    rest = y - middle_y - slope * (x - middle_x)
    freedom = max(len(x) - 2, 1)
    deviation = float(np.sqrt((weight * rest**2).sum() / freedom / square))
    return Arrhenius(
        form,
        -slope * BOLTZMANN,
        deviation * BOLTZMANN,
        float(stdtrit(freedom, 0.975)) * deviation * BOLTZMANN,
        float(middle_y - slope * middle_x),
    )


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel on a series of spectra over temperature.

    Returns:
        The activation energy in both forms, conductivities where the geometry is known, and the table `arrhenius`.

    Raises:
        NotApplicable: Fewer than three temperatures, or temperatures are not known.
        ParameterError: The temperatures, circuit or geometry cannot be what they are said to be.
    """
    settings, bands = fit_settings(parameters), bands_of(parameters)
    geometry, doubts = geometry_of(parameters)
    spectra, warnings = spectra_of(inputs, *frequency_limits(parameters))
    celsius = _temperatures(str(parameters.get("temperatures") or ""), spectra, inputs)
    choice, _ = fit_together(spectra, settings)
    found = [
        Interpreted(spectrum, fit, assign([fit.arc(arc) for arc in fit.arcs], geometry, bands), geometry)
        for spectrum, fit in zip(spectra, choice.fits, strict=True)
    ]
    part = str(parameters.get("part") or _TOTAL)
    resistances = np.array([_resistance(one, part) for one in found])
    usable = resistances[:, 1] <= DETERMINED * resistances[:, 0]
    if usable.sum() < LEAST_TEMPERATURES or len(np.unique(celsius[usable])) < LEAST_TEMPERATURES:
        raise NotApplicable(
            f"{int(usable.sum())} of {len(spectra)} spectra determine the resistance ({part}); an activation energy "
            f"needs {LEAST_TEMPERATURES} temperatures"
        )
    kelvin = celsius + ZERO_CELSIUS
    sigma = (geometry.constant or 1.0) / resistances[:, 0]
    relative = resistances[:, 1] / resistances[:, 0]
    lines = [arrhenius(kelvin[usable], sigma[usable], relative[usable], form) for form in (WITH_TEMPERATURE, PLAIN)]
    values = [
        Value("activation_energy", line.energy, line.uncertainty, {"form": line.form, "part": part}) for line in lines
    ]
    known = geometry.constant is not None
    for place in np.flatnonzero(usable) if known else ():
        index: dict[str, int | str] = {"spectrum": spectra[place].number, "temperature": f"{celsius[place]:g} °C"}
        uncertainty = float(sigma[place] * relative[place])
        values.append(Value("ionic_conductivity", float(sigma[place]), uncertainty, index))
    table = _table(spectra, celsius, resistances, sigma if known else None, usable)
    sentences = _sentences(lines, usable, str(choice.circuit))
    return Output(tuple(values), (table, _lines(lines)), (*doubts, *warnings, *sentences))


def _temperatures(text: str, spectra: list[Spectrum], inputs: tuple[KernelInput, ...]) -> Floats:
    """Temperature in °C of each spectrum: the stated list, else what each file says."""
    if text.strip():
        parts = [part for part in re.split(r"[;\s]+", text.replace("°C", " ").replace("degC", " ").strip()) if part]
        try:
            stated = np.array([float(part.rstrip(",").replace(",", ".")) for part in parts])
        except ValueError:
            raise ParameterError(f"temperatures: {text!r} should be numbers in °C, as 25; 40; 60; 80") from None
        if len(stated) != len(spectra):
            raise ParameterError(f"temperatures: {len(stated)} are stated for {len(spectra)} spectra")
    else:
        found = [inputs[spectrum.file - 1].metadata.get("temperature_celsius") for spectrum in spectra]
        try:
            stated = np.array([float(value) for value in found], dtype=np.float64)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise NotApplicable(
                "the temperatures of the spectra are not known: state them, as 25; 40; 60; 80"
            ) from None
    if not (np.isfinite(stated) & (stated > -ZERO_CELSIUS)).all():
        raise ParameterError("temperatures: each must be above absolute zero, -273.15 °C")
    return stated


def _resistance(one: Interpreted, part: str) -> tuple[float, float]:
    places = electrolyte(one) if part == _TOTAL else one.resistors((part,))
    return one.fit.sum_of(places) if places else (1.0, float("inf"))


def _table(
    spectra: list[Spectrum], celsius: Floats, resistances: Floats, sigma: Floats | None, usable: np.ndarray
) -> Table:
    uncertainty = np.where(np.isfinite(resistances[:, 1]), resistances[:, 1], np.nan)
    columns = [
        Column("spectrum", np.array([spectrum.number for spectrum in spectra], dtype=np.int32), "", "Spectrum"),
        Column("temperature", celsius, "degC", "Temperature / °C"),
        Column("inverse_temperature", 1000.0 / (celsius + ZERO_CELSIUS), "1/kK", "1000 K / T"),
        Column("resistance", resistances[:, 0].copy(), "ohm", "Resistance / Ω"),
        Column("resistance_uncertainty", uncertainty, "ohm", "Uncertainty / Ω"),
    ]
    if sigma is not None:
        columns.append(Column("conductivity", sigma, "S/cm", "Conductivity / S/cm"))
    return Table("arrhenius", (*columns, Column("used", usable, "", "Used")))


def _lines(lines: list[Arrhenius]) -> Table:
    return Table(
        "activation",
        (
            Column("form", np.array([line.form for line in lines]), "", "Form"),
            Column("activation_energy", np.array([line.energy for line in lines]), "eV", "Activation energy / eV"),
            Column("uncertainty", np.array([line.uncertainty for line in lines]), "eV", "Standard uncertainty / eV"),
            Column("half_width", np.array([line.half_width for line in lines]), "eV", "Half of 95 % interval / eV"),
            Column("intercept", np.array([line.intercept for line in lines]), "", "ln of the prefactor"),
        ),
    )


def _sentences(lines: list[Arrhenius], usable: np.ndarray, circuit: str) -> Iterator[str]:
    said = " and ".join(f"{line.energy:.4f} ± {line.half_width:.2g} eV (95 %) from {line.form}" for line in lines)
    yield f"activation energy {said}; circuit {circuit} at every temperature"
    left_out = int((~usable).sum())
    if left_out:
        yield f"{left_out} spectra do not determine the resistance and are left out"


KERNEL = Kernel(
    name="eis.arrhenius",
    version="1",
    label="Activation energy",
    description=(
        "Fits one circuit to spectra at three or more temperatures and a weighted straight line to ln(sigma T) and to "
        "ln(sigma) over 1/T; both energies are given with their form. Uncertainties come from the scatter about it."
    ),
    techniques=("eis",),
    tables=("spectrum",),
    parameters=_PARAMETERS,
    yields=("activation_energy", "ionic_conductivity"),
    run=run,
    least_inputs=LEAST_TEMPERATURES,
)
