"""The main job, end to end, by REST only, on a real site with a real file: from powders to a row in Table S1."""

import os
import re
import signal

import pytest

pytestmark = [pytest.mark.services, pytest.mark.servers]

FILE = "electrochemistry/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"
MEAN_DISCHARGE = 0.7778788  # mAh, over the cycles of this file, by an independent reader


def result(site, cell, quantity):
    found = site.get(f"results/?cell={cell}&quantity={quantity}")["results"]
    return next((entry for entry in found if entry["index"] == {}), None)


def make_cell(site, number, **fields):
    """A cell `JOB-number`: a name of this file's own, for others use the same site."""
    status, process = site.request(
        "POST",
        "processes/",
        {
            "project": "demo",
            "kind": "co-sintering",
            "ratio": "43:35:22",
            "inputs": [{"material": "NCM622"}, {"material": "LLZTO"}, {"material": "LBO"}],
            "thermal_steps": [{"target": "700 °C", "dwell": "1 h"}],
            "outputs": [{"code": f"JOB-CC-{number}", "kind": "composite_cathode"}],
        },
    )
    assert status == 201, process
    status, cell = site.request(
        "POST",
        "cells/",
        {
            "project": "demo",
            "code": f"JOB-{number}",
            "cell_type": "cathode|Li",
            "layers": [
                {"role": "cathode", "sample": f"JOB-CC-{number}"},
                {"role": "electrolyte", "materials": ["LLZTO"]},
                {"role": "anode", "materials": ["Li"]},
            ],
            **fields,
        },
    )
    assert status == 201, cell
    return process, cell


def test_from_powders_to_a_row_of_table_s1(running_site, shared_data):
    site = running_site
    process, cell = make_cell(site, 1, active_mass="2.10 mg")
    assert [entry["weight_fraction"] for entry in process["inputs"]] == pytest.approx([0.43, 0.35, 0.22])
    assert cell["configuration"] == "NCM622+LLZTO+LBO/LLZTO/Li"

    status, answer = site.upload(shared_data / FILE, cell="JOB-1")
    assert status == 201, answer
    assert set(answer) == {"file", "measurement", "runs"}
    first = site.wait_for(lambda: result(site, "JOB-1", "initial_discharge_capacity"))
    run = site.get(first["origin"]["url"])
    assert (run["kernel"], run["state"]) == ("cycling.capacity", "succeeded")
    energy = result(site, "JOB-1", "initial_discharge_energy")
    assert energy["unit"] == "Wh/kg"
    assert energy["value"] / first["value"] == pytest.approx(2.9, abs=0.9)  # a mean voltage of the window, 2 to 3.8 V
    assert any("exceeds theoretical capacity" in warning for warning in run["warnings"])
    total = result(site, "JOB-1", "initial_discharge_capacity_total")
    assert first["value"] == pytest.approx(total["value"] / 2.10e-3, rel=1e-9)

    status, again = site.upload(shared_data / FILE, name="renamed.mpr", cell="JOB-1")
    assert status == 200
    assert again["file"]["id"] == answer["file"]["id"]
    assert again["measurement"]["id"] == answer["measurement"]["id"]

    status, _ = site.request("POST", "comparisons/table-s1/copy/", {"slug": "mine"})
    assert status == 201
    status, _ = site.request("POST", "comparisons/mine/rows/", {"cell": cell["id"]})
    assert status == 201
    table = site.get("comparisons/mine/table/?format=json")
    row = table["rows"][-1]
    assert len(table["rows"]) == 6
    assert row["cell"] == cell["id"]
    assert row["cells"]["initial_discharge_capacity"]["origin"]["kind"] == "run"
    assert row["cells"]["initial_discharge_capacity"]["value"] == pytest.approx(first["value"])
    assert any("exceeds theoretical capacity" in warning for warning in row["warnings"])
    assert len(site.get("comparisons/table-s1/table/?format=json")["rows"]) == 5


def test_without_a_mass_the_charge_is_there_and_the_table_says_what_is_missing(running_site, shared_data):
    site = running_site
    _, cell = make_cell(site, 2)
    status, answer = site.upload(shared_data / FILE, cell="JOB-2")
    assert status == 201, answer
    site.wait_for(lambda: result(site, "JOB-2", "initial_discharge_capacity_total"))
    assert result(site, "JOB-2", "initial_discharge_capacity") is None
    site.request("POST", "comparisons/table-s1/copy/", {"slug": "without-mass"})
    site.request("POST", "comparisons/without-mass/rows/", {"cell": cell["id"]})
    shown = site.get("comparisons/without-mass/table/?format=json")["rows"][-1]["cells"]["initial_discharge_capacity"]
    assert shown["value"] is None
    assert "no active mass" in shown["note"]


