"""Start values and limits for circuit fits, found from the spectrum alone.

The peaks of the distribution of relaxation times give the first start; further starts spread time constants and
resistances over the frequency window with a fixed seed, so that equal inputs give equal starts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis_tasks.kernels.circuit_elements import LOG, Floats
from analysis_tasks.kernels.circuits import Circuit, Element, Parallel, Part, Series
from analysis_tasks.kernels.impedance_spectra import Spectrum
from analysis_tasks.kernels.relaxation_times import Peak, generalised_cross_validation, peaks, pose, solve

STARTS = 24
SEED = 20_141_128
LEAST_EXPONENT, GREATEST_EXPONENT = 0.2, 0.9999
WHOLE_ARCS = ("K", "Zarc")  # elements that are an arc by themselves
_DIFFUSION = ("Wo", "Ws", "G")
_BEYOND = 1e4  # how far outside of what the window shows a parameter may lie


@dataclass(frozen=True)
class Arc:
    """A resistance beside a capacitance.

    Attributes:
        resistor: Element with the resistance.
        capacitor: C or CPE beside it; the same element where one element is the whole arc (`K`, `Zarc`).
    """

    resistor: Element
    capacitor: Element

    @property
    def whole(self) -> bool:
        """Whether one element is the arc: its parameters are resistance, time constant and, of `Zarc`, exponent."""
        return self.resistor is self.capacitor

    @property
    def name(self) -> str:
        """Its elements, as `R1,CPE1` or `Zarc1`."""
        return self.resistor.name if self.whole else f"{self.resistor.name},{self.capacitor.name}"

    @property
    def exponent(self) -> int | None:
        """Position of its exponent among the parameters of the circuit; None where it has none."""
        offset = {"CPE": 1, "Zarc": 2}.get(self.capacitor.kind.symbol)
        return None if offset is None else self.capacitor.first + offset


@dataclass(frozen=True, eq=False)
class Features:
    """What a spectrum shows before any circuit is fitted.

    Attributes:
        series: Resistance at high frequency in ohm.
        inductance: In H.
        polarisation: Resistance of all relaxations in ohm.
        peaks: Of the distribution of relaxation times.
    """

    series: float
    inductance: float
    polarisation: float
    peaks: tuple[Peak, ...]


def arcs_of(circuit: Circuit) -> tuple[Arc, ...]:
    """The arcs of a circuit in the order of its text, nested ones included."""
    return tuple(_arcs(circuit.root))


def features_of(spectrum: Spectrum) -> Features:
    """Series resistance, inductance and relaxations of a spectrum."""
    problem = pose(spectrum.frequency, spectrum.impedance, capacitor=spectrum.blocks)
    distribution = solve(problem, generalised_cross_validation(problem), spectrum.impedance)
    smallest = 1e-3 * float(spectrum.modulus.min())
    polarisation = float(distribution.gamma.sum() * distribution.step)
    inductance = max(distribution.inductance, 1e-3 * float(spectrum.modulus[0] / spectrum.omega[0]))
    return Features(
        series=max(distribution.resistance, smallest),
        inductance=inductance,
        polarisation=max(polarisation, smallest),
        peaks=tuple(peaks(distribution)),
    )


def limits(circuit: Circuit, spectrum: Spectrum) -> tuple[Floats, Floats]:
    """Smallest and largest coordinates: what the frequency window can show, and four decades more."""
    low, high = float(spectrum.modulus.min()) / _BEYOND, float(spectrum.modulus.max()) * _BEYOND
    slow, fast = float(spectrum.omega[-1]), float(spectrum.omega[0])
    # An exponent may lie anywhere between 0 and 1, so powers of a frequency are bounded from both sides of 1.
    least, greatest = min(slow, 1.0), max(fast, 1.0)
    ranges = {
        "ohm": (low, high),
        "F": (1.0 / (fast * high), 1.0 / (slow * low)),
        "H": (low / fast, high / fast),
        "F*s^(n-1)": (1.0 / (greatest * high), 1.0 / (least * low)),
        "H*s^(n-1)": (low / greatest, high / min(fast, 1.0)),
        "ohm/s^0.5": (low * math.sqrt(slow), high * math.sqrt(fast)),
        "s": (1.0 / (fast * 100.0), 1e3 / slow),
        "s^n": (0.01 / greatest, 1e3 / least),
        "": (1e-3, 1e3),
    }
    pairs = [
        ranges[unit] if coordinate == LOG else (LEAST_EXPONENT, GREATEST_EXPONENT)
        for element in circuit.elements
        for unit, coordinate in zip(element.kind.units, element.kind.coordinates, strict=True)
    ]
    values = np.array(pairs, dtype=np.float64).T
    return circuit.to_coordinates(values[0]), circuit.to_coordinates(values[1])


def starts(circuit: Circuit, spectrum: Spectrum, features: Features, count: int = STARTS) -> Floats:
    """Start coordinates, shape (count, parameters): the first from the peaks, the others spread."""
    generator = np.random.default_rng(SEED)
    arcs = arcs_of(circuit)
    rows = []
    for number in range(count):
        taus, resistances, exponents = _arc_values(spectrum, features, len(arcs), number, generator)
        values = np.ones(len(circuit.names))
        for element in circuit.elements:
            own = _alone(element, spectrum, features, number, generator)
            values[element.first : element.first + len(own)] = own
        for arc, tau, resistance, exponent in zip(arcs, taus, resistances, exponents, strict=True):
            values[arc.resistor.first] = resistance
            if arc.whole:
                values[arc.resistor.first + 1] = tau
            elif arc.capacitor.kind.symbol == "C":
                values[arc.capacitor.first] = tau / resistance
            else:
                values[arc.capacitor.first] = tau**exponent / resistance
            if arc.exponent is not None:
                values[arc.exponent] = exponent
        if number == 0:
            for place, name in enumerate(circuit.names):
                values[place] = circuit.stated.get(name, values[place])
        rows.append(values)
    made = np.array(rows)
    made = np.where(circuit.logarithmic, np.maximum(made, 1e-300), np.clip(made, LEAST_EXPONENT, GREATEST_EXPONENT))
    return circuit.to_coordinates(made)


def _arcs(part: Part) -> Iterator[Arc]:
    if isinstance(part, Element):
        if part.kind.symbol in WHOLE_ARCS:
            yield Arc(part, part)
        return
    if isinstance(part, Parallel):
        capacitors = [one for one in part.parts if isinstance(one, Element) and one.kind.symbol in {"C", "CPE"}]
        resistors = [one for other in part.parts for one in _in_series(other) if one.kind.symbol == "R"]
        if capacitors and resistors:
            yield Arc(resistors[0], capacitors[0])
    for one in part.parts:
        yield from _arcs(one)


def _in_series(part: Part) -> Iterator[Element]:
    """Elements that carry the whole current of a part."""
    if isinstance(part, Element):
        yield part
    elif isinstance(part, Series):
        yield from (one for one in part.parts if isinstance(one, Element))


def _arc_values(
    spectrum: Spectrum, features: Features, count: int, number: int, generator: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Time constants, resistances and exponents of the arcs for one start."""
    window = -np.log(spectrum.omega[0]) - 1.0, -np.log(spectrum.omega[-1]) + 0.5
    taus = np.exp(np.sort(generator.uniform(*window, count)))
    resistances = features.polarisation * generator.dirichlet(np.ones(count)) if count else np.empty(0)
    exponents = generator.uniform(0.7, 0.98, count)
    # Every third start keeps the peaks, disturbed; the first takes them as they are, the largest if there are more.
    if number % 3 == 0 and count:
        chosen = sorted(sorted(features.peaks, key=lambda peak: -peak.resistance)[:count], key=lambda peak: peak.tau)
        spread = 0.0 if number == 0 else 0.5
        for place, peak in enumerate(chosen):
            taus[place] = peak.tau * np.exp(spread * generator.normal())
            resistances[place] = peak.resistance * np.exp(spread * generator.normal())
            exponents[place] = 0.88 if number == 0 else exponents[place]
        order = np.argsort(taus)
        taus, resistances, exponents = taus[order], resistances[order], exponents[order]
    return taus, np.maximum(resistances, 1e-6 * features.polarisation), exponents


