"""Tables as the Battery Data Format names them: records, spectra, and what analyses made of them.

The format has columns for time series; of per-cycle tables and curves those columns get its names that it knows, in its
units. Everything else keeps its own name and unit; columns that only the instrument's program understands are left out.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponseBase

from core import tabular
from core.tables import Array, Column, Table
from measurements.readers.bdf_terms import COLUMNS
from measurements.tables import label_of

BDF, BDF_PARQUET = "bdf", "bdf-parquet"
FORMATS: Final = (*tabular.FORMATS, BDF, BDF_PARQUET)
MEDIA_TYPES: Final = {
    **tabular.MEDIA_TYPES,
    BDF: tabular.MEDIA_TYPES["csv"],
    BDF_PARQUET: tabular.MEDIA_TYPES["parquet"],
}

_RESULTS: Final[dict[tuple[str, str], tuple[str, float]]] = {
    ("cycle", ""): ("cycle_count", 1.0),
    ("branch", ""): ("step_type", 1.0),
    ("direction", ""): ("step_type", 1.0),
    ("spectrum", ""): ("spectrum_index", 1.0),
    ("voltage", "V"): ("voltage_volt", 1.0),
    ("capacity_total", "mAh"): ("step_cumulative_capacity_ah", 1e-3),
    ("charge_capacity_total", "mAh"): ("cycle_charging_capacity_ah", 1e-3),
    ("discharge_capacity_total", "mAh"): ("cycle_discharging_capacity_ah", 1e-3),
    ("charge_energy", "mWh"): ("cycle_charging_energy_wh", 1e-3),
    ("discharge_energy", "mWh"): ("cycle_discharging_energy_wh", 1e-3),
    ("frequency", "Hz"): ("frequency_hertz", 1.0),
    ("real", "ohm"): ("real_impedance_ohm", 1.0),
    ("imaginary", "ohm"): ("imaginary_impedance_ohm", 1.0),
    ("minus_imaginary", "ohm"): ("imaginary_impedance_ohm", -1.0),
}
"""Name in the format, and the factor to its unit, of columns of our analyses by their name and unit."""


def as_bdf(table: Table) -> Table:
    """The table with machine names and units of the Battery Data Format, as far as it has them."""
    made: dict[str, Column] = {}
    for column in table:
        if column.name.startswith("raw__"):
            continue
        name, factor = _RESULTS.get((column.name, column.unit), (column.name, 1.0))
        if name in made:
            continue
        known = COLUMNS.get(name)
        values: Array = column.values if factor == 1.0 else column.values * factor
        unit, label = (known.unit, known.label) if known else (column.unit, label_of(column))
        made[name] = Column(name, values, unit, label)
    return Table(table.name, tuple(made.values()))


def with_labels(table: Table) -> Table:
    """The table with labels for names, as they stand in the header of a `.bdf.csv`."""
    return Table(table.name, tuple(Column(column.label, column.values, column.unit) for column in table))


def send(table: Table, form: str, *, name: str, extra: dict[str, Any] | None = None) -> HttpResponseBase:
    """A table as a response.

    Args:
        table: What to send.
        form: One of `FORMATS`.
        name: Name of a downloaded file, without suffix.
        extra: Further members of the JSON object.
    """
    if form == BDF:
        return tabular.send_table(with_labels(as_bdf(table)), "csv", name=f"{name}.bdf")
    if form == BDF_PARQUET:
        return tabular.send_table(as_bdf(table), "parquet", name=f"{name}.bdf")
    return tabular.send_table(table, form, name=name, extra=extra)
