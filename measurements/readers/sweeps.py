"""Where one frequency sweep ends and the next begins, for every reader of impedances."""

from __future__ import annotations

import numpy as np

from core.tables import Array


def sweep_numbers(frequency: Array, border: Array | None = None) -> Array:
    """Number of the sweep of each point, from 1: a new one begins at a border and where the frequency turns back.

    The point after a turn sets the direction of its own sweep anew: up and down are two sweeps, and a jump back to the
    first frequency opens the next spectrum.

    Args:
        frequency: In Hz, in the order of measurement, not empty.
        border: True where a point cannot continue the sweep before it; None where nothing says so.
    """
    direction = np.sign(np.diff(frequency, prepend=frequency[0])).astype(np.int8)
    starts = np.zeros(len(frequency), dtype=bool) if border is None else border.copy()
    fresh = starts.copy()
    current = 0
    for point in np.flatnonzero(fresh | (direction != 0)):
        if fresh[point]:
            current = 0
        elif current == 0:
            current = direction[point]
        elif direction[point] != current:
            starts[point] = True
            current = 0
    numbers: Array = np.cumsum(starts) + (0 if starts[0] else 1)
    return numbers
