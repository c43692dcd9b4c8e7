"""A first look at a dataset as a small drawing, from the preview that was stored when the file was read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.downsample import minmax
from core.tables import Array, Table
from measurements.models import DatasetTable
from measurements.store import load_table
from measurements.tables import label_of

_POINTS = 800
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 760, 220, 52, 26, 10


@dataclass(frozen=True)
class Axes:
    """Which columns a kind of data is drawn by.

    Attributes:
        x: Column of the horizontal axis.
        y: Column of the vertical axis.
        mirrored: The vertical axis is drawn upside down, as impedance is.
        ordered: x never falls, so the curve can be thinned keeping its peaks.
    """

    x: str
    y: str
    mirrored: bool = False
    ordered: bool = True


_KNOWN = (
    Axes("real_impedance_ohm", "imaginary_impedance_ohm", mirrored=True, ordered=False),
    Axes("test_time_second", "voltage_volt"),
    Axes("test_time_second", "current_ampere"),
)


def curve(stored: DatasetTable) -> SafeString | str:
    """The drawing of a table; nothing where it has no columns that are known to make a curve."""
    names = {column["name"] for column in stored.columns}
    axes = next((known for known in _KNOWN if {known.x, known.y} <= names), None)
    if axes is None:
        return ""
    loaded = load_table(stored.preview or stored.blob, [axes.x, axes.y])
    x, y = loaded[axes.x].astype(float), loaded[axes.y].astype(float)
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if len(x) < 2:
        return ""
    if axes.ordered and len(x) > _POINTS:
        kept = minmax(x, y, _POINTS)
        x, y = x[kept], y[kept]
    return _drawing(loaded, axes, x, -y if axes.mirrored else y)


def _drawing(table: Table, axes: Axes, x: Array, y: Array) -> SafeString:
    labels = {column.name: label_of(column) for column in table}
    x, x_label = _in_hours(x, labels[axes.x]) if axes.x == "test_time_second" else (x, labels[axes.x])
    y_label = f"−{labels[axes.y]}" if axes.mirrored else labels[axes.y]
    (x_low, x_high), (y_low, y_high) = _span(x), _span(y)
    right, high = _WIDTH - 8, _HEIGHT - _BOTTOM
    px = _LEFT + (x - x_low) / (x_high - x_low) * (right - _LEFT)
    py = high - (y - y_low) / (y_high - y_low) * (high - _TOP)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(px, py, strict=True))
    return format_html(
        '<figure class="co-figure"><svg class="co-curve" viewBox="0 0 {w} {h}" role="img" aria-label="{y} over {x}">'
        '<path class="co-axis" d="M{l} {t}V{b}H{r}"/><polyline points="{points}"/>'
        '<text x="{l}" y="{h}" dy="-8">{x0}</text><text x="{r}" y="{h}" dy="-8" text-anchor="end">{x1}</text>'
        '<text x="{near}" y="{t}" dy="8" text-anchor="end">{y1}</text><text x="{near}" y="{b}" text-anchor="end">{y0}'
        "</text></svg><figcaption>{y} over {x}</figcaption></figure>",
        w=_WIDTH, h=_HEIGHT, l=_LEFT, near=_LEFT - 6, t=_TOP, b=high, r=right, points=points, x=x_label, y=y_label,
        x0=f"{x_low:.4g}", x1=f"{x_high:.4g}", y0=f"{y_low:.4g}", y1=f"{y_high:.4g}",
    )  # fmt: skip


def _in_hours(seconds: Array, label: str) -> tuple[Array, str]:
    if seconds[-1] < 7200:
        return seconds, label
    return seconds / 3600, "Test time / h"


def _span(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
