"""Equivalent circuits: read from text, written back, and evaluated with their derivatives.

Two notations are read: `R0-p(R1,CPE1)-W1` (impedance.py) and `R(RQ)W` (Boukamp's circuit description code, as
pyimpspec writes it, values in braces included).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.circuit_elements import KINDS, LOG, Complexes, Evaluated, Floats, Grid, Kind

Flags = NDArray[np.bool_]

MOST_ELEMENTS = 20
_DEEPEST = 8
# Names that other programs have for the same elements.
_ALIASES = {"Q": "CPE", "TLM": "TLMQ", "Tlmbo": "TLMQ"}
# Elements whose parameters are the same ones, in the same order, wherever values are written in braces.
_SAME_ELSEWHERE = frozenset(("R", "C", "L", "CPE", "La", "K", "Zarc", "Ga", "H", "Ha"))
_SYMBOLS = "|".join(sorted([*KINDS, *_ALIASES], key=len, reverse=True))
_SERIES_ELEMENT = re.compile(rf"\s*({_SYMBOLS})_?(\d*)")
_CODE_ELEMENT = re.compile(rf"\s*({_SYMBOLS})(\d*)\s*(?:\{{([^{{}}]*)\}})?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class CircuitError(ValueError):
    """A text that is no circuit; the message says where and what would be right."""


@dataclass(frozen=True)
class Element:
    """One element.

    Attributes:
        kind: What it is.
        name: Its own name in the circuit, such as `CPE1`.
        first: Position of its first parameter among those of the circuit.
    """

    kind: Kind
    name: str
    first: int


@dataclass(frozen=True)
class Series:
    """Parts one after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Parallel:
    """Parts beside each other."""

    parts: tuple[Part, ...]


Part = Element | Series | Parallel


@dataclass(frozen=True, eq=False)
class Circuit:
    """A circuit with its parameters in the order of its elements.

    Attributes:
        root: The whole circuit.
        elements: In the order of the text.
        stated: Values that the text gives, by parameter name.
    """

    root: Part
    elements: tuple[Element, ...]
    stated: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters: `R0`, `CPE1_Q`, `CPE1_n`."""
        return tuple(f"{e.name}_{suffix}" if suffix else e.name for e in self.elements for suffix in e.kind.parameters)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Unit of each parameter."""
        return tuple(unit for element in self.elements for unit in element.kind.units)

    @cached_property
    def logarithmic(self) -> Flags:
        """Which parameters are fitted as logarithms; the others as logits."""
        return np.array([c == LOG for element in self.elements for c in element.kind.coordinates], dtype=bool)

    @property
    def in_series(self) -> tuple[Element, ...]:
        """Elements that carry the whole current."""
        parts = self.root.parts if isinstance(self.root, Series) else (self.root,)
        return tuple(part for part in parts if isinstance(part, Element))

    def __str__(self) -> str:
        return _written(self.root)

    def to_values(self, coordinates: Floats) -> Floats:
        """Parameters from coordinates, shape (..., parameters)."""
        with np.errstate(over="ignore"):
            values: Floats = np.where(self.logarithmic, np.exp(coordinates), 1.0 / (1.0 + np.exp(-coordinates)))
        return values

    def to_coordinates(self, values: Floats) -> Floats:
        """Coordinates from parameters, shape (..., parameters)."""
        share = np.where(self.logarithmic, 0.5, values)
        coordinates: Floats = np.where(
            self.logarithmic, np.log(np.where(self.logarithmic, values, 1.0)), np.log(share / (1.0 - share))
        )
        return coordinates

    def impedance(self, values: Floats, frequency: Floats) -> Complexes:
        """Impedance in ohm at frequencies in Hz, shape (n,)."""
        z: Complexes = self.evaluate(values[None, :], Grid.of(2.0 * np.pi * frequency))[0][0]
        return z

    def evaluate(self, values: Floats, grid: Grid) -> tuple[Complexes, Complexes]:
        """Impedance and derivatives by the coordinates for many sets of parameters.

        Args:
            values: Shape (sets, parameters).
            grid: Of n frequencies.

        Returns:
            Impedance, shape (sets, n), and derivatives, shape (sets, n, parameters).
        """
        z, slopes = _evaluate(self.root, values, grid)
        jacobian = np.empty((len(values), len(grid.omega), len(self.names)), dtype=np.complex128)
        for place, slope in slopes:
            jacobian[:, :, place] = slope
        return z, jacobian


def parse(text: str) -> Circuit:
    """A circuit from either notation.

    Raises:
        CircuitError: The text is neither; the message says where it stops making sense.
    """
    plain = text.strip()
    if not plain:
        raise CircuitError("an empty circuit; write R0-p(R1,CPE1) or R(RQ)")
    outside = re.sub(r"\{[^{}]*\}", "", plain)
    parser = _SeriesNotation(plain) if any(sign in outside for sign in ("-", "p(", ",")) else _CodeNotation(plain)
    root = parser.whole()
    if len(parser.elements) > MOST_ELEMENTS:
        raise CircuitError(f"{len(parser.elements)} elements are too many to be determined; {MOST_ELEMENTS} may be")
    return Circuit(root, tuple(parser.elements), parser.stated)


