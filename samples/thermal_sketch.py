"""A thermal program as a small temperature-time drawing, on pages, in the admin, and while it is typed.

Where no ramp rate is recorded the ramp's length is unknown; it is drawn with a stand-in and dashed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from samples.models import ThermalStep

ROOM_TEMPERATURE = 25.0
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 400.0, 120.0, 48.0, 12.0, 100.0
_RAMP_SHARE = 0.4
_TYPED = ("target", "dwell", "ramp_rate")
_MOST_STEPS = 40


@dataclass(frozen=True)
class Segment:
    """One line of the drawing; `known` is False for a ramp of unknown length."""

    x1: float
    y1: float
    x2: float
    y2: float
    known: bool


@dataclass(frozen=True)
class Mark:
    """A text in the drawing."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Sketch:
    """Everything the template needs to draw the program in a box of 400 by 120."""

    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    summary: str


def drawing(steps: Sequence[ThermalStep]) -> SafeString:
    """The program as SVG; nothing where no step has a target temperature."""
    return SafeString(render_to_string("samples/thermal_sketch.html", {"sketch": sketch(steps)}).strip())


def typed_steps(boxes: Mapping[str, Sequence[str]]) -> list[ThermalStep]:
    """The program that a form shows, without storing anything: `target`, `dwell` and `ramp_rate` of each row.

    Raises:
        ValidationError: A text is no quantity, or not yet.
    """
    rows = zip(*(boxes.get(name, [])[:_MOST_STEPS] for name in _TYPED), strict=False)
    return [_typed(dict(zip(_TYPED, row, strict=True))) for row in rows]


def _typed(texts: Mapping[str, str]) -> ThermalStep:
    step = ThermalStep()
    for name, text in texts.items():
        field: Any = ThermalStep._meta.get_field(name)
        value, kept = field.parse_text(text)
        setattr(step, name, value)
        setattr(step, f"{name}_text", kept)
    return step


def sketch(steps: Sequence[ThermalStep]) -> Sketch | None:
    """The drawing of a program, None where no step has a target temperature."""
    program = [step for step in steps if step.target is not None]
    if not program:
        return None
    dwells = [step.dwell or 0.0 for step in program]
    stand_in = max(_RAMP_SHARE * max(dwells), 0.25)
    hours, low = 0.0, min(ROOM_TEMPERATURE, *(float(step.target or 0) for step in program))
    high = max(float(step.target or 0) for step in program)
    points: list[tuple[float, float, bool]] = [(0.0, ROOM_TEMPERATURE, True)]
    temperature = ROOM_TEMPERATURE
    for step, dwell in zip(program, dwells, strict=True):
        target = float(step.target or 0)
        known = bool(step.ramp_rate)
        hours += abs(target - temperature) / abs(step.ramp_rate) / 60 if step.ramp_rate else stand_in
        points.append((hours, target, known))
        hours += dwell
        points.append((hours, target, True))
        temperature = target
    return _drawn(points, low, high, program)


def _drawn(
    points: Sequence[tuple[float, float, bool]], low: float, high: float, program: Sequence[ThermalStep]
) -> Sketch:
    length = points[-1][0] or 1.0

    def place(hours: float, celsius: float) -> tuple[float, float]:
        x = _LEFT + (hours / length) * (_WIDTH - _LEFT - 12)
        return round(x, 1), round(_BOTTOM - (celsius - low) / ((high - low) or 1) * (_BOTTOM - _TOP), 1)

    segments = [Segment(*place(h1, t1), *place(h2, t2), known) for (h1, t1, _), (h2, t2, known) in pairwise(points)]
    targets = dict.fromkeys(float(step.target or 0) for step in program)
    marks = [Mark(_LEFT - 6, place(0, target)[1] + 4, f"{target:g} °C") for target in targets]
    marks += [
        Mark((segment.x1 + segment.x2) / 2, segment.y1 + 16, f"{step.dwell:g} h")
        for step, segment in zip(program, segments[1::2], strict=True)
        if step.dwell
    ]
    summary = ", then ".join(str(step) for step in program)
    return Sketch(tuple(segments), tuple(marks), summary)
