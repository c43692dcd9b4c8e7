"""Chemical formulas: what a formula says, its molar mass, and the capacity it promises.

Materials are entered by formula (`Li6.4La3Zr1.4Ta0.6O12`); elements, reduced formula and theoretical capacity
follow from it and need no second entry.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd
from types import MappingProxyType
from typing import Final

FARADAY: Final = 96485.33212
"""Charge of one mole of electrons in C/mol (SI of 2019, to ten digits)."""

COULOMB_PER_MILLIAMPERE_HOUR: Final = 3.6

# Abridged standard atomic weights of 2021 in g/mol (IUPAC; Pure Appl. Chem. 94 (2022) 573). Elements without
# one are left out: a battery holds none of them in amounts that can be weighed.
_WEIGHTS: Final = """
H 1.0080  He 4.0026  Li 6.94  Be 9.0122  B 10.81  C 12.011  N 14.007  O 15.999  F 18.998  Ne 20.180
Na 22.990  Mg 24.305  Al 26.982  Si 28.085  P 30.974  S 32.06  Cl 35.45  Ar 39.95
K 39.098  Ca 40.078  Sc 44.956  Ti 47.867  V 50.942  Cr 51.996  Mn 54.938  Fe 55.845  Co 58.933  Ni 58.693
Cu 63.546  Zn 65.38  Ga 69.723  Ge 72.630  As 74.922  Se 78.971  Br 79.904  Kr 83.798
Rb 85.468  Sr 87.62  Y 88.906  Zr 91.224  Nb 92.906  Mo 95.95  Ru 101.07  Rh 102.91  Pd 106.42
Ag 107.87  Cd 112.41  In 114.82  Sn 118.71  Sb 121.76  Te 127.60  I 126.90  Xe 131.29
Cs 132.91  Ba 137.33  La 138.91  Ce 140.12  Pr 140.91  Nd 144.24  Sm 150.36  Eu 151.96  Gd 157.25  Tb 158.93
Dy 162.50  Ho 164.93  Er 167.26  Tm 168.93  Yb 173.05  Lu 174.97  Hf 178.49  Ta 180.95  W 183.84  Re 186.21
Os 190.23  Ir 192.22  Pt 195.08  Au 196.97  Hg 200.59  Tl 204.38  Pb 207.2  Bi 208.98
Th 232.04  Pa 231.04  U 238.03
"""
_WORDS: Final = _WEIGHTS.split()

ATOMIC_WEIGHTS: Final = MappingProxyType(dict(zip(_WORDS[::2], map(float, _WORDS[1::2]), strict=True)))
"""Abridged standard atomic weight of each element in g/mol."""

_OPENING: Final = {"(": ")", "[": "]"}
_HYDRATE_DOTS: Final = "·•∙⋅*"
_LONGEST_FORMULA: Final = 200
_SUBSCRIPTS: Final = str.maketrans("0123456789.", "₀₁₂₃₄₅₆₇₈₉.")


class FormulaError(ValueError):
    """A text that is not a chemical formula.

    Attributes:
        position: Where the fault is, counted from 1.
    """

    def __init__(self, text: str, position: int, fault: str) -> None:
        self.position = position
        super().__init__(f'formula "{text}", position {position}: {fault}')


@dataclass(frozen=True)
class Composition:
    """What a formula says.

    Attributes:
        formula: The text as entered.
        amounts: Element and amount per formula unit, in the order of the formula.
    """

    formula: str
    amounts: tuple[tuple[str, Fraction], ...]

    @property
    def elements(self) -> tuple[str, ...]:
        """The elements, in the order of the formula."""
        return tuple(element for element, _ in self.amounts)

    @property
    def molar_mass(self) -> float:
        """Mass of one mole of formula units, in g/mol."""
        return sum(ATOMIC_WEIGHTS[element] * float(amount) for element, amount in self.amounts)

    @property
    def reduced_formula(self) -> str:
        """The formula without groups and common factors, in its own order: `Li2(BO2)2` is `LiBO2`.

        Whole amounts are divided by their greatest common divisor; formulas with parts of atoms stay as they
        are, because nobody writes NCM622 as Li5Ni3CoMnO10.
        """
        counts = [amount for _, amount in self.amounts]
        if all(count.denominator == 1 for count in counts):
            divisor = reduce(gcd, (count.numerator for count in counts))
            counts = [count / divisor for count in counts]
        return "".join(
            element + ("" if count == 1 else _decimal(count))
            for element, count in zip(self.elements, counts, strict=True)
        )

    @property
    def typeset(self) -> str:
        """The reduced formula with subscripts, for reading."""
        return self.reduced_formula.translate(_SUBSCRIPTS)

    def weight_fraction(self, element: str) -> float:
        """Mass of one element over the mass of all; 0 for an element that is not there."""
        amount = float(dict(self.amounts).get(element, Fraction(0)))
        return ATOMIC_WEIGHTS.get(element, 0.0) * amount / self.molar_mass


def parse_formula(text: str) -> Composition:
    """Read a chemical formula: groups in ( ) or [ ], parts of atoms, hydrates (`·2H2O`), subscript digits.

    Raises:
        FormulaError: Not a formula; the message names the position and the fault.
    """
    return _Reader(text).composition()


def theoretical_capacity(formula: str | Composition, electrons: float = 1.0) -> float:
    """Specific capacity of a material that gives `electrons` per formula unit, in mAh/g: n F / (3.6 M).

    Raises:
        FormulaError: `formula` is a text and no formula.
        ValueError: `electrons` is not above zero.
    """
    if not electrons > 0:
        raise ValueError(f"electrons per formula unit must be above zero, found {electrons:g}")
    composition = parse_formula(formula) if isinstance(formula, str) else formula
    return electrons * FARADAY / (COULOMB_PER_MILLIAMPERE_HOUR * composition.molar_mass)


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.signs = "".join(_plain_sign(sign) for sign in text)  # one for one, so that positions stay true
        self.at = 0

    def composition(self) -> Composition:
        if not self.signs.strip():
            raise self.fault("nothing was entered; write a formula such as LiCoO2")
        if len(self.signs) > _LONGEST_FORMULA:
            raise FormulaError(self.text[:20] + "…", _LONGEST_FORMULA, f"at most {_LONGEST_FORMULA} characters")
        self.skip_blanks()
        amounts = self.parts()
        while self.sign and self.sign in _HYDRATE_DOTS:
            self.at += 1
            self.skip_blanks()
            factor = self.number()
            self.skip_blanks()
            _add(amounts, self.parts(), factor)
        if self.sign:
            raise self.fault(f'"{self.sign}" does not belong here')
        return Composition(self.text, tuple(amounts.items()))

    def parts(self) -> dict[str, Fraction]:
        """Elements and groups up to the end, a closing bracket or a hydrate's dot."""
        amounts: dict[str, Fraction] = {}
        start = self.at
        while self.sign and self.sign not in f")]{_HYDRATE_DOTS}":
            part = self.group() if self.sign in _OPENING else {self.element(): Fraction(1)}
            _add(amounts, part, self.number())
            self.skip_blanks()
        if not amounts:
            self.at = start
            raise self.fault("an element is missing")
        return amounts

    def group(self) -> dict[str, Fraction]:
        """What stands between brackets."""
        opened, closing = self.at, _OPENING[self.sign]
        self.at += 1
        self.skip_blanks()
        amounts = self.parts()
        if self.sign != closing:
            fault = f'"{closing}" is missing' if self.sign else f'"{self.text[opened]}" is never closed'
            self.at = self.at if self.sign else opened
            raise self.fault(fault)
        self.at += 1
        return amounts

    def element(self) -> str:
        """One element symbol: a capital letter, perhaps a small one."""
        two, one = self.signs[self.at : self.at + 2], self.sign
        if two in ATOMIC_WEIGHTS and len(two) == 2:
            self.at += 2
            return two
        if one in ATOMIC_WEIGHTS and not two[1:].islower():
            self.at += 1
            return one
        shown = two if two[1:].islower() else one
        raise self.fault(f'"{shown}" is not an element')

    def number(self) -> Fraction:
        """An amount; 1 where none is written."""
        start = self.at
        while self.sign and self.sign in "0123456789.":
            self.at += 1
        digits = self.signs[start : self.at]
        if not digits:
            return Fraction(1)
        try:
            amount = Fraction(digits)
        except ValueError:
            self.at = start
            raise self.fault(f'"{digits}" is not a number') from None
        if amount == 0:
            self.at = start
            raise self.fault("an amount of zero")
        return amount

    @property
    def sign(self) -> str:
        """The next sign, empty at the end."""
        return self.signs[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        while self.sign == " ":
            self.at += 1

    def fault(self, fault: str) -> FormulaError:
        return FormulaError(self.text, self.at + 1, fault)


def _plain_sign(sign: str) -> str:
    """A sign without typography: subscript digits become digits, any blank a space."""
    if sign.isspace():
        return " "
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 and plain.isascii() else sign


def _add(amounts: dict[str, Fraction], part: dict[str, Fraction], factor: Fraction) -> None:
    for element, amount in part.items():
        amounts[element] = amounts.get(element, Fraction(0)) + amount * factor


def _decimal(amount: Fraction) -> str:
    return f"{float(amount):.10g}"
