"""The simulated half of the demo lab: twin cells whose files come from our own models and say so everywhere.

Their codes begin with `SIM-`; none of their numbers is the paper's, and none is ever mixed with reported values.
"""

from __future__ import annotations

from dataclasses import dataclass

from demo.simulate import CyclingSpec
from demo.simulate_eis import ImpedanceSpec


@dataclass(frozen=True)
class SimulatedTest:
    """A twin cell and the cycling file it gets.

    Attributes:
        code: Of the cell.
        figure: Of the Supporting Information whose kind of data it shows.
        composite: Code of the simulated composite cathode, empty for a cell with liquid electrolyte.
        morphology: Of the active powder.
        spec: What the model is given.
    """

    code: str
    figure: str
    composite: str
    morphology: str
    spec: CyclingSpec


@dataclass(frozen=True)
class SimulatedSpectra:
    """Impedance spectra of a twin cell, before and after cycling.

    Attributes:
        code: Of the cell.
        figure: Of the Supporting Information whose kind of data they show.
        cycles: After which they are taken.
        spec: What the model is given.
    """

    code: str
    figure: str
    cycles: tuple[int, ...]
    spec: ImpedanceSpec


SPECTRA = (SimulatedSpectra("SIM-solid-433522", "Fig. S9a", (0, 50), ImpedanceSpec(area=0.785, temperature=80.0)),)

TESTS = (
    SimulatedTest(
        "SIM-liquid-MCG",
        "Fig. S7a",
        "",
        "MCG",
        CyclingSpec(active_mass=8.4, first_capacity=172.0, last_capacity=170.5, cycles=3, polarisation=0.06, seed=71),
    ),
    SimulatedTest(
        "SIM-liquid-agglomerates",
        "Fig. S7b",
        "",
        "agglomerates",
        CyclingSpec(active_mass=8.1, first_capacity=174.0, last_capacity=171.0, cycles=3, polarisation=0.07, seed=72),
    ),
    SimulatedTest(
        "SIM-solid-433522",
        "Fig. S8b",
        "SIM-CC-433522",
        "MCG",
        CyclingSpec(
            active_mass=2.10,
            first_capacity=136.0,
            last_capacity=80.0,
            cycles=50,
            polarisation=0.14,
            polarisation_growth=0.7,
            interval=240.0,
            seed=81,
        ),
    ),
    SimulatedTest(
        "SIM-solid-454015",
        "Fig. S8d",
        "SIM-CC-454015",
        "MCG",
        CyclingSpec(
            active_mass=2.20,
            first_capacity=118.0,
            last_capacity=104.0,
            cycles=5,
            polarisation=0.16,
            polarisation_growth=0.5,
            seed=82,
        ),
    ),
)
