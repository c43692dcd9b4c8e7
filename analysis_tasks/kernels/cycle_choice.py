"""Which cycles a kernel shows: named by number or by word, or spread evenly over the test."""

from __future__ import annotations

import numpy as np

from analysis_tasks.kernels.cycle_tables import Integers
from analysis_tasks.kernels.half_cycles import Rows
from analysis_tasks.kernels.parameters import ParameterError

WORDS = ("first", "second", "last", "all", "spread")


def choose_cycles(text: str, numbers: Integers, *, most: int) -> Rows:
    """Positions of the chosen cycles, in order.

    Args:
        text: Numbers and words separated by commas: `first`, `second`, `last`, `all`, `spread` (evenly, the first and
            the last among them).
        numbers: Number of each cycle there is, ascending.
        most: How many `spread` chooses.

    Raises:
        ParameterError: A part is neither a number nor such a word. A number that no cycle has is passed over.
    """
    chosen: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        chosen |= _positions(part, numbers, most)
    if not chosen and not text.strip(", "):
        raise ParameterError(f"cycles: nothing is chosen; give numbers or {', '.join(WORDS)}, separated by commas")
    return np.array(sorted(chosen), dtype=np.intp)


def _positions(part: str, numbers: Integers, most: int) -> set[int]:
    count = len(numbers)
    if part == "spread":
        return {int(place) for place in np.rint(np.linspace(0, count - 1, min(most, count)))}
    words = {"first": range(min(1, count)), "second": range(1, min(2, count)), "all": range(count)}
    if part == "last":
        return {count - 1} if count else set()
    if part in words:
        return set(words[part])
    if not part.isascii() or not part.isdigit():
        raise ParameterError(f'cycles: "{part}" is neither a number nor one of {", ".join(WORDS)}')
    return set(np.flatnonzero(numbers == int(part)).tolist())
