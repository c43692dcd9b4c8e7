"""What an element of an equivalent circuit is: its parameters, their coordinates, and the frequencies it is asked for.

Positive parameters are fitted as logarithms, exponents between 0 and 1 as logits, so that every parameter stays
physical.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def tanh_of(u: Complexes) -> Complexes:
    """Hyperbolic tangent without overflow, for arguments whose real part is not negative."""
    small = np.where(u.real > _LARGE, 1.0 + 0j, u)
    tanh: Complexes = np.where(u.real > _LARGE, 1.0 + 0j, np.tanh(small))
    return tanh


def coth_over(scale: Floats, u: Complexes) -> tuple[Complexes, Complexes]:
    """`scale` coth(u)/u, and half of its derivative by log(u)."""
    tanh = tanh_of(u)
    return scale / (u * tanh), 0.5 * scale * (-(1.0 / tanh**2 - 1.0) - 1.0 / (u * tanh))


def tanh_over(scale: Floats, u: Complexes) -> tuple[Complexes, Complexes]:
    """`scale` tanh(u)/u, and half of its derivative by log(u)."""
    tanh = tanh_of(u)
    return scale * tanh / u, 0.5 * scale * (1.0 - tanh**2 - tanh / u)
