"""Fewer points for a curve that must look the same: minimum and maximum of each bucket.

Previews and plots use it; numbers are never computed from what it returns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.tables import Array


def minmax(x: Array, y: Array, points: int) -> NDArray[np.intp]:
    """Indices of at most `points` points that keep a curve's outline.

    The first and last point stay, and of each bucket the lowest and the highest one. Buckets are equally wide
    in `x` where it never decreases (time), else equally long (a voltammogram, a Nyquist plot). Missing values
    are passed over; a bucket that holds nothing else keeps one of them, so that a gap stays a gap.

    Args:
        x: Abscissa, shape (n,).
        y: Ordinate, shape (n,).
        points: How many points at most, 2 or more.

    Returns:
        Increasing indices into both arrays, shape (at most `points`,).

    Raises:
        ValueError: The arrays differ in shape, or `points` is below 2.
    """
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x and y must be one-dimensional and equally long, found {x.shape} and {y.shape}")
    if points < 2:
        raise ValueError(f"points must be 2 or more, found {points}")
    count = len(x)
    if count <= points:
        return np.arange(count)
    buckets = (points - 2) // 2
    if not buckets:
        return np.array([0, count - 1])
    low, high = _passing_over_missing(y)
    kept = [0, count - 1]
    edges = _edges(x, buckets)
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if start < stop:
            kept += [start + int(low[start:stop].argmin()), start + int(high[start:stop].argmax())]
    return np.unique(np.array(kept, dtype=np.intp))


def _passing_over_missing(y: Array) -> tuple[Array, Array]:
    """The values with missing ones out of the way of a minimum and of a maximum."""
    if y.dtype.kind != "f" or not np.isnan(y).any():
        return y, y
    missing = np.isnan(y)
    return np.where(missing, np.inf, y), np.where(missing, -np.inf, y)


def _edges(x: Array, buckets: int) -> NDArray[np.intp]:
    """Where each bucket begins, shape (buckets + 1,), from 0 to n."""
    count = len(x)
    first, last = float(x[0]), float(x[-1])
    ordered = np.isfinite(first) and np.isfinite(last) and first < last and bool(np.all(x[1:] >= x[:-1]))
    if not ordered:
        return np.linspace(0, count, buckets + 1).astype(np.intp)
    inner = np.searchsorted(x, np.linspace(first, last, buckets + 1)[1:-1]).astype(np.intp)
    return np.concatenate(([0], inner, [count])).astype(np.intp)
