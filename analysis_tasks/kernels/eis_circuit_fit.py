"""Equivalent circuits fitted to impedance spectra: values with intervals, arcs with suggestions, conductivity.

The fit itself lies in `circuit_fitting`; here its numbers get the names of quantities, and what the spectrum does not
determine is said instead of given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.arc_assignment import (
    BANDS,
    BULK,
    GRAIN_BOUNDARY,
    IN_ELECTROLYTE,
    INTERFACE,
    assign,
    bands_of,
)
from analysis_tasks.kernels.base import Kernel, KernelInput, Output, Parameter, ParameterValue, Value
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
from analysis_tasks.kernels.circuit_starts import Arc
from analysis_tasks.kernels.fit_tables import (
    arcs_table,
    choices_table,
    correlation_table,
    curve_table,
    parameters_table,
)
from analysis_tasks.kernels.impedance_spectra import Spectrum, index_of, spectra_of, stacked

_ROLES = {BULK: "bulk_resistance", GRAIN_BOUNDARY: "grain_boundary_resistance", INTERFACE: "interfacial_resistance"}
_SINGLE = {"L": "inductance", "W": "warburg_coefficient"}
_POOR = 0.03  # root mean square residual that is worth a word

_PARAMETERS: tuple[Parameter, ...] = (*CIRCUIT, *GEOMETRY, *BANDS)

_YIELDS = (
    *(
        f"{key}{areal}"
        for key in (*_ROLES.values(), "series_resistance", "total_resistance")
        for areal in ("", "_areal")
    ),
    "arc_resistance",
    "relaxation_time",
    "peak_frequency",
    "effective_capacitance",
    "cpe_exponent",
    "inductance",
    "warburg_coefficient",
    "reduced_chi_squared",
    "ionic_conductivity",
)


@dataclass(frozen=True, eq=False)
class Interpreted:
    """A fit and what its arcs may be."""

    spectrum: Spectrum
    fit: Fit
    roles: list[str]
    geometry: Geometry

    def resistors(self, roles: Sequence[str]) -> list[int]:
        """Positions of the resistances of arcs with one of these roles."""
        return [arc.resistor.first for arc, role in zip(self.fit.arcs, self.roles, strict=True) if role in roles]

    def series(self) -> list[int]:
        """Positions of the resistances that stand in series at the highest level."""
        return [element.first for element in self.fit.circuit.in_series if element.kind.symbol == "R"]


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel on every spectrum of the inputs, each with the circuit that it asks for if none is stated.

    Returns:
        What the spectra determine, and the tables `parameters`, `arcs`, `fit`, `circuits` and `correlations`.

    Raises:
        NotApplicable: There are not enough points.
        ParameterError: The circuit, a limit or the geometry cannot be what it is said to be.
    """
    settings, bands = fit_settings(parameters), bands_of(parameters)
    geometry, doubts = geometry_of(parameters)
    spectra, warnings = spectra_of(inputs, *frequency_limits(parameters))
    found: list[Interpreted] = []
    tried: list[tuple[Spectrum, tuple[Choice, list[Choice]]]] = []
    for spectrum in spectra:
        choice, others = fit_together([spectrum], settings)
        fit = choice.fits[0]
        roles = assign([fit.arc(arc) for arc in fit.arcs], geometry, bands)
        found.append(Interpreted(spectrum, fit, roles, geometry))
        tried.append((spectrum, (choice, others)))
    tables = (
        stacked("parameters", [(one.spectrum, parameters_table(one.fit)) for one in found]),
        stacked("arcs", [(one.spectrum, arcs_table(one.fit, one.roles)) for one in found]),
        stacked("fit", [(one.spectrum, curve_table(one.spectrum, one.fit)) for one in found]),
        stacked("circuits", [(spectrum, choices_table(*pair)) for spectrum, pair in tried]),
        stacked("correlations", [(one.spectrum, correlation_table(one.fit)) for one in found]),
    )
    values = [value for one in found for value in _values(one, index_of(one.spectrum, spectra))]
    sentences = [
        text for one in found for text in _sentences(one, f"spectrum {one.spectrum.number}: " * (len(found) > 1))
    ]
    return Output(tuple(values), tables, (*doubts, *warnings, *sentences, *_about_geometry(found)))


def electrolyte(one: Interpreted) -> list[int]:
    """Positions of the resistances of the electrolyte: its arcs; where bulk shows no arc, what stands in series too."""
    inside = one.resistors(IN_ELECTROLYTE)
    return inside if one.resistors((BULK,)) else [*one.series(), *inside]


def _values(one: Interpreted, index: dict[str, int | str]) -> Iterator[Value]:
    fit, geometry = one.fit, one.geometry
    yield Value("reduced_chi_squared", fit.reduced_chi_squared, index=index)
    for role, key in _ROLES.items():
        share = one.geometry.interfaces if role == INTERFACE else 1
        yield from _resistance(key, fit, one.resistors((role,)), geometry, index, share)
    series, arcs = one.series(), [arc.resistor.first for arc in fit.arcs]
    yield from _resistance("series_resistance", fit, series, geometry, index)
    yield from _resistance("total_resistance", fit, [*series, *arcs], geometry, index)
    for number, arc in enumerate(fit.arcs, start=1):
        yield from _arc(fit, arc, {**index, "arc": number})
    for element in fit.circuit.elements:
        symbol = element.kind.symbol
        if symbol in _SINGLE and fit.determined[element.first]:
            count = sum(other.kind.symbol == symbol for other in fit.circuit.elements)
            place = {**index, "element": element.name} if count > 1 else index
            yield Value(
                _SINGLE[symbol], float(fit.values[element.first]), float(fit.uncertainties[element.first]), place
            )
    yield from _conductivities(one, index)


