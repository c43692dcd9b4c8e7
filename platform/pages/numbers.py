"""How many digits a number is shown with: as many as its unit is read with, so that columns line up.

Values are stored and exported in full; this is for reading only.
"""

from __future__ import annotations

import math

from core.quantities import format_value

_DIGITS = {"mAh/g": 1, "mA/g": 2, "%": 2, "V": 3, "Wh/kg": 1}


def for_reading(value: float, unit: str = "") -> str:
    """The number without its unit: fixed digits where its unit has a custom, else four significant ones."""
    if not math.isfinite(value):
        return "–"
    digits = _DIGITS.get(unit)
    if digits is None or (value and abs(value) < 10.0**-digits):
        return format_value(value, "")
    return f"{value:.{digits}f}"
