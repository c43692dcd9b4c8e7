"""Porous electrodes as elements of equivalent circuits: transmission lines with and without charge transfer.

A line has the resistance R of the ions in its pores and, along it, the impedance of the pore walls z. With
u = sqrt(R/z) and the line's own impedance sqrt(R z), its far end is open, short or an impedance: R. de Levie,
Electrochim. Acta 8 (1963) 751; J. Bisquert, Phys. Chem. Chem. Phys. 2 (2000) 4185; J. Landesfeind et al.,
J. Electrochem. Soc. 163 (2016) A1373. All parameters are those of the whole electrode (a pore of length 1). G. Paasch,
K. Micka and P. Gersdorf, Electrochim. Acta 38 (1993) 2653 is the element `T`.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def _blocking(q: Floats, n: Floats, grid: Grid) -> tuple[Complexes, list[Complexes]]:
    """A constant phase element and the derivatives of its logarithm by the coordinates."""
    z = np.exp(-n * grid.log_j_omega) / q
    return z, [np.full_like(z, -1.0), -grid.log_j_omega * (n * (1.0 - n))]


def _transferring(r: Floats, q: Floats, n: Floats, grid: Grid) -> tuple[Complexes, list[Complexes]]:
    """A resistance beside a constant phase element, and the derivatives of its logarithm."""
    power = r * q * np.exp(n * grid.log_j_omega)
    share = power / (1.0 + power)
    return r / (1.0 + power), [1.0 - share, -share, -share * grid.log_j_omega * (n * (1.0 - n))]


def _open_end(r: Floats, wall: Complexes, by_wall: Sequence[Complexes]) -> Evaluated:
    """R coth(u)/u, u = sqrt(R/wall)."""
    z, half = coth_over(r, np.sqrt(r / wall))
    return z, [z + half, *(-half * slope for slope in by_wall)]


def _short_end(r: Floats, wall: Complexes, by_wall: Sequence[Complexes]) -> Evaluated:
    """R tanh(u)/u."""
    z, half = tanh_over(r, np.sqrt(r / wall))
    return z, [z + half, *(-half * slope for slope in by_wall)]


def _closed_by(
    r: Floats, wall: Complexes, by_wall: Sequence[Complexes], end: Complexes, by_end: Sequence[Complexes]
) -> Evaluated:
    """Z0 (end + Z0 tanh(u)) / (Z0 + end tanh(u)), Z0 = sqrt(R wall)."""
    u, own = np.sqrt(r / wall), np.sqrt(r * wall)
    tanh = tanh_of(u)
    rest = 1.0 - tanh**2
    below = own + end * tanh
    z = own * (end + own * tanh) / below
    across = own**2 * end * rest / below**2
    by_own, by_u = z - across, own * u * rest * (own**2 - end**2) / below**2
    by_r, by_z = 0.5 * (by_own + by_u), 0.5 * (by_own - by_u)
    return z, [by_r, *(by_z * slope for slope in by_wall), *(across * slope for slope in by_end)]


def _blocking_open(p: Sequence[Floats], grid: Grid) -> Evaluated:
    return _open_end(p[0], *_blocking(p[1], p[2], grid))


def _blocking_short(p: Sequence[Floats], grid: Grid) -> Evaluated:
    return _short_end(p[0], *_blocking(p[1], p[2], grid))


def _blocking_closed(p: Sequence[Floats], grid: Grid) -> Evaluated:
    return _closed_by(p[0], *_blocking(p[1], p[2], grid), *_blocking(p[3], p[4], grid))


def _transferring_open(p: Sequence[Floats], grid: Grid) -> Evaluated:
    return _open_end(p[0], *_transferring(p[1], p[2], p[3], grid))


def _transferring_short(p: Sequence[Floats], grid: Grid) -> Evaluated:
    return _short_end(p[0], *_transferring(p[1], p[2], p[3], grid))


def _transferring_closed(p: Sequence[Floats], grid: Grid) -> Evaluated:
    return _closed_by(p[0], *_transferring(p[1], p[2], p[3], grid), *_transferring(p[4], p[5], p[6], grid))


def _de_levie(p: Sequence[Floats], grid: Grid) -> Evaluated:
    """As the line with charge transfer and an open end, the product of R and Q written as one parameter."""
    ionic, transfer, product, n = p
    power = product * np.exp(n * grid.log_j_omega)
    share = power / (1.0 + power)
    slopes = [np.ones_like(power), -share, -share * grid.log_j_omega * (n * (1.0 - n))]
    return _open_end(ionic, transfer / (1.0 + power), slopes)


def _macrohomogeneous(p: Sequence[Floats], grid: Grid) -> Evaluated:
    """A coth(beta)/beta + B/(beta sinh(beta)), beta = sqrt(a + j omega b)."""
    first, second, offset, tau = p
    product = grid.j_omega * tau
    square = offset + product
    beta = np.sqrt(square)
    tanh, decay = tanh_of(beta), np.exp(-beta)
    cosecant = 2.0 * decay / (1.0 - decay**2)
    left, right = first / (beta * tanh), second * cosecant / beta
    by_beta = first * (-(1.0 / tanh**2 - 1.0) - 1.0 / (beta * tanh)) - right * (1.0 + beta / tanh)
    return left + right, [left, right, 0.5 * by_beta * offset / square, 0.5 * by_beta * product / square]


_Q = "F*s^(n-1)"

LINES: tuple[Kind, ...] = (
    Kind("TLMQ", ("R", "Q", "n"), ("ohm", _Q, ""), (LOG, LOG, LOGIT), _blocking_open, "blocking pores, closed end"),
    Kind("Tlmbs", ("R", "Q", "n"), ("ohm", _Q, ""), (LOG, LOG, LOGIT), _blocking_short, "blocking pores, short end"),
    Kind(
        "Tlmbq",
        ("R", "Q", "n", "QB", "nB"),
        ("ohm", _Q, "", _Q, ""),
        (LOG, LOG, LOGIT, LOG, LOGIT),
        _blocking_closed,
        "blocking pores that end at a constant phase element",
    ),
    Kind(
        "Tlmno",
        ("R", "Rct", "Q", "n"),
        ("ohm", "ohm", _Q, ""),
        (LOG, LOG, LOG, LOGIT),
        _transferring_open,
        "pores with charge transfer, closed end",
    ),
    Kind(
        "Tlmns",
        ("R", "Rct", "Q", "n"),
        ("ohm", "ohm", _Q, ""),
        (LOG, LOG, LOG, LOGIT),
        _transferring_short,
        "pores with charge transfer, short end",
    ),
    Kind(
        "Tlmnq",
        ("R", "Rct", "Q", "n", "RB", "QB", "nB"),
        ("ohm", "ohm", _Q, "", "ohm", _Q, ""),
        (LOG, LOG, LOG, LOGIT, LOG, LOG, LOGIT),
        _transferring_closed,
        "pores with charge transfer that end at a resistance beside a constant phase element",
    ),
    Kind(
        "Ls",
        ("R", "Rct", "Y", "n"),
        ("ohm", "ohm", "s^n", ""),
        (LOG, LOG, LOG, LOGIT),
        _de_levie,
        "de Levie's pores of finite length",
    ),
    Kind(
        "T",
        ("A", "B", "a", "b"),
        ("ohm", "ohm", "", "s"),
        (LOG, LOG, LOG, LOG),
        _macrohomogeneous,
        "macrohomogeneous porous electrode",
    ),
)
