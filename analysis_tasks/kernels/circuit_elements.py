"""Elements of equivalent circuits: impedance and derivatives, in coordinates that keep every parameter physical.

Lumped elements, diffusion and relaxations are here, porous electrodes in `circuit_lines`. All functions work on many
sets of parameters at once: shape (sets, frequencies). Sources: B. A. Boukamp, Solid State Ionics 20 (1986) 31 (notation
and diffusion); K. S. Cole and R. H. Cole, J. Chem. Phys. 9 (1941) 341 (`Zarc`); S. Havriliak and S. Negami, Polymer 8
(1967) 161 (`H`, `Ha`); Y. Lu, C. Kreller and S. B. Adler, J. Electrochem. Soc. 156 (2009) B513 (`G`); R. D. Green,
C. C. Liu and S. B. Adler, Solid State Ionics 179 (2008) 647 (`Gs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis_tasks.kernels.circuit_element_types import (
    LOG,
    LOGIT,
    Complexes,
    Evaluated,
    Floats,
    Grid,
    Kind,
    coth_over,
    tanh_of,
    tanh_over,
)
from analysis_tasks.kernels.circuit_lines import LINES

__all__ = ["KINDS", "LOG", "Complexes", "Evaluated", "Floats", "Grid", "Kind"]


def _resistor(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = p[0] + np.zeros(len(grid.omega), dtype=np.complex128)
    return z, [z]


def _capacitor(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = 1.0 / (p[0] * grid.j_omega)
    return z, [-z]


def _inductor(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = p[0] * grid.j_omega
    return z, [z]


def _lossy_inductor(p: Sequence[Floats], grid: Grid) -> Evaluated:
    inductance, n = p
    z = inductance * np.exp(n * grid.log_j_omega)
    return z, [z, z * grid.log_j_omega * (n * (1.0 - n))]


def _constant_phase(p: Sequence[Floats], grid: Grid) -> Evaluated:
    q, n = p
    z = np.exp(-n * grid.log_j_omega) / q
    return z, [-z, -z * grid.log_j_omega * (n * (1.0 - n))]


def _warburg(p: Sequence[Floats], grid: Grid) -> Evaluated:
    z = p[0] * (1.0 - 1j) / np.sqrt(grid.omega)
    return z, [z]


def _open_warburg(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau = p
    z, slope = coth_over(scale, np.sqrt(grid.j_omega * tau))
    return z, [z, slope]


def _short_warburg(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau = p
    z, slope = tanh_over(scale, np.sqrt(grid.j_omega * tau))
    return z, [z, slope]


def _gerischer(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau = p
    product = grid.j_omega * tau
    z = scale / np.sqrt(1.0 + product)
    return z, [z, -0.5 * z * product / (1.0 + product)]


def _finite_gerischer(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau, length = p
    product = grid.j_omega * tau
    root = np.sqrt(1.0 + product)
    tanh = tanh_of(length * root)
    z = scale / (root * tanh)
    by_length = -z * length * root * (1.0 - tanh**2) / tanh
    return z, [z, 0.5 * (by_length - z) * product / (1.0 + product), by_length]


def _debye(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau = p
    product = grid.j_omega * tau
    z = scale / (1.0 + product)
    return z, [z, -z * product / (1.0 + product)]


def _cole_cole(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau, n = p
    logarithm = grid.log_j_omega + np.log(tau)
    power = np.exp(n * logarithm)
    z = scale / (1.0 + power)
    slope = -z * power / (1.0 + power)
    return z, [z, n * slope, logarithm * slope * (n * (1.0 - n))]


def _powered_gerischer(p: Sequence[Floats], grid: Grid) -> Evaluated:
    scale, tau, n = p
    product = grid.j_omega * tau
    logarithm = np.log(1.0 + product)
    z = scale * np.exp(-n * logarithm)
    return z, [z, -n * z * product / (1.0 + product), -z * logarithm * (n * (1.0 - n))]


def _havriliak_negami(p: Sequence[Floats], grid: Grid) -> Evaluated:
    """Resistance R at low frequency: R / (1 + (j omega tau)^a)^b."""
    scale, tau, a, b = p
    logarithm = grid.log_j_omega + np.log(tau)
    power = np.exp(a * logarithm)
    inner = np.log(1.0 + power)
    z = scale * np.exp(-b * inner)
    slope = -b * z * power / (1.0 + power)
    return z, [z, a * slope, logarithm * slope * (a * (1.0 - a)), -z * inner * (b * (1.0 - b))]


def _havriliak_negami_capacitance(p: Sequence[Floats], grid: Grid) -> Evaluated:
    """Capacitance C at low frequency: (1 + (j omega tau)^a)^b / (j omega C)."""
    capacitance, tau, a, b = p
    logarithm = grid.log_j_omega + np.log(tau)
    power = np.exp(a * logarithm)
    inner = np.log(1.0 + power)
    z = np.exp(b * inner) / (capacitance * grid.j_omega)
    slope = b * z * power / (1.0 + power)
    return z, [-z, a * slope, logarithm * slope * (a * (1.0 - a)), z * inner * (b * (1.0 - b))]


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
        Kind(
            "Gs",
            ("R", "tau", "phi"),
            ("ohm", "s", ""),
            (LOG, LOG, LOG),
            _finite_gerischer,
            "finite-length Gerischer element",
        ),
        Kind(
            "Ga", ("R", "tau", "n"), ("ohm", "s", ""), (LOG, LOG, LOGIT), _powered_gerischer, "Gerischer element, any n"
        ),
        Kind("K", ("R", "tau"), ("ohm", "s"), (LOG, LOG), _debye, "resistance beside a capacitance"),
        Kind(
            "Zarc",
            ("R", "tau", "n"),
            ("ohm", "s", ""),
            (LOG, LOG, LOGIT),
            _cole_cole,
            "resistance beside a constant phase element",
        ),
        Kind("La", ("L", "n"), ("H*s^(n-1)", ""), (LOG, LOGIT), _lossy_inductor, "inductance with losses"),
        Kind(
            "H",
            ("C", "tau", "a", "b"),
            ("F", "s", "", ""),
            (LOG, LOG, LOGIT, LOGIT),
            _havriliak_negami_capacitance,
            "Havriliak-Negami relaxation of a capacitance",
        ),
        Kind(
            "Ha",
            ("R", "tau", "a", "b"),
            ("ohm", "s", "", ""),
            (LOG, LOG, LOGIT, LOGIT),
            _havriliak_negami,
            "Havriliak-Negami relaxation of a resistance",
        ),
        *LINES,
    )
}