class _Parser:
    """What both notations share: the position in the text, the elements found, and the sentence about an error."""

    example = ""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.elements: list[Element] = []
        self.stated: dict[str, float] = {}

    def whole(self) -> Part:
        part = self.series(0)
        self._blanks()
        if self.place < len(self.text):
            raise self.error("an element or the end")
        return part

    def series(self, depth: int) -> Part:
        raise NotImplementedError

    def error(self, wanted: str) -> CircuitError:
        rest = self.text[self.place : self.place + 12]
        found = f"{rest!r}" if rest else "the end"
        return CircuitError(f"circuit {self.text!r}: expected {wanted} at character {self.place + 1}, found {found}; "
                            f"{self.example}")  # fmt: skip

    def add(self, symbol: str, digits: str) -> Element:
        kind = KINDS[_ALIASES.get(symbol, symbol)]
        taken = {element.name for element in self.elements}
        free = (f"{kind.symbol}{number}" for number in range(MOST_ELEMENTS * len(self.text)))
        name = f"{kind.symbol}{int(digits[:6])}" if digits else next(one for one in free if one not in taken)
        if name in taken:
            raise CircuitError(f"circuit {self.text!r}: {name} stands there twice; give each element its own number")
        first = sum(len(element.kind.parameters) for element in self.elements)
        self.elements.append(Element(kind, name, first))
        return self.elements[-1]

    def deeper(self, depth: int) -> int:
        if depth >= _DEEPEST:
            raise CircuitError(f"circuit {self.text!r} is nested deeper than {_DEEPEST} levels")
        return depth + 1

    def _blanks(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def taken(self, sign: str) -> bool:
        self._blanks()
        if self.text.startswith(sign, self.place):
            self.place += len(sign)
            return True
        return False


class _SeriesNotation(_Parser):
    example = "write R0-p(R1,CPE1)-W1"

    def series(self, depth: int) -> Part:
        parts = [self._part(depth)]
        while self.taken("-"):
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else Series(tuple(parts))

    def _part(self, depth: int) -> Part:
        if self.taken("p("):
            inner = self.deeper(depth)
            parts = [self.series(inner)]
            while self.taken(","):
                parts.append(self.series(inner))
            if not self.taken(")"):
                raise self.error("',' or ')'")
            if len(parts) < 2:
                raise self.error("a second part beside the first")
            return Parallel(tuple(parts))
        found = _SERIES_ELEMENT.match(self.text, self.place)
        if found is None:
            raise self.error(f"an element ({', '.join(KINDS)}) or p(")
        self.place = found.end()
        return self.add(found[1], found[2])


class _CodeNotation(_Parser):
    example = "write R(RQ)W"

    def series(self, depth: int) -> Part:
        parts: list[Part] = []
        while True:
            part = self._part(depth)
            if part is None:
                break
            parts.append(part)
        if not parts:
            raise self.error(f"an element ({', '.join((*KINDS, 'Q'))})")
        return parts[0] if len(parts) == 1 else Series(tuple(parts))

    def _part(self, depth: int) -> Part | None:
        if self.taken("["):
            inside = self.series(self.deeper(depth))
            if not self.taken("]"):
                raise self.error("an element or ']'")
            return inside
        if self.taken("("):
            inner = self.deeper(depth)
            beside: list[Part] = []
            while (part := self._part(inner)) is not None:
                beside.append(part)
            if not self.taken(")"):
                raise self.error("an element or ')'")
            if not beside:
                raise self.error("an element between '(' and ')'")
            return beside[0] if len(beside) == 1 else Parallel(tuple(beside))
        found = _CODE_ELEMENT.match(self.text, self.place)
        if found is None:
            return None
        self.place = found.end()
        element = self.add(found[1], found[2])
        if found[3] is not None:
            self._values(element, found[3])
        return element

    def _values(self, element: Element, braces: str) -> None:
        """Values of the parameters in their order (`{R=250}`, `{1e-6}`, `{Y=1e-6,n=0.9:label}`)."""
        given = [part for part in braces.partition(":")[0].split(",") if part.strip()]
        texts = [_NUMBER.search(part.partition("=")[2] or part) for part in given]
        if len(texts) > len(element.kind.parameters) or any(found is None for found in texts):
            raise CircuitError(f"circuit {self.text!r}: {{{braces}}} are not the values of {element.kind.label}")
        if texts and element.kind.symbol not in _SAME_ELSEWHERE:
            raise CircuitError(
                f"circuit {self.text!r}: values are read for {', '.join(sorted(_SAME_ELSEWHERE))} and Q "
                f"only; programs define those of {element.kind.symbol} differently"
            )
        for suffix, found in zip(element.kind.parameters, texts, strict=False):
            if found is not None:
                self.stated[f"{element.name}_{suffix}" if suffix else element.name] = float(found[0])


def _written(part: Part) -> str:
    if isinstance(part, Element):
        return part.name
    if isinstance(part, Parallel):
        return f"p({','.join(map(_written, part.parts))})"
    return "-".join(map(_written, part.parts))


def _evaluate(part: Part, values: Floats, grid: Grid) -> tuple[Complexes, list[tuple[int, Complexes]]]:
    """Impedance of a part and derivatives by the coordinates of its parameters."""
    if isinstance(part, Element):
        own = [values[:, part.first + offset, None] for offset in range(len(part.kind.parameters))]
        evaluated: Evaluated = part.kind.evaluate(own, grid)
        return evaluated[0], [(part.first + offset, slope) for offset, slope in enumerate(evaluated[1])]
    inside = [_evaluate(one, values, grid) for one in part.parts]
    slopes: list[tuple[int, Complexes]] = []
    if isinstance(part, Series):
        total = inside[0][0]
        for z, own_slopes in inside[1:]:
            total = total + z
            slopes += own_slopes
        return total, inside[0][1] + slopes
    admittance = sum((1.0 / z for z, _ in inside[1:]), start=1.0 / inside[0][0])
    total = 1.0 / admittance
    for z, own_slopes in inside:
        ratio = (total / z) ** 2
        slopes += [(place, ratio * slope) for place, slope in own_slopes]
    return total, slopes
