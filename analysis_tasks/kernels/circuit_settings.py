"""Parameters that all kernels with equivalent circuits share, and their check.

Geometry, kind of cell, weighting, circuit and limits mean the same in a single fit, over temperature and over cycles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis_tasks.kernels.base import NotApplicable, Parameter, ParameterValue
from analysis_tasks.kernels.circuit_fitting import WEIGHTS, Choice, Limits, choose_circuit, fit_circuit
from analysis_tasks.kernels.circuits import Circuit, CircuitError, parse
from analysis_tasks.kernels.impedance_spectra import Spectrum
from analysis_tasks.kernels.parameters import ParameterError, number, positive

AUTOMATIC = "auto"
CELL_TYPES = ("cathode|Li", "full", "anode|Li", "symmetric", "blocking", "Li|Cu", "three-electrode")
# Cells whose resistance is that of the electrolyte between two equal electrodes.
CONDUCTIVE = ("symmetric", "blocking")
# What EC-Lab writes where nobody entered an area, in cm².
VENDOR_DEFAULT_AREA = 0.001
_MICROMETRES_PER_CM = 1e4
_AMOUNT = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_LIMIT = re.compile(rf"(\w+)\s*=\s*{_AMOUNT}\s*(?:\.\.\s*{_AMOUNT})?")

CIRCUIT = (
    Parameter(
        "circuit",
        "Equivalent circuit, as R0-p(R1,CPE1)-W0 or R(RQ)W; auto chooses among one to four arcs with and without tail.",
        default=AUTOMATIC,
    ),
    Parameter(
        "weighting",
        "Weights of the residuals: 1/|Z|, 1/|Z'| and 1/|Z''| (proportional), or equal ones.",
        default="modulus",
        choices=WEIGHTS,
    ),
    Parameter("limits", "Limits of parameters, as R1=10..200; CPE1_n=0.7..0.9; one number fixes a value.", default=""),
    Parameter("lowest_frequency", "Points below are left out.", unit="Hz"),
    Parameter("highest_frequency", "Points above are left out.", unit="Hz"),
)
GEOMETRY = (
    Parameter("electrode_area", "Geometric area of the electrode.", unit="cm^2", source="cell.electrode_area"),
    Parameter("thickness", "Thickness of the electrolyte.", unit="um", source="cell.thickness"),
    Parameter(
        "cell_type",
        "Kind of cell: conductivities are given for symmetric and blocking cells only.",
        source="cell.cell_type",
        choices=CELL_TYPES,
    ),
)


@dataclass(frozen=True)
class Geometry:
    """Size and kind of a cell.

    Attributes:
        area: Of the electrode in cm², None where it is not known.
        thickness: Of the electrolyte in cm, None where it is not known.
        cell_type: Key, empty where it is not stated.
    """

    area: float | None
    thickness: float | None
    cell_type: str

    @property
    def constant(self) -> float | None:
        """Thickness over area in 1/cm where a resistance makes a conductivity, else None."""
        if self.area is None or self.thickness is None or self.cell_type not in CONDUCTIVE:
            return None
        return self.thickness / self.area

    @property
    def interfaces(self) -> int:
        """Equal interfaces that an interfacial resistance counts: two in a symmetric cell."""
        return 2 if self.cell_type == "symmetric" else 1


@dataclass(frozen=True)
class FitSettings:
    """How circuits are fitted.

    Attributes:
        circuit: The stated one, None to choose.
        weighting: Of the residuals.
        given: Limits by parameter name.
    """

    circuit: Circuit | None
    weighting: str
    given: Limits


def geometry_of(parameters: Mapping[str, ParameterValue]) -> tuple[Geometry, list[str]]:
    """The checked geometry, and what is doubtful about it.

    Raises:
        ParameterError: An area or a thickness is not above 0.
    """
    area, thickness = positive(parameters, "electrode_area"), positive(parameters, "thickness")
    doubts = []
    if area == VENDOR_DEFAULT_AREA:
        doubts.append(
            "an electrode area of exactly 0.001 cm² is what EC-Lab writes when none was entered: it is not used; "
            "enter the real area"
        )
        area = None
    cell_type = str(parameters.get("cell_type") or "")
    return Geometry(area, None if thickness is None else thickness / _MICROMETRES_PER_CM, cell_type), doubts


def fit_settings(parameters: Mapping[str, ParameterValue]) -> FitSettings:
    """The checked settings of a fit.

    Raises:
        ParameterError: The circuit or a limit cannot be understood; the message shows a right one.
    """
    text = str(parameters.get("circuit") or AUTOMATIC).strip()
    try:
        circuit = None if text.lower() == AUTOMATIC else parse(text)
    except CircuitError as error:
        raise ParameterError(f"circuit: {error}") from error
    weighting, limits = str(parameters.get("weighting") or "modulus"), str(parameters.get("limits") or "")
    return FitSettings(circuit, weighting, _limits(limits))


def frequency_limits(parameters: Mapping[str, ParameterValue]) -> tuple[float | None, float | None]:
    """Lowest and highest frequency in Hz that count."""
    return number(parameters, "lowest_frequency"), number(parameters, "highest_frequency")


def fit_together(spectra: Sequence[Spectrum], settings: FitSettings) -> tuple[Choice, list[Choice]]:
    """One circuit for all spectra: the stated one, or the one chosen for them together.

    Raises:
        NotApplicable: The spectra have too few points.
        ParameterError: A limit names no parameter of the stated circuit.
    """
    if settings.circuit is None:
        try:
            return choose_circuit(spectra, weighting=settings.weighting, given=settings.given)
        except CircuitError as error:
            raise NotApplicable(str(error)) from error
    try:
        fits = tuple(
            fit_circuit(settings.circuit, spectrum, weighting=settings.weighting, given=settings.given)
            for spectrum in spectra
        )
    except CircuitError as error:
        raise ParameterError(f"circuit: {error}") from error
    choice = Choice(settings.circuit, fits)
    return choice, [choice]


def _limits(text: str) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        entry = _LIMIT.fullmatch(part)
        if entry is None:
            raise ParameterError(f"limits: {part!r} should read like R1=10..200 or R0=20")
        found[entry[1]] = (float(entry[2]), float(entry[3] or entry[2]))
    return found
