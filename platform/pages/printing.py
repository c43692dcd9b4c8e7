"""Figures for publications: SVG, PDF or PNG by matplotlib, in the width of one or two columns, text kept as text.

Drawn without pyplot and without a date in the file, so that equal data give equal files.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from pages.figure_shape import Figure, Series

MILLIMETRE = 1 / 25.4
WIDTHS = {"single": 85.0, "double": 175.0}
"""In mm, as journals ask for."""
FORMATS = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}
MOST_CHOICES = 12
_MOST_ACROSS = {"single": 2, "double": 3}
_MOST_INSIDE = 2
"""Names of a legend that fit into a corner of the axes."""
_LEGEND = 0.12
"""Height that a legend below the panels takes, over the width."""
_STYLE: dict[Any, Any] = {
    "font.size": 8.0,
    "font.family": "sans-serif",
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.0,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "figure",
    "pdf.fonttype": 42,
    "axes.unicode_minus": True,
}
_ONE_AT_A_TIME = threading.Lock()  # the style is the process's
# Okabe and Ito's palette: told apart by everybody, in print too.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

_DASHES = ("-", "--", ":", "-.")


def printed(figure: Figure, form: str, width: str, choices: list[int] | None = None) -> bytes:
    """A figure as a file.

    Args:
        figure: What is drawn.
        form: A key of `FORMATS`.
        width: A key of `WIDTHS`.
        choices: Cycles to draw; those shown at first by default, at most twelve.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    wide = WIDTHS[width] * MILLIMETRE
    with _ONE_AT_A_TIME, mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(wide, wide * _height(figure, width)), layout="constrained")
        left = canvas.add_subplot()
        right = left.twinx() if figure.right and any(s.axis == "right" for s in figure.series) else None
        named = _draw(figure, left, right, choices or figure.shown)
        # Between two ordinates, on flat axes and for many names there is no free corner.
        if len(named) > _MOST_INSIDE or (len(named) > 1 and (right is not None or figure.equal)):
            canvas.legend(named.values(), named.keys(), loc="outside upper center", ncols=2)
        elif len(named) > 1:
            left.legend(named.values(), named.keys())
        return _as_file(canvas, figure, form)


def printed_panels(figures: Sequence[Figure], form: str, width: str) -> bytes:
    """Panels of one figure as a file: on equal axes, with their headings, and one legend below for all of them.

    Args:
        figures: The panels; one alone is printed as a figure is.
        form: A key of `FORMATS`.
        width: A key of `WIDTHS`.
    """
    if len(figures) == 1:
        return printed(figures[0], form, width)
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    across = min(len(figures), _MOST_ACROSS[width])
    down = math.ceil(len(figures) / across)
    wide = WIDTHS[width] * MILLIMETRE
    same = len({(one.x, one.left, bool(one.names)) for one in figures}) == 1 and not figures[0].names
    with _ONE_AT_A_TIME, mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(wide, wide * (0.8 * down / across + _LEGEND)), layout="constrained")
        axes = canvas.subplots(down, across, squeeze=False, sharex=same, sharey=same and not figures[0].equal)
        named: dict[str, Any] = {}
        for one, part in zip(figures, axes.flat, strict=False):
            for label, line in _draw(one, part, None, []).items():
                named.setdefault(label, line)
            part.set_title(one.title, fontsize=_STYLE["font.size"])
            if same:
                part.label_outer()
        for part in axes.flat[len(figures) :]:
            part.set_axis_off()
        if named:
            canvas.legend(named.values(), named.keys(), loc="outside lower center", ncols=across)
        return _as_file(canvas, figures[0], form)


def _as_file(canvas: Any, figure: Figure, form: str) -> bytes:
    target = io.BytesIO()
    canvas.savefig(target, format=form, dpi=600, metadata=_metadata(figure, form))
    return target.getvalue()


def _height(figure: Figure, width: str) -> float:
    """Height over width; where both axes have one scale, what the data need."""
    usual = 0.75 if width == "single" else 0.5
    if not figure.equal:
        return usual
    spans = [np.ptp(np.concatenate([getattr(series, name) for series in figure.series])) for name in ("x", "y")]
    return float(np.clip(spans[1] / spans[0] + 0.2, 0.35, 1.1)) if spans[0] > 0 else usual


def _draw(figure: Figure, left: Any, right: Any, choices: list[int]) -> dict[str, Any]:
    """Draws the curves and axes; returns the lines to name in a legend."""
    chosen = [s for s in figure.series if s.choice is None or s.choice in choices[:MOST_CHOICES]]
    named: dict[str, Any] = {}
    for place, series in enumerate(chosen):
        colour = _colour(series, choices, place)
        if series.kind == "bar":
            left.bar(series.x, series.y, width=0.6, color=colour)
            continue
        axes = right if series.axis == "right" and right is not None else left
        (line,) = axes.plot(series.x, series.y, color=colour, **_manner(series, colour))
        label = series.label if series.choice is None else f"Cycle {series.choice}"
        named.setdefault(label, line)
    left.set_xlabel(figure.x)
    left.set_ylabel(figure.left)
    if right is not None:
        right.set_ylabel(figure.right)
    else:
        left.tick_params(right=True)
    if figure.log:
        left.set_xscale("log")
        _label_few_decades(left.xaxis)
    if figure.equal:
        left.set_aspect("equal", adjustable="box")
    if figure.names:
        left.set_xticks(range(1, len(figure.names) + 1), figure.names, rotation=45, ha="right")
    elif figure.whole:
        left.xaxis.get_major_locator().set_params(integer=True)
    return named


def _label_few_decades(axis: Any) -> None:
    """Plain numbers at 1, 2 and 5 of each decade where there are less than two: powers of ten would stand too close."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if high < 100 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _colour(series: Series, choices: list[int], place: int) -> str:
    if series.colour is not None:
        return _COLOURS[(series.colour - 1) % len(_COLOURS)]
    return _COLOURS[(choices.index(series.choice) if series.choice is not None else place) % len(_COLOURS)]


def _manner(series: Series, colour: str) -> dict[str, Any]:
    if series.kind == "line":
        return {"linestyle": _DASHES[series.dash % len(_DASHES)]}
    face = colour if series.kind == "dots" else "none"
    return {"linestyle": "none", "marker": "o", "markerfacecolor": face, "markeredgewidth": 0.7}


def _metadata(figure: Figure, form: str) -> dict[str, Any]:
    """Title and source inside the file, without a date."""
    if form == "svg":
        return {"Title": figure.title, "Description": f"Source: {figure.source}", "Creator": "Cosinter", "Date": None}
    if form == "pdf":
        words = {"Title": figure.title, "Subject": f"Source: {figure.source}", "Creator": "Cosinter"}
        return {**words, "CreationDate": None}
    return {"Title": figure.title, "Description": f"Source: {figure.source}", "Software": "Cosinter"}
