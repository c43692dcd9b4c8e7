"""A thermal program as a small drawing: temperature over time, from the planned ramps and dwells."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.fields import shown
from samples.models import ThermalStep

_START = 25.0
_RAMP = 5.0  # K/min, drawn where a step states none
_WIDTH, _HEIGHT, _EDGE = 420, 110, 14


def profile(steps: Sequence[ThermalStep]) -> list[tuple[float, float]]:
    """Corners of the program as (hours, degrees Celsius), beginning at room temperature.

    A step without a ramp rate is drawn with 5 K/min; one without a target keeps the temperature.
    """
    hours, degrees = 0.0, _START
    corners = [(hours, degrees)]
    for step in steps:
        target = degrees if step.target is None else step.target
        ramp = abs(step.ramp_rate) if step.ramp_rate else _RAMP
        hours += abs(target - degrees) / ramp / 60
        corners.append((hours, target))
        hours += step.dwell or 0.0
        degrees = target
        corners.append((hours, degrees))
    return corners


def program_sketch(steps: Sequence[ThermalStep]) -> SafeString | str:
    """The drawing with its steps in words; nothing without a program."""
    corners = profile(steps)
    longest, hottest = corners[-1][0], max(degrees for _, degrees in corners)
    if not steps or longest == 0 or hottest <= _START:
        return ""
    lowest = min(degrees for _, degrees in corners)
    points = " ".join(
        f"{_EDGE + hours / longest * (_WIDTH - 2 * _EDGE):.1f},"
        f"{_HEIGHT - _EDGE - (degrees - lowest) / (hottest - lowest) * (_HEIGHT - 2 * _EDGE):.1f}"
        for hours, degrees in corners
    )
    words = format_html_join(mark_safe(" → "), "{}", ((_words(step),) for step in steps))
    return format_html(
        '<h3>Thermal program</h3><svg class="co-curve co-program" viewBox="0 0 {} {}" role="img" '
        'aria-label="Temperature over time"><polyline points="{}"/></svg>'
        '<p class="co-mute">{} · {} h in all, as planned</p>',
        _WIDTH, _HEIGHT, points, words, f"{longest:.3g}",
    )  # fmt: skip


def _words(step: ThermalStep) -> str:
    parts = [shown(step, "target"), shown(step, "dwell")]
    ramp = shown(step, "ramp_rate")
    place = f"in {step.atmosphere}" if step.atmosphere else ""
    return " ".join(filter(None, [*filter(None, parts), f"(at {ramp})" if ramp else "", place]))
