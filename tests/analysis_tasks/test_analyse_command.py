"""`manage.py analyse` as scripts use it: the JSON, the exit codes, and what it says on stderr."""

import hashlib
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from demo.simulate import CyclingSpec, simulate_cycling

ROOT = Path(__file__).resolve().parents[2]
JDB = "electrochemistry/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    content, _ = simulate_cycling(CyclingSpec(cycles=3, interval=120.0))
    path: Path = tmp_path_factory.mktemp("cycling") / "cell.csv"
    path.write_bytes(content)
    return path


def analyse(*arguments) -> subprocess.CompletedProcess[str]:
    """The command as its own process, with a database and a broker that are not there."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "analyse", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={
            **os.environ,
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "REDIS_URL": "redis://127.0.0.1:1/0",
        },
    )


def report(*arguments) -> dict[str, Any]:
    """The JSON of the command in this process, where touching the database is an error."""
    out = StringIO()
    call_command("analyse", *map(str, arguments), "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


def refusal(*arguments) -> str:
    """What the command says when it refuses, which must be one line and exit with 2."""
    with pytest.raises(CommandError) as raised:
        call_command("analyse", *map(str, arguments))
    assert raised.value.returncode == 2
    said = str(raised.value)
    assert "\n" not in said
    return said


def test_as_a_program_without_servers(file):
    result = analyse(file, "--json")
    assert result.returncode == 0
    assert result.stderr == ""
    assert json.loads(result.stdout)["runs"][0]["kernel"] == "cycling.capacity"


def test_as_a_program_that_refuses():
    result = analyse("no_such.mpr")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.strip().splitlines() == ["CommandError: no_such.mpr: there is no such file"]


def test_the_report_has_the_shape_of_the_contract(file):
    found = report(file, "--param", "active_mass=2.10 mg", "--param", "convention=cathode|Li")
    assert list(found) == ["files", "technique", "metadata", "datasets", "runs", "warnings"]
    assert found["files"] == [
        {
            "name": "cell.csv",
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "size": file.stat().st_size,
            "format": "bdf-csv",
            "reader": "bdf_csv",
            "reader_version": "1",
        }
    ]
    assert found["technique"] == "cycling"
    assert found["metadata"]["simulated"] is True
    (dataset,) = found["datasets"]
    assert dataset["name"] == "records"
    voltage = next(column for column in dataset["columns"] if column["name"] == "voltage_volt")
    assert list(voltage) == ["name", "label", "unit", "dtype", "first", "last", "min", "max", "mean"]
    assert (voltage["label"], voltage["unit"], voltage["dtype"]) == ("Voltage / V", "V", "float64")
    assert voltage["max"] == pytest.approx(4.3, abs=2e-3)
    run = next(run for run in found["runs"] if run["kernel"] == "cycling.capacity")
    assert (run["kernel"], run["version"]) == ("cycling.capacity", "2")
    assert run["fingerprint"].startswith("sha256:")
    assert run["parameters"]["active_mass"] == 2.10
    initial = next(result for result in run["results"] if result["quantity"] == "initial_discharge_capacity")
    assert initial == {
        "quantity": "initial_discharge_capacity",
        "value": pytest.approx(138.8),
        "uncertainty": None,
        "unit": "mAh/g",
        "index": {},
    }
    cycles = next(table for table in run["tables"] if table["name"] == "cycles")
    assert [row[0] for row in cycles["rows"]] == [1, 2, 3]
    assert cycles["columns"][0]["name"] == "cycle"
    assert run["warnings"] == []
    assert run["seconds"] > 0


def test_units_and_uncertainties_of_parameters(file):
    found = report(file, "--param", "active_mass=0.0021 ± 0.00002 g", "--param", "electrode_area=78.5 mm²")
    run = found["runs"][0]
    assert run["parameters"]["active_mass"] == pytest.approx(2.10)
    assert run["parameters"]["active_mass_uncertainty"] == pytest.approx(0.02)
    assert run["parameters"]["electrode_area"] == pytest.approx(0.785)


def test_what_is_not_known_is_null(file):
    found = report(file)
    half = next(table for table in found["runs"][0]["tables"] if table["name"] == "half_cycles")
    counted = [column["name"] for column in half["columns"]].index("counted_capacity_total")
    assert {row[counted] for row in half["rows"]} == {None}


def test_several_files_are_one_series(file, tmp_path):
    second = tmp_path / "second.csv"
    second.write_bytes(file.read_bytes())
    found = report(file, second)
    assert [dataset["file"] for dataset in found["datasets"]] == ["cell.csv", "second.csv"]
    count = next(r for r in found["runs"][0]["results"] if r["quantity"] == "cycle_count")
    assert count["value"] == 6


def test_the_text_for_people(file, capsys):
    call_command("analyse", str(file), param=["active_mass=2.10 mg"])
    printed = capsys.readouterr().out
    assert "Initial discharge capacity: 138.8 mAh/g" in printed
    assert "table cycles: 3 rows" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such.mpr"], ["no_such.mpr", "no such file"]),
        (["{file}", "--param", "active_mass=700 degC"], ["active_mass", "700 degC", "temperature"]),
        (["{file}", "--param", "active_mass=-1 mg"], ["active_mass", "-1", "not above 0"]),
        (["{file}", "--param", "active_mass"], ["--param", "KEY=VALUE"]),
        (["{file}", "--param", "mass=1 mg"], ["mass", "active_mass"]),
        (["{file}", "--param", "convention=cathode"], ["convention", "cathode|Li"]),
        (["{file}", "--param", "cycle_offset=1.5"], ["cycle_offset", "whole number"]),
        (["{file}", "--technique", "eis", "--param", "active_mass=1 mg"], ["active_mass", "no kernel"]),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(file, arguments, said):
    line = refusal(*[argument.format(file=file) for argument in arguments])
    for words in said:
        assert words in line


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.mpr", b"", ["empty.mpr", "empty"]),
        ("photo.mpr", b"\x89PNG\r\n\x1a\n" + bytes(64), ["photo.mpr", "PNG"]),
        ("cut.csv", b"Test Time / s,Voltage / V\n1,2\n", ["cut.csv", "bdf_csv", "urrent"]),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    line = refusal(path)
    for words in said:
        assert words in line


def test_a_real_biologic_file(shared_data):
    found = report(shared_data / JDB)
    assert found["datasets"][0]["rows"] == 46102
    run = next(run for run in found["runs"] if run["kernel"] == "cycling.capacity")
    results = {(r["quantity"], *r["index"].values()): r["value"] for r in run["results"]}
    assert results["cycle_count",] == 6
    assert results["initial_discharge_capacity_total",] == pytest.approx(0.852855, rel=1e-5)


def test_an_open_circuit_file_is_read_and_has_no_capacity(shared_data):
    found = report(shared_data / "electrochemistry/be-smith+navani/00_test_01_OCV_C01.mpr", "--technique", "cycling")
    assert found["runs"] == []
    assert any("no current flows" in text for text in found["warnings"])


def test_files_of_different_techniques_are_refused(file, shared_data):
    assert "peis.mpr is eis" in refusal(file, shared_data / "electrochemistry/dgbowl+yadg-GPL3-tests-only/peis.mpr")