def test_a_worker_killed_in_the_middle_loses_nothing(running_site, shared_data):
    """`kill -9` of the whole worker while it works: others finish the job, so that it ends as an undisturbed one."""
    site = running_site
    make_cell(site, 3, active_mass="2.10 mg")
    make_cell(site, 5, active_mass="2.10 mg")
    status, undisturbed = site.upload(shared_data / FILE, cell="JOB-5")
    assert status == 201, undisturbed
    expected = site.wait_for(lambda: outcome(site, undisturbed), seconds=120)
    assert expected[1], "numbers of its own"
    status, answer = site.upload(shared_data / FILE, cell="JOB-3")
    assert status == 201, answer
    for pid in site.children("celery -A config worker"):
        os.kill(pid, signal.SIGKILL)
    assert site.wait_for(lambda: outcome(site, answer), seconds=120) == expected
    assert len(site.get(f"measurements/{answer['measurement']['id']}/")["datasets"]) == 1


def outcome(site, answer):
    """Every run of an upload's own with how it ended, and every number that it gave; None while one is under way.

    What is said in comparison with other cells is left out: it depends on which others the site has by now.
    """
    measurement = answer["measurement"]["id"]
    if _ended(site.get(answer["file"]["url"])["reading"]) is None:
        return None
    runs = site.get(f"runs/?measurement={measurement}&page_size=200")["results"]
    if not runs or any(_ended(run) is None for run in runs):
        return None
    own = {run["url"]: run for run in runs if run["kernel"] != "insights.related"}
    numbers = site.get(f"results/?measurement={measurement}&page_size=1000")
    assert numbers.get("next") is None
    return (
        sorted((run["kernel"], run["state"], run["error"]) for run in own.values()),
        sorted(
            (number["quantity"], str(number["index"]), number["value"])
            for number in numbers["results"]
            if number["origin"]["url"] in own
        ),
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.mpr", b"", "empty"),
        ("picture.mpr", b"\x89PNG\r\n\x1a\n" + bytes(500), "PNG"),
    ],
)
def test_wrong_files_are_explained(running_site, tmp_path, name, content, words):
    site = running_site
    file = tmp_path / name
    file.write_bytes(content)
    before = site.get("samples/?code=SIM-CC-433522")["results"][0]
    status, answer = site.upload(file, sample=before["id"])
    if status == 201:
        url = answer["file"]["url"]
        reading = site.wait_for(lambda: _ended(site.get(url)["reading"]))
        assert reading["state"] == "failed"
        assert words in reading["error"]
    else:
        assert status == 400
        assert words in str(answer)


def _ended(reading):
    return reading if reading["state"] in {"succeeded", "failed"} else None


def test_a_truncated_file_is_read_as_far_as_it_goes_or_refused_in_words(running_site, shared_data, tmp_path):
    site = running_site
    make_cell(site, 4, active_mass="2.10 mg")
    cut = tmp_path / "cut.mpr"
    content = (shared_data / FILE).read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    status, answer = site.upload(cut, cell="JOB-4")
    assert status == 201
    url = answer["file"]["url"]
    reading = site.wait_for(lambda: _ended(site.get(url)["reading"]))
    measurement = site.get(answer["measurement"]["url"])
    assert reading["state"] == "succeeded"
    warnings = [warning for dataset in measurement["datasets"] for warning in dataset["warnings"]]
    assert any("46102" in re.sub(r"\D(?=\d)", "", warning) for warning in warnings), warnings


THREE = [{"material": name} for name in ("NCM622", "LLZTO", "LBO")]


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        (
            "processes/",
            {
                "project": "demo",
                "kind": "mixing",
                "ratio": "43%:35%:25%",
                "inputs": [{"material": n} for n in ("NCM622", "LLZTO", "LBO")],
            },
            "103",
        ),
        ("processes/", {"project": "demo", "kind": "sintering", "thermal_steps": [{"target": "700 kg"}]}, "700 kg"),
        ("cells/", {"project": "demo", "code": "C", "active_mass": "-2.1 mg"}, "-2.1 mg"),
        ("cells/", {"project": "demo", "code": "C", "configuration": "NCM622/LLZO/Li"}, "did you mean LLZTO"),
    ],
)
def test_wrong_records_are_explained_and_leave_nothing_behind(running_site, path, data, words):
    site = running_site
    before = site.get(f"{path}?page_size=1")["count"]
    status, answer = site.request("POST", path, data)
    assert status == 400
    assert words in str(answer)
    assert site.get(f"{path}?page_size=1")["count"] == before