def _resistance(
    key: str, fit: Fit, places: list[int], geometry: Geometry, index: dict[str, int | str], interfaces: int = 1
) -> Iterator[Value]:
    """A sum of resistances, and times the area per interface, where the spectrum determines it."""
    if not places:
        return
    value, uncertainty = fit.sum_of(places)
    if not uncertainty <= DETERMINED * value:
        return
    yield Value(key, value, uncertainty, index)
    if geometry.area is not None:
        factor = geometry.area / interfaces
        yield Value(f"{key}_areal", value * factor, uncertainty * factor, index)


def _arc(fit: Fit, arc: Arc, index: dict[str, int | str]) -> Iterator[Value]:
    found = fit.arc(arc)
    for key, value, uncertainty in (
        ("arc_resistance", found.resistance, found.resistance_uncertainty),
        ("relaxation_time", found.tau, found.tau_uncertainty),
        ("effective_capacitance", found.capacitance, found.capacitance_uncertainty),
        ("cpe_exponent", found.exponent, found.exponent_uncertainty),
    ):
        if uncertainty <= DETERMINED * value and not (key == "cpe_exponent" and uncertainty == 0):
            yield Value(key, value, uncertainty, index)
    if found.tau_uncertainty <= DETERMINED * found.tau:
        frequency = 1.0 / (2.0 * math.pi * found.tau)
        yield Value("peak_frequency", frequency, frequency * found.tau_uncertainty / found.tau, index)


def _conductivities(one: Interpreted, index: dict[str, int | str]) -> Iterator[Value]:
    """Thickness over resistance and area, of the whole electrolyte and of its parts, for cells that allow it."""
    constant = one.geometry.constant
    if constant is None:
        return
    parts: list[tuple[dict[str, int | str], list[int]]] = [({}, electrolyte(one))]
    if one.resistors((BULK,)):
        parts.append(({"part": BULK}, one.resistors((BULK,))))
    if one.resistors((GRAIN_BOUNDARY,)):
        parts.append(({"part": GRAIN_BOUNDARY}, one.resistors((GRAIN_BOUNDARY,))))
    for part, places in parts:
        if not places:
            continue
        resistance, uncertainty = one.fit.sum_of(places)
        if uncertainty <= DETERMINED * resistance:
            sigma = constant / resistance
            yield Value("ionic_conductivity", sigma, sigma * uncertainty / resistance, {**index, **part})


def _sentences(one: Interpreted, name: str) -> Iterator[str]:
    fit = one.fit
    lost = [parameter for parameter, known in zip(fit.circuit.names, fit.determined, strict=True) if not known]
    if lost:
        yield (
            f"{name}not determined by the spectrum (standard uncertainty above {100 * DETERMINED:.0f} %, or at a "
            f"limit): {', '.join(lost)}"
        )
    ideal = [name for name, flag in zip(fit.circuit.names, fit.ideal, strict=True) if flag]
    if ideal:
        yield f"{name}ideal capacitors, the exponent is 1 within what the spectrum tells: {', '.join(ideal)}"
    if one.roles:
        said = ", ".join(f"arc {number} {role}" for number, role in enumerate(one.roles, start=1))
        yield f"{name}suggested by the capacitances: {said}"
    rms = float(np.sqrt(np.mean(np.abs(fit.residual) ** 2)))
    if rms > _POOR:
        yield f"{name}the circuit {fit.circuit} misses the spectrum by {100 * rms:.2g} % (root mean square)"


def _about_geometry(found: list[Interpreted]) -> Iterator[str]:
    geometry = found[0].geometry
    if geometry.constant is not None:
        return
    if geometry.cell_type and geometry.cell_type not in ("symmetric", "blocking"):
        yield f"no conductivity is given: in a cell of kind {geometry.cell_type} the electrodes add to the resistance"
        return
    known = (geometry.area, geometry.thickness, geometry.cell_type)
    words = ("the electrode area", "the thickness of the electrolyte", "the kind of cell")
    missing = [word for word, value in zip(words, known, strict=True) if not value]
    yield f"no conductivity is given: not stated is {', '.join(missing)}"


KERNEL = Kernel(
    name="eis.circuit_fit",
    version="1",
    label="Equivalent circuit",
    description=(
        "Weighted complex least squares of an equivalent circuit (Levenberg-Marquardt with analytic derivatives, "
        "logarithms of positive parameters, logits of exponents) from 24 starts found in the spectrum. Uncertainties "
        "come from the Jacobian; what it leaves open by more than 30 % is called not determined. Without a stated "
        "circuit, one to four arcs with and without a tail are compared by the corrected Akaike criterion."
    ),
    techniques=("eis",),
    tables=("spectrum",),
    parameters=_PARAMETERS,
    yields=_YIELDS,
    run=run,
)
