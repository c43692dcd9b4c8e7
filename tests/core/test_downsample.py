"""Thinning a curve keeps its outline."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.downsample import minmax

ordinates = st.integers(1, 400).flatmap(
    lambda n: arrays(np.float64, n, elements=st.floats(-1e9, 1e9) | st.sampled_from([np.nan, np.inf, -np.inf]))
)


@given(y=ordinates, points=st.integers(2, 60), seed=st.integers(0, 9), ordered=st.booleans())
def test_outline_is_kept(y, points, seed, ordered):
    x = np.random.default_rng(seed).normal(size=len(y))
    x = np.sort(x) if ordered else x
    kept = minmax(x, y, points)
    assert len(kept) <= max(points, 2)
    assert np.all(np.diff(kept) > 0)
    assert kept[0] == 0
    assert kept[-1] == len(y) - 1
    numbers = y[~np.isnan(y)]
    if len(numbers) and points >= 4:
        assert np.nanmin(y[kept]) == numbers.min()
        assert np.nanmax(y[kept]) == numbers.max()


@given(y=ordinates, points=st.integers(2, 60))
def test_a_short_curve_stays_whole(y, points):
    if len(y) <= points:
        assert minmax(np.arange(len(y)), y, points).tolist() == list(range(len(y)))


def test_a_spike_and_a_gap_survive_between_slow_samples():
    x = np.concatenate([np.arange(1000.0), [1e6], 1e6 + np.arange(1000.0)])
    y = np.zeros_like(x)
    y[500] = 7
    y[1200:1300] = np.nan
    kept = minmax(x, y, 100)
    assert 500 in kept
    # By width, the thousand seconds at either end fall into one bucket each.
    assert len(kept) <= 8


def test_a_bucket_of_missing_values_keeps_one_of_them():
    y = np.ones(1000)
    y[400:600] = np.nan
    assert np.isnan(y[minmax(np.arange(1000), y, 50)]).any()


def test_an_empty_curve_has_no_points():
    assert minmax(np.array([]), np.array([]), 10).tolist() == []


def test_integers_are_welcome():
    assert 37 in minmax(np.arange(100), np.where(np.arange(100) == 37, 5, 0), 10)


@pytest.mark.parametrize(
    ("x", "y", "points", "said"),
    [
        (np.arange(3), np.arange(4), 10, r"found \(3,\) and \(4,\)"),
        (np.ones((2, 2)), np.ones((2, 2)), 10, "one-dimensional"),
        (np.arange(3), np.arange(3), 1, "points must be 2 or more, found 1"),
    ],
)
def test_impossible_requests_are_refused(x, y, points, said):
    with pytest.raises(ValueError, match=said):
        minmax(x, y, points)
