"""What an arc may be: bulk, grain boundary or interface, by its capacitance. Always a suggestion, never a result alone.

J. T. S. Irvine, D. C. Sinclair, A. R. West, Adv. Mater. 2 (1990) 132: a capacitance of some 1e-12 F/cm is bulk, 1e-11
to 1e-8 F/cm grain boundary, 1e-7 to 1e-5 F/cm² an interface. The bands can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis_tasks.kernels.base import Parameter, ParameterValue
from analysis_tasks.kernels.circuit_fitting import ArcValues
from analysis_tasks.kernels.circuit_settings import Geometry
from analysis_tasks.kernels.parameters import ParameterError, positive

BULK, GRAIN_BOUNDARY, INTERFACE, ELECTRODE = "bulk", "grain boundary", "interface", "electrode"
ELECTROLYTE = "bulk or grain boundary"
UNKNOWN = "not assigned"
IN_ELECTROLYTE = (BULK, GRAIN_BOUNDARY, ELECTROLYTE)

BANDS = (
    Parameter("bulk_up_to", "Largest capacitance of a bulk arc, x thickness / area.", unit="F/cm", default=1e-11),
    Parameter(
        "grain_boundary_up_to",
        "Largest capacitance of a grain-boundary arc, x thickness / area.",
        unit="F/cm",
        default=1e-8,
    ),
    Parameter("interface_from", "Smallest capacitance of an interfacial arc, / area.", unit="F/cm^2", default=1e-7),
    Parameter("interface_up_to", "Largest capacitance of an interfacial arc, / area.", unit="F/cm^2", default=1e-5),
)


@dataclass(frozen=True)
class Bands:
    """The bands, in F/cm and F/cm²."""

    bulk_up_to: float
    grain_boundary_up_to: float
    interface_from: float
    interface_up_to: float


def bands_of(parameters: Mapping[str, ParameterValue]) -> Bands:
    """The checked bands.

    Raises:
        ParameterError: They are not above 0 or not in order.
    """
    bands = Bands(*(positive(parameters, parameter.key) or float(parameter.default or 0) for parameter in BANDS))
    if not bands.bulk_up_to < bands.grain_boundary_up_to:
        raise ParameterError("bulk_up_to must be below grain_boundary_up_to")
    if not bands.interface_from < bands.interface_up_to:
        raise ParameterError("interface_from must be below interface_up_to")
    return bands


def assign(arcs: Sequence[ArcValues], geometry: Geometry, bands: Bands) -> list[str]:
    """A suggestion for each arc, which are in the order of their time constants.

    Without geometry a pellet's bulk arc (5e-11 F) looks like a grain boundary; then bulk and grain boundary are told
    apart only where there are two such arcs, by their order.
    """
    found = [_of(arc.capacitance, geometry, bands) for arc in arcs]
    undecided = [place for place, name in enumerate(found) if name == ELECTROLYTE]
    if len(undecided) == 2:
        found[undecided[0]], found[undecided[1]] = BULK, GRAIN_BOUNDARY
    return found


def _of(capacitance: float, geometry: Geometry, bands: Bands) -> str:
    """Suggestion for one arc; an area of 1 cm² and a thickness of 1 cm stand in where they are not known."""
    area = geometry.area or 1.0
    if capacitance / area >= bands.interface_from:
        return INTERFACE if capacitance / area <= bands.interface_up_to else ELECTRODE
    if geometry.area is None or geometry.thickness is None:
        return ELECTROLYTE if capacitance <= bands.grain_boundary_up_to else UNKNOWN
    specific = capacitance * geometry.thickness / area
    if specific <= bands.bulk_up_to:
        return BULK
    return GRAIN_BOUNDARY if specific <= bands.grain_boundary_up_to else UNKNOWN
