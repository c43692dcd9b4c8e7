"""Wrong numbers that other programs show on real files, each with the test that keeps it away here.

Most live beside what they test and are listed; those that belong to nothing in particular stand below.
"""

import ast
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.continued import continued_records
from core.tables import table
from measurements.readers import detect, read
from measurements.readers.base import Source, UnreadableFile
from tests import factories, rest

TESTS = Path(__file__).resolve().parents[1]
# What goes wrong elsewhere -> the tests that say it does not here.
LISTED = {
    "current and capacity of Arbin files 1000 times too low": (
        "measurements/test_arbin.py: test_a_database_reads_whole_and_its_currents_are_in_ampere",
        "measurements/test_arbin.py: test_a_workbook_reads_whole_and_its_currents_are_in_ampere",
    ),
    "a mean voltage integrated across rests": (
        "analysis_tasks/test_cycling_capacity.py: test_rest_does_not_enter_the_mean_voltage",
    ),
    "an efficiency of fixed pairs, 478 % after a short first discharge": (
        "analysis_tasks/test_cycling_capacity.py: test_a_leading_discharge_is_cycle_0_without_efficiency",
        "analysis_tasks/test_cycling_capacity.py: test_a_biologic_file_that_begins_with_a_short_discharge",
    ),
    "an open circuit that fails the whole analysis": (
        "analysis_tasks/test_cycling_capacity.py: test_an_open_circuit_file_says_that_no_current_flows",
        "measurements/test_biologic.py: test_open_circuit_only",
    ),
    "sheets of a large export glued in the order of their names": (
        "measurements/test_arbin.py: test_sheets_are_joined_in_the_order_of_their_records",
    ),
    "a column of integers, then 8e-7": (
        "measurements/test_arbin.py: test_integers_first_do_not_hide_what_follows",
        "measurements/test_bdf.py: test_integers_first_and_an_exponent_later_stay_numbers",
    ),
    "any text accepted with invented names of columns": (
        "measurements/test_mapped_csv.py: test_prose_is_not_taken_for_a_table",
        "measurements/test_mapped_csv.py: test_without_a_mapping_it_asks_and_shows_what_it_found",
    ),
    "301 rows of a damaged file taken for good": ("measurements/test_neware.py: test_a_damaged_archive_says_so",),
    "a batch half committed": (
        "exchange/test_batch.py: test_one_wrong_line_and_nothing_is_made",
        "config/test_api_many.py: test_wrong_rows_are_all_named_and_nothing_is_stored",
    ),
    "lists that show what a record's own page hides": (
        "config/test_api_access.py: test_what_a_list_hides_a_detail_hides_too",
    ),
}


@pytest.mark.parametrize("trap", LISTED)
def test_each_wrong_number_is_tested_by_name(trap):
    for entry in LISTED[trap]:
        file, _, name = entry.partition(": ")
        defined = {node.name for node in ast.walk(ast.parse((TESTS / file).read_text())) if hasattr(node, "name")}
        assert name in defined, f"{entry} is gone; which test says now that {trap} does not happen?"


@pytest.mark.django_db
def test_a_second_view_of_data_is_the_first_to_the_last_bit(django_capture_on_commit_callbacks):
    """Elsewhere a cache in float32 made 3.289 V of 0.748 V; here no digit is lost in any form, however often."""
    owner = factories.project()
    api = rest.client(factories.owner_of(owner))
    random = np.random.default_rng(5)
    volts = 3.0 + random.random(64) * 1e-9  # all of these are one and the same number in float32
    assert len(set(volts.astype(np.float32))) < len(set(volts)) == 64
    lines = [f"{n},{volt!r},1e-05" for n, volt in enumerate(volts.tolist())]
    content = "\n".join(["test_time_second,voltage_volt,current_ampere", *lines, ""]).encode()
    with django_capture_on_commit_callbacks(execute=True):
        sent = {"file": SimpleUploadedFile("cell.csv", content), "cell": str(factories.cell(owner).pk)}
        url = api.post("files/", sent, format="multipart").json()["measurement"]["url"]
    told = api.get(url).json()
    assert told["state"] == "succeeded", told
    for _ in range(2):
        seen = json.loads(b"".join(api.get(f"{url}data/?columns=voltage_volt")))["rows"]
        assert [row[0] for row in seen] == volts.tolist()
        text = b"".join(api.get(f"{url}data/?columns=voltage_volt&format=csv&points=all")).decode().split()[1:]
        assert [float(number) for number in text] == volts.tolist()
        parquet = pq.read_table(io.BytesIO(b"".join(api.get(f"{url}data/?columns=voltage_volt&format=parquet"))))
        assert parquet["voltage_volt"].to_pylist() == volts.tolist()


def test_parts_of_a_test_are_joined_in_the_order_they_were_started_and_never_as_they_come():
    def part(start, first):
        columns = {"test_time_second": np.arange(4.0), "voltage_volt": first + np.arange(4.0)}
        columns["current_ampere"] = np.full(4, 1e-5)
        return KernelInput({"records": table("records", columns)}, {"started_at": start})

    parts = [part("2026-01-03T00:00:00", 30), part("2026-01-01T00:00:00", 10), part("2026-01-02T00:00:00", 20)]
    for given in (parts, parts[::-1]):
        joined = continued_records(tuple(given))
        assert joined["voltage_volt"].tolist() == [10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33]
        assert (np.diff(joined["test_time_second"]) >= 0).all()


def test_a_diffractogram_is_refused_whole_and_never_read_without_its_wavelength(shared_data):
    """Elsewhere the wavelength in the file was ignored and its second scan dropped; here nothing takes a part of it."""
    paths = sorted((shared_data / "xrd").rglob("*.xrdml"))
    assert len(paths) >= 4
    for path in paths[:4]:
        if detect(Source.at(path)).chosen is not None:
            _, reading = read(Source.at(path))
            assert "wavelength" in json.dumps(dict(reading.metadata)), path.name
            continue
        with pytest.raises(UnreadableFile, match="an XML text of no known format"):
            read(Source.at(path))
