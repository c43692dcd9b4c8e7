"""Simulated impedance spectra of a solid-state cell before and after cycling, with stored truth (kind of Fig. S9a).

A physical chain of bulk, grain boundaries, interface and diffusion; the interface grows with the square root of the
cycle number, as contact is lost. The file says that it is simulated, and the truth is returned beside it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements.readers.spectrum_csv import text_of

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_VACUUM_PERMITTIVITY = 8.8541878128e-14  # F/cm


@dataclass(frozen=True)
class ImpedanceSpec:
    """A cell and a measurement to simulate.

    Attributes:
        area: Of the electrode in cm².
        thickness: Of the electrolyte in cm.
        bulk_conductivity: In S/cm.
        permittivity: Relative permittivity of the bulk.
        bulk_exponent, grain_boundary_exponent, interface_exponent: Of the constant phase elements, 0 to 1.
        grain_boundary_resistance: In ohm·cm².
        grain_boundary_capacitance: In F/cm².
        interface_resistance: Of the fresh cell in ohm·cm².
        interface_capacitance: In F/cm².
        interface_growth: Part by which the interface has grown after `cycles`.
        warburg: Coefficient of the diffusion tail in ohm·cm²/s^0.5.
        lead_resistance: Of the leads in ohm.
        cycles: At which the growth is reached.
        highest, lowest: Frequencies in Hz.
        per_decade: Points per decade.
        noise: Standard deviation of each part, over the modulus.
        temperature: In °C, for the header.
        seed: Of the noise.
        started_at: ISO 8601, for the header.
    """

    area: float = 0.785398
    thickness: float = 0.05
    bulk_conductivity: float = 4.0e-4
    permittivity: float = 50.0
    bulk_exponent: float = 0.97
    grain_boundary_resistance: float = 60.0
    grain_boundary_capacitance: float = 2.0e-8
    grain_boundary_exponent: float = 0.92
    interface_resistance: float = 120.0
    interface_capacitance: float = 4.0e-6
    interface_exponent: float = 0.85
    interface_growth: float = 3.0
    warburg: float = 45.0
    lead_resistance: float = 2.0
    cycles: int = 50
    highest: float = 7.0e6
    lowest: float = 1.0e-2
    per_decade: int = 8
    noise: float = 2.5e-3
    temperature: float = 25.0
    seed: int = 9
    started_at: str = "2025-03-03T09:00:00Z"

    def __post_init__(self) -> None:
        for name in ("area", "thickness", "bulk_conductivity", "permittivity", "interface_resistance", "lowest"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: {getattr(self, name)} is not above 0")
        if self.highest <= self.lowest:
            raise ValueError(f"highest: {self.highest} Hz is not above the lowest, {self.lowest} Hz")
        if self.cycles < 1 or self.interface_growth < -1:
            raise ValueError("cycles must be at least 1, and interface_growth at least -1")


def simulate_impedance(spec: ImpedanceSpec, cycle: int = 0) -> tuple[bytes, dict[str, Any]]:
    """A spectrum of the cell at one cycle as a text file of our plain format, and its truth.

    Args:
        spec: The cell.
        cycle: Cycles it has done; 0 is the fresh cell.

    Returns:
        The file, and `{"simulated": True, "spec": {...}, "cycle", "series_resistance" (ohm), "warburg_coefficient"
        (ohm/s^0.5), "total_resistance" (ohm), "arcs": [{"name", "resistance" (ohm), "amount" (F·s^(n-1)), "exponent",
        "tau" (s), "capacitance" (F)}, ...]}`, arcs from short to long time constants.
    """
    decades = math.log10(spec.highest / spec.lowest)
    frequency = np.geomspace(spec.highest, spec.lowest, round(decades * spec.per_decade) + 1)
    arcs = [_arc(name, *values) for name, values in _parts(spec, cycle).items()]
    impedance = _impedance(spec, arcs, 2.0 * np.pi * frequency)
    generator = np.random.default_rng([spec.seed, cycle])
    spread = generator.normal(0.0, spec.noise, (2, len(frequency)))
    measured = impedance + np.abs(impedance) * (spread[0] + 1j * spread[1])
    header = {
        "simulated": "true",
        "generator": "demo.simulate_eis.simulate_impedance",
        "started_at": spec.started_at,
        "cycle": str(cycle),
        "state_of_charge": "discharged",
        "temperature_celsius": f"{spec.temperature:g}",
        "electrode_area_cm2": f"{spec.area:g}",
        "thickness_um": f"{spec.thickness * 1e4:g}",
        "seed": str(spec.seed),
    }
    truth = {
        "simulated": True,
        "spec": asdict(spec),
        "cycle": cycle,
        "series_resistance": spec.lead_resistance,
        "warburg_coefficient": spec.warburg / spec.area,
        "total_resistance": spec.lead_resistance + sum(arc["resistance"] for arc in arcs),
        "arcs": arcs,
    }
    return text_of(frequency, measured, header).encode(), truth


def _parts(spec: ImpedanceSpec, cycle: int) -> dict[str, tuple[float, float, float]]:
    """Resistance in ohm, capacitance in F and exponent of each arc at a cycle."""
    growth = 1.0 + spec.interface_growth * math.sqrt(cycle / spec.cycles)
    geometry = spec.area / spec.thickness
    return {
        "bulk": (
            1.0 / (spec.bulk_conductivity * geometry),
            _VACUUM_PERMITTIVITY * spec.permittivity * geometry,
            spec.bulk_exponent,
        ),
        "grain boundary": (
            spec.grain_boundary_resistance / spec.area,
            spec.grain_boundary_capacitance * spec.area,
            spec.grain_boundary_exponent,
        ),
        # Where contact is lost, the resistance grows and the capacitance shrinks by the same factor.
        "interface": (
            spec.interface_resistance * growth / spec.area,
            spec.interface_capacitance / growth * spec.area,
            spec.interface_exponent,
        ),
    }


def _arc(name: str, resistance: float, capacitance: float, exponent: float) -> dict[str, Any]:
    """An arc R beside Q with tau = R C, so that Q = tau^n / R."""
    tau = resistance * capacitance
    return {
        "name": name,
        "resistance": resistance,
        "amount": tau**exponent / resistance,
        "exponent": exponent,
        "tau": tau,
        "capacitance": capacitance,
    }


def _impedance(spec: ImpedanceSpec, arcs: list[dict[str, Any]], omega: Floats) -> Complexes:
    total = spec.lead_resistance + spec.warburg / spec.area * (1.0 - 1j) / np.sqrt(omega)
    for arc in arcs:
        total = total + arc["resistance"] / (1.0 + (1j * omega * arc["tau"]) ** arc["exponent"])
    impedance: Complexes = total
    return impedance
