"""What the chart module draws: tables of datasets and runs as axes and series, in units a person reads.

The data go out as JSON numbers; missing values are null, which the chart leaves as gaps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from django.http import HttpResponse

from core.quantities import display_unit
from core.tables import Array, Table

_TIME, _VOLTAGE, _CURRENT = "test_time_second", "voltage_volt", "current_ampere"
_FREQUENCY, _REAL, _IMAGINARY = "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"
_SWEEPS = ("cv", "lsv")
_HOURS_FROM = 7_200.0
_MILLI = 1_000.0


def response(chart: dict[str, Any]) -> HttpResponse:
    """A chart's data for the browser, not to be kept by proxies."""
    body = orjson.dumps(chart, option=orjson.OPT_SERIALIZE_NUMPY)
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "private, max-age=300"})


def columns_needed(names: set[str]) -> list[str]:
    """Which columns of a table a curve takes; empty where there is none to draw."""
    if {_FREQUENCY, _REAL, _IMAGINARY} <= names:
        return [_FREQUENCY, _REAL, _IMAGINARY]
    if {_TIME, _VOLTAGE} <= names:
        return [name for name in (_TIME, _VOLTAGE, _CURRENT) if name in names]
    return []


def curve_of(table: Table, technique: str) -> dict[str, Any]:
    """The curve of a dataset: Nyquist plot of an impedance, current over voltage of a sweep, else voltage over time."""
    if _FREQUENCY in table:
        return _nyquist(table)
    if technique in _SWEEPS and _CURRENT in table:
        return _sweep(table)
    return _over_time(table)


def cycles_of(table: Table) -> dict[str, Any]:
    """Capacity and coulombic efficiency over the cycle, per gram where the mass is known."""
    suffix, unit = ("", "mAh/g") if "discharge_capacity" in table else ("_total", "mAh")
    series = [
        _series(f"{word} capacity", table[f"{word.lower()}_capacity{suffix}"], "left", kind, short=word)
        for word, kind in (("Charge", "open"), ("Discharge", "dots"))
    ]
    efficiency = table["coulombic_efficiency"]
    if np.isfinite(efficiency).any():
        series.append(_series("Coulombic efficiency", efficiency, "right", "open", short="CE"))
    return {
        "x": {"label": "Cycle", "short": "Cycle", "values": _plain(table["cycle"]), "whole": True},
        "left": f"Capacity / {display_unit(unit)}",
        "right": "Coulombic efficiency / %",
        "series": series,
    }


def _over_time(table: Table) -> dict[str, Any]:
    seconds = table[_TIME].astype(float)
    hours = bool(len(seconds)) and float(np.nanmax(seconds)) >= _HOURS_FROM
    series = [_series("Voltage", table[_VOLTAGE], "left", "line", short="V")]
    chart: dict[str, Any] = {
        "x": {
            "label": "Time / h" if hours else "Time / s",
            "short": "t",
            "values": _plain(seconds / 3600.0 if hours else seconds),
        },
        "left": "Voltage / V",
        "series": series,
    }
    if _CURRENT in table:
        series.append({**_series("Current", table[_CURRENT] * _MILLI, "right", "line", short="I"), "hidden": True})
        chart["right"] = "Current / mA"
    return chart


def _sweep(table: Table) -> dict[str, Any]:
    return {
        "x": {"label": "Voltage / V", "short": "V", "values": _plain(table[_VOLTAGE])},
        "left": "Current / mA",
        "series": [_series("Current", table[_CURRENT] * _MILLI, "left", "line", short="I")],
    }


def _nyquist(table: Table) -> dict[str, Any]:
    return {
        "x": {"label": "Re Z / Ω", "short": "Re Z", "values": _plain(table[_REAL])},
        "left": "−Im Z / Ω",
        "series": [_series("Impedance", -table[_IMAGINARY].astype(float), "left", "open", short="−Im Z")],
        "equal": True,
    }


def _series(label: str, values: Array, axis: str, kind: str, *, short: str) -> dict[str, Any]:
    return {"label": label, "short": short, "axis": axis, "kind": kind, "values": _plain(values)}


def _plain(values: Array) -> Array:
    """Contiguous float64, infinities as NaN, which becomes null."""
    numbers = np.ascontiguousarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)