def _alone(
    element: Element, spectrum: Spectrum, features: Features, number: int, generator: np.random.Generator
) -> list[float]:
    """Values of an element that is part of no arc; arcs overwrite them."""
    factor = float(np.exp(0.7 * generator.normal())) if number else 1.0
    slow, tail = float(spectrum.omega[-1]), max(-float(spectrum.impedance[-1].imag), 1e-3 * float(spectrum.modulus[-1]))
    exponent = min(max(-spectrum.tail_phase / 90.0, 0.4), 0.97)
    single = {
        "R": [features.series * factor],
        "L": [features.inductance * factor],
        "La": [features.inductance * factor, 0.95],
        "C": [factor / (slow * tail)],
        "CPE": [factor / (slow**exponent * tail), exponent],
        "W": [factor * tail * math.sqrt(slow)],
    }
    if element.kind.symbol in single:
        return single[element.kind.symbol]
    tau = float(np.exp(generator.uniform(np.log(1.0 / spectrum.omega[len(spectrum) // 3]), np.log(10.0 / slow))))
    resistance = factor * max(tail, 0.3 * features.polarisation)
    if element.kind.symbol in _DIFFUSION:
        return [resistance, tau]
    return _of_many_parameters(element, resistance, tau, generator)


def _of_many_parameters(element: Element, resistance: float, tau: float, generator: np.random.Generator) -> list[float]:
    """Values that make an element relax around one time with about one resistance, the rest drawn around it."""
    made = []
    for unit, coordinate in zip(element.kind.units, element.kind.coordinates, strict=True):
        spread = float(np.exp(0.7 * generator.normal()))
        if coordinate != LOG:
            made.append(float(generator.uniform(0.6, 0.95)))
        elif unit == "ohm":
            made.append(resistance * spread)
        elif unit in ("s", "s^n"):
            made.append(tau * spread)
        elif unit:
            made.append(tau / resistance * spread)
        else:
            made.append(spread)
    return made
