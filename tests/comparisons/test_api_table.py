"""The main job by REST only: composite, cell, file, and the cell as a row in a copy of Table S1."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase

from demo import lab
from tests import factories, rest

pytestmark = pytest.mark.django_db
COLUMNS = [
    "configuration",
    "cathode",
    "temperature",
    "current_density",
    "voltage_range",
    "initial_discharge_capacity",
    "cycle_count",
    "final_discharge_capacity",
    "reference",
]


@pytest.fixture(scope="module")
def api(lasting_db):
    admin = factories.admin()
    with TestCase.captureOnCommitCallbacks(execute=False):
        lab.load()
    return rest.client(admin)


def test_table_s1_as_json(api):
    table = api.get("comparisons/table-s1/table/?format=json").json()
    assert [column["key"] for column in table["columns"]] == COLUMNS
    assert len(table["rows"]) == 5
    last = table["rows"][-1]["cells"]
    assert list(last) == COLUMNS
    capacity = last["initial_discharge_capacity"]
    assert (capacity["value"], capacity["unit"], capacity["text"]) == (138.8, "mAh/g", "138.8")
    assert capacity["origin"]["kind"] == "publication"
    assert api.get(capacity["origin"]["url"]).status_code == 200
    assert not any(row["simulated"] for row in table["rows"])
    for row in table["rows"]:
        assert api.get(row["url"]).json()["id"] == row["cell"]
        for cell in row["cells"].values():
            assert set(cell) == {"value", "unit", "text", "origin", "note"}
            assert cell["origin"] is None or api.get(cell["origin"]["url"]).status_code == 200


def test_table_s1_as_csv_and_what_is_not_offered(api):
    response = api.get("comparisons/table-s1/table/?format=csv")
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert len(rows) == 6
    assert rows[-1][5] == "138.8"
    assert "json, csv" in rest.problem(api.get("comparisons/table-s1/table/?format=pdf"), 400)["errors"]["format"][0]


def test_the_main_job(api, shared_data, django_capture_on_commit_callbacks):
    content = (
        shared_data / "electrochemistry/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"
    ).read_bytes()
    process = api.post(
        "processes/",
        {
            "project": "demo",
            "kind": "co-sintering",
            "ratio": "43:35:22",
            "inputs": [{"material": "NCM622"}, {"material": "LLZTO"}, {"material": "LBO"}],
            "outputs": [{"code": "CC-1", "kind": "composite_cathode"}],
            "thermal_steps": [{"target": "700 degC", "dwell": "1 h", "ramp_rate": "5 K/min", "atmosphere": "air"}],
        },
    )
    assert process.status_code == 201, process.content
    cell = api.post(
        "cells/",
        {
            "project": "demo",
            "code": "CELL-1",
            "layers": [
                {"role": "cathode", "sample": "CC-1"},
                {"role": "electrolyte", "materials": ["LLZTO"]},
                {"role": "anode", "materials": ["Li"]},
            ],
            "active_mass": "2.10 mg",
            "electrode_area": "0.785 cm^2",
            "cell_type": "cathode|Li",
        },
    )
    assert cell.status_code == 201, cell.content
    assert cell.json()["configuration"] == "NCM622+LLZTO+LBO/LLZTO/Li"
    assert cell.json()["id"] == api.get("samples/?code=CELL-1").json()["results"][0]["id"]
    with django_capture_on_commit_callbacks(execute=True):
        received = api.post(
            "files/",
            {"file": SimpleUploadedFile("C09.mpr", content), "cell": "CELL-1", "technique": "cycling"},
            format="multipart",
        )
    assert received.status_code == 201, received.content
    copy = api.post("comparisons/", {"slug": "mine", "copy_of": "table-s1", "title": "Mine"})
    assert copy.status_code == 201, copy.content
    assert len(copy.json()["rows"]) == 5
    row = api.post("comparisons/mine/rows/", {"cell": cell.json()["id"]})
    assert row.status_code == 201, row.content
    table = api.get("comparisons/mine/table/").json()
    assert len(table["rows"]) == 6
    assert table["rows"][-1]["cell"] == cell.json()["id"]
    measured = table["rows"][-1]["cells"]["initial_discharge_capacity"]
    assert measured["origin"]["kind"] == "run"
    run = api.get(measured["origin"]["url"]).json()
    assert (run["state"], run["kernel"], run["currency"]) == (
        "succeeded",
        "cycling.capacity",
        {"state": "current", "reasons": []},
    )
    (result,) = [r for r in run["results"] if r["quantity"] == "initial_discharge_capacity" and r["index"] == {}]
    assert result["value"] == measured["value"]
    assert any("theoretical" in warning for warning in table["rows"][-1]["warnings"])
    assert len(api.get("comparisons/table-s1/table/").json()["rows"]) == 5


def test_rows_and_columns_are_chosen(api):
    made = api.post("comparisons/", {"slug": "own", "project": "demo", "title": "Own", "columns": ["configuration"]})
    assert made.status_code == 201, made.content
    cell = api.get("cells/?search=NCM").json()["results"][0]
    row = api.post("comparisons/own/rows/", {"cell": cell["code"]}).json()
    assert row["cell"]["id"] == cell["id"]
    twice = rest.problem(api.post("comparisons/own/rows/", {"cell": cell["id"]}), 400)
    assert "already" in twice["errors"]["cell"][0]
    assert api.delete(f"comparisons/own/rows/{row['id']}/").status_code == 204
    assert api.get("comparisons/own/table/").json()["rows"] == []
    unknown = rest.problem(api.patch("comparisons/own/", {"columns": ["charm"]}), 400)
    assert "charm" in unknown["errors"]["columns"][0]
    assert {"project", "title"} == set(rest.problem(api.post("comparisons/", {"slug": "x"}), 400)["errors"])
    rest.problem(api.get("comparisons/nowhere/table/"), 404)
