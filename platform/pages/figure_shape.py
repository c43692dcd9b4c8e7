"""What a figure is: axes with their units, curves, and where it comes from; drawn on pages and in print alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Numbers = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Series:
    """Points of one curve.

    Attributes:
        label: Its name in the legend.
        short: What its ordinate is called in a read-out.
        x, y: The points.
        kind: `line`, `dots` or `open`.
        axis: `left` or `right`.
        choice: The cycle it belongs to, where a reader chooses among many.
        colour, dash: Its colour and dash, counted from 1 and 0, where several records are drawn together.
    """

    label: str
    short: str
    x: Numbers
    y: Numbers
    kind: str = "line"
    axis: str = "left"
    choice: int | None = None
    colour: int | None = None
    dash: int = 0


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure.

    Attributes:
        title: What it shows.
        x, left, right: Names of the axes with their units.
        short: What the abscissa is called in a read-out.
        series: The curves.
        source: File, kernel and run, for the caption.
        shown: Choices shown at first.
        equal: The same length for the same number on both axes.
        log: The abscissa is logarithmic.
        whole: The abscissa counts.
        names: What stands at the abscissae 1, 2, 3 ... of bars instead of numbers.
        notes: What was left out, and why.
    """

    title: str
    x: str
    short: str
    left: str
    series: list[Series]
    right: str = ""
    source: str = ""
    shown: list[int] = field(default_factory=list)
    equal: bool = False
    log: bool = False
    whole: bool = False
    names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
