"""Battery Data Format of what is shown: our own readers take it back, name by name and digit by digit."""

import io

import numpy as np
import pytest
from django.http import FileResponse

from core.tables import Column, Table
from measurements import bdf_export
from measurements.readers import bdf_csv, bdf_parquet
from measurements.readers.base import Source

RECORDS = Table(
    "records",
    (
        Column("test_time_second", np.array([0.0, 1.5, 3.0]), "s"),
        Column("voltage_volt", np.array([3.1, 3.2000000001, np.nan]), "V"),
        Column("current_ampere", np.array([5e-5, 8e-7, -5e-5]), "A"),
        Column("cycle_count", np.array([1, 1, 2]), ""),
        Column("raw__Aux 1", np.array([1.0, 2.0, 3.0]), ""),
    ),
)
CYCLES = Table(
    "cycles",
    (
        Column("cycle", np.array([1, 2]), "", "Cycle"),
        Column("charge_capacity_total", np.array([0.3, 0.29]), "mAh", "Charge capacity / mAh"),
        Column("discharge_capacity", np.array([138.8, 137.0]), "mAh/g", "Discharge capacity / mAh/g"),
        Column("discharge_energy", np.array([1.1, 1.0]), "mWh", "Discharge energy / mWh"),
    ),
)


def content(response):
    """The bytes as a server sends them. No request was made here, so only the file is closed, not the response."""
    found = b"".join(response.streaming_content)
    if isinstance(response, FileResponse):
        response.file_to_stream.close()
    return found


@pytest.mark.parametrize(
    ("form", "suffix", "reader"), [("bdf", "csv", bdf_csv), ("bdf-parquet", "parquet", bdf_parquet)]
)
def test_records_come_back_as_they_were(form, suffix, reader, tmp_path):
    answer = bdf_export.send(RECORDS, form, name="cell")
    assert answer["Content-Disposition"] == f'attachment; filename="cell.bdf.{suffix}"'
    path = tmp_path / f"cell.bdf.{suffix}"
    path.write_bytes(content(answer))
    back = reader.read(Source(path, path.name), {}).tables[0]
    assert [column.name for column in back] == [c.name for c in RECORDS if not c.name.startswith("raw__")]
    for column in back:
        np.testing.assert_array_equal(column.values, RECORDS[column.name])


def test_per_cycle_tables_have_the_names_and_units_of_the_format_where_it_knows_them():
    table = bdf_export.as_bdf(CYCLES)
    assert {column.name: column.unit for column in table} == {
        "cycle_count": "",
        "cycle_charging_capacity_ah": "Ah",
        "discharge_capacity": "mAh/g",
        "cycle_discharging_energy_wh": "Wh",
    }
    assert table["cycle_charging_capacity_ah"].tolist() == pytest.approx([3.0e-4, 2.9e-4])
    lines = content(bdf_export.send(CYCLES, "bdf", name="cell")).decode().splitlines()
    assert lines[0] == (
        "Cycle Count / 1,Cycle Charging Capacity / Ah,Discharge capacity / mAh/g,Cycle Discharging Energy / Wh"
    )


def test_the_imaginary_part_is_signed_in_the_format():
    table = Table(
        "nyquist",
        (
            Column("frequency", np.array([1e5]), "Hz"),
            Column("real", np.array([10.0]), "ohm"),
            Column("minus_imaginary", np.array([4.0]), "ohm"),
        ),
    )
    assert bdf_export.as_bdf(table)["imaginary_impedance_ohm"].tolist() == [-4.0]
    buffer = io.BytesIO(content(bdf_export.send(table, "bdf-parquet", name="cell")))
    assert Table.read_parquet(buffer)["frequency_hertz"].tolist() == [1e5]
