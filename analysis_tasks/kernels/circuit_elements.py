"""Elements of equivalent circuits: impedance and derivatives, in coordinates that keep every parameter physical.

Positive parameters are fitted as logarithms, exponents between 0 and 1 as logits. All functions work on many sets of
parameters at once: shape (sets, frequencies).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# complex128; NumPy 2.4's stubs lose the type in mixed products.
Complexes = NDArray[Any]

LOG, LOGIT = "log", "logit"
# |u| beyond which tanh(u) is 1 in double precision.
_LARGE = 20.0


@dataclass(frozen=True, eq=False)
class Grid:
    """The angular frequencies of a spectrum and what all elements need of them.

    Attributes:
        omega: In rad/s, shape (n,).
        j_omega: Times the imaginary unit.
        log_j_omega: Its logarithm.
    """

    omega: Floats
    j_omega: Complexes
    log_j_omega: Complexes

    @classmethod
    def of(cls, omega: Floats) -> Grid:
        """The grid of these angular frequencies."""
        j_omega = 1j * omega
        return cls(omega, j_omega, np.log(j_omega))


# What an element returns: its impedance and its derivatives by each coordinate.
Evaluated = tuple[Complexes, list[Complexes]]
Function = Callable[[Sequence[Floats], Grid], Evaluated]


@dataclass(frozen=True)
class Kind:
    """A kind of element.

    Attributes:
        symbol: As circuits are written: `R`, `CPE`.
        parameters: Name after the element's own, empty for the only one.
        units: Of each parameter.
        coordinates: `log` or `logit`, of each parameter.
        evaluate: Impedance and derivatives by the coordinates, from parameters of shape (sets, 1).
        label: What it is.
    """

    symbol: str
    parameters: tuple[str, ...]
    units: tuple[str, ...]
    coordinates: tuple[str, ...]
    evaluate: Function
    label: str


def _resistor(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = p[0] + np.zeros(len(grid.omega), dtype=np.complex128)
    return z, [z]


def _capacitor(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = 1.0 / (p[0] * grid.j_omega)
    return z, [-z]


def _inductor(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = p[0] * grid.j_omega
    return z, [z]


def _constant_phase(p: Sequence[Floats], grid: Grid) -> Evaluated:
    q, n = p
    z = np.exp(-n * grid.log_j_omega) / q
    return z, [-z, -z * grid.log_j_omega * (n * (1.0 - n))]


def _warburg(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = p[0] * (1.0 - 1j) / np.sqrt(grid.omega)
    return z, [z]


def _open_warburg(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau = p
    u = np.sqrt(grid.j_omega * tau)
    tanh = _tanh(u)
    z = scale / (u * tanh)
    slope = 0.5 * scale * (-(1.0 / tanh**2 - 1.0) - 1.0 / (u * tanh))
    return z, [z, slope]


def _short_warburg(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau = p
    u = np.sqrt(grid.j_omega * tau)
    tanh = _tanh(u)
    z = scale * tanh / u
    return z, [z, 0.5 * scale * (1.0 - tanh**2 - tanh / u)]


def _gerischer(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau = p
    product = grid.j_omega * tau
    z = scale / np.sqrt(1.0 + product)
    return z, [z, -0.5 * z * product / (1.0 + product)]


def _tanh(u: Complexes) -> Complexes:
    """Hyperbolic tangent without overflow; the real part of u is never negative here."""
    small = np.where(u.real > _LARGE, 1.0 + 0j, u)
    tanh: Complexes = np.where(u.real > _LARGE, 1.0 + 0j, np.tanh(small))
    return tanh


KINDS: Mapping[str, Kind] = {
    kind.symbol: kind
    for kind in (
        Kind("R", ("",), ("ohm",), (LOG,), _resistor, "resistance"),
        Kind("C", ("",), ("F",), (LOG,), _capacitor, "capacitance"),
        Kind("L", ("",), ("H",), (LOG,), _inductor, "inductance"),
        Kind("CPE", ("Q", "n"), ("F*s^(n-1)", ""), (LOG, LOGIT), _constant_phase, "constant phase element"),
        Kind("W", ("",), ("ohm/s^0.5",), (LOG,), _warburg, "semi-infinite diffusion"),
        Kind("Wo", ("Z", "tau"), ("ohm", "s"), (LOG, LOG), _open_warburg, "finite-space diffusion"),
        Kind("Ws", ("Z", "tau"), ("ohm", "s"), (LOG, LOG), _short_warburg, "finite-length diffusion"),
        Kind("G", ("R", "tau"), ("ohm", "s"), (LOG, LOG), _gerischer, "Gerischer element"),
    )
}
