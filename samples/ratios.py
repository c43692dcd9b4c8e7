"""Mixing ratios as people write them, and the weight fractions they mean.

`43:35:22` and `100:3` are ratios: whatever they add to, their parts become fractions of the whole. Percentages
are claims about the whole, so those that do not add to 100 are refused.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

PERCENT_TOLERANCE: Final = Decimal("0.5")
"""How far percentages may be from 100 together."""

_LONGEST_TEXT: Final = 300
_SEPARATOR: Final = re.compile(r"\s*[:/∶]\s*")
_BY_WEIGHT: Final = re.compile(r"\s*\(?\s*(?:by\s+)?(?:weight|mass|wt\.?)\s*\)?$", re.IGNORECASE)
_PART: Final = re.compile(r"(?P<number>[0-9]{1,9}(?:[.,][0-9]{0,9})?|[.,][0-9]{1,9})\s*(?P<percent>(?:wt\.?\s*)?%)?")


class RatioError(ValueError):
    """A text that is not a mixing ratio; the message says what would be right."""


@dataclass(frozen=True)
class Ratio:
    """A mixing ratio by weight.

    Attributes:
        parts: The numbers as written.
        fractions: Each part over the sum of all; `math.fsum` of them is exactly 1.
        is_percent: Whether the parts were written as percentages.
        text: What was entered, untouched.
        warning: What a person should look at again, empty where nothing is odd.
    """

    parts: tuple[float, ...]
    fractions: tuple[float, ...]
    is_percent: bool
    text: str
    warning: str = ""


def parse_ratio(text: str) -> Ratio:
    """Read a ratio: `43:35:22`, `100 : 3`, `43/35/22 wt%`, `43%:35%:22%`, `7:3 by weight`.

    Raises:
        RatioError: Not two or more positive parts, or percentages that do not add to 100 ± 0.5.
    """
    body = unicodedata.normalize("NFKC", text).strip()
    if not body or len(body) > _LONGEST_TEXT:
        raise RatioError("ratio: nothing was entered; write 43:35:22" if not body else "ratio: the text is too long")
    parts, is_percent = _parts(_BY_WEIGHT.sub("", body), text)
    total = sum(parts, Decimal())
    if is_percent and abs(total - 100) > PERCENT_TOLERANCE:
        raise RatioError(
            f'ratio: the percentages of "{text}" add to {total.normalize():f}, not to 100; '
            "correct them, or leave out the % signs if they are parts"
        )
    warning = "" if is_percent else _mistyped(parts)
    return Ratio(tuple(float(part) for part in parts), _fractions(parts), is_percent, text, warning)


def _parts(body: str, text: str) -> tuple[list[Decimal], bool]:
    """The parts, and whether they are percentages: each has the sign, or the last has it for all."""
    matches = [_PART.fullmatch(part) for part in _SEPARATOR.split(body)]
    for match, part in zip(matches, _SEPARATOR.split(body), strict=True):
        if match is None:
            raise RatioError(f'ratio: "{part}" in "{text}" is not a part; write numbers such as 43:35:22')
    found = [match for match in matches if match is not None]
    if len(found) < 2:
        raise RatioError(f'ratio: "{text}" has one part; a ratio such as 43:35:22 has two or more')
    percent = [match["percent"] is not None for match in found]
    if any(percent[:-1]) and not all(percent):
        raise RatioError(f'ratio: only some parts of "{text}" are percentages; write % on every part or on none')
    parts = [Decimal(match["number"].replace(",", ".")) for match in found]
    if min(parts) == 0:
        raise RatioError(f'ratio: a part of "{text}" is zero; leave out what is not in the mixture')
    return parts, percent[-1]


def _fractions(parts: list[Decimal]) -> tuple[float, ...]:
    """Each part over the sum; the largest takes what binary rounding leaves."""
    total = sum(parts, Decimal())
    fractions = [float(part / total) for part in parts]
    largest = fractions.index(max(fractions))
    fractions[largest] += 1.0 - math.fsum(fractions)
    return tuple(fractions)


def _mistyped(parts: list[Decimal]) -> str:
    """A warning for parts that look like percentages and do not add to 100; `100:3` is parts per hundred."""
    total = sum(parts, Decimal())
    if len(parts) < 3 or 100 in parts or not 95 <= total <= 105 or abs(total - 100) <= PERCENT_TOLERANCE:
        return ""
    return f"the parts add to {total.normalize():f}: if they are percentages, one of them is mistyped"
