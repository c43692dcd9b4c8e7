"""Crates: what the validator of the RO-Crate community says, and whether every byte is the one that is described."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile

import pytest
from django.core.management import CommandError, call_command

from benchmarks.measure import PROGRAMS
from benchmarks.peers import peer_python
from provenance.exports.crate import crate_pieces, select
from provenance.graph import Kind
from provenance.selectors import NoSuchRecordError
from tests import factories, rest


def crate_of(kind, key, user, **options):
    return zipfile.ZipFile(io.BytesIO(b"".join(crate_pieces(select(kind, str(key), user), **options))))


def described(crate):
    return {entry["@id"]: entry for entry in json.loads(crate.read("ro-crate-metadata.json"))["@graph"]}


def issues(crate, tmp_path, *, profile="process-run-crate-0.5", severity="REQUIRED"):
    """What the validator finds, without a network."""
    folder = tmp_path / f"crate-{len(list(tmp_path.iterdir()))}"
    crate.extractall(folder)
    command = [peer_python("roc_validator"), PROGRAMS / "validate_crate.py", folder, profile, severity]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("profile", ["ro-crate-1.1", "process-run-crate-0.5"])
def test_a_comparison_with_simulated_and_reported_numbers_passes_the_validator(lab, tmp_path, profile):
    crate = crate_of(Kind.COMPARISON, "my-cells", lab.viewer, site="https://lab.example")
    found = issues(crate, tmp_path, profile=profile)
    assert found == {"passed": True, "issues": []}


@pytest.mark.parametrize("kind", ["cell", "measurement", "run"])
def test_a_cell_a_measurement_and_a_run_pass_the_validator(lab, tmp_path, kind):
    crate = crate_of(Kind(kind), getattr(lab, kind).pk, lab.viewer)
    assert issues(crate, tmp_path) == {"passed": True, "issues": []}


def test_the_validator_sees_what_is_missing(lab, tmp_path):
    crate = crate_of(Kind.RUN, lab.run.pk, lab.viewer)
    metadata = json.loads(crate.read("ro-crate-metadata.json"))
    for entry in metadata["@graph"]:
        entry.pop("instrument", None)
    spoilt = zipfile.ZipFile(io.BytesIO(), "w")
    for name in crate.namelist():
        content = json.dumps(metadata) if name == "ro-crate-metadata.json" else crate.read(name)
        spoilt.writestr(name, content)
    found = issues(spoilt, tmp_path)
    assert not found["passed"]
    assert any("instrument" in issue["message"] for issue in found["issues"])


def test_every_member_is_described_with_its_hash_and_size(lab):
    crate = crate_of(Kind.COMPARISON, "my-cells", lab.viewer)
    assert crate.testzip() is None
    entries = described(crate)
    members = set(crate.namelist()) - {"ro-crate-metadata.json"}
    assert members == {part["@id"] for part in entries["./"]["hasPart"]}
    for name in members:
        content = crate.read(name)
        assert entries[name]["sha256"] == hashlib.sha256(content).hexdigest(), name
        assert entries[name]["contentSize"] == str(len(content)), name
    raw = f"files/{lab.measurement.pk}/cell-1.csv"
    assert entries[raw]["sha256"] == lab.file.blob_id


def test_a_run_is_told_with_code_inputs_parameters_and_numbers(lab):
    crate = crate_of(Kind.RUN, lab.run.pk, lab.viewer)
    entries = described(crate)
    run = entries[f"#run-{lab.run.pk}"]
    assert run["@type"] == "CreateAction"
    kernel = entries[run["instrument"]["@id"]]
    assert (kernel["name"], kernel["identifier"]) == (lab.run.release.name, lab.run.release.fingerprint)
    used = [entries[part["@id"]] for part in run["object"]]
    assert {entry["name"] for entry in used} >= {"cell-1.csv", "active_mass", "electrode_area"}
    assert next(entry["value"] for entry in used if entry["name"] == "active_mass") == "2.1"
    numbers = json.loads(crate.read(f"runs/{lab.run.pk}/results.json"))
    stored = lab.run.results.get(quantity="initial_discharge_capacity", index={})
    assert next(n["value"] for n in numbers if n["quantity"] == stored.quantity and not n["index"]) == stored.value
    assert {part["@id"] for part in run["result"]} >= {f"runs/{lab.run.pk}/results.json"}
    assert {step["name"] for step in entries.values() if step["@type"] == "Action"} >= {"co-sintering", "cell assembly"}


@pytest.mark.parametrize("name", ["..\\..\\etc/passwd.csv", "/etc/passwd.csv", "../passwd.csv"])
def test_names_from_elsewhere_stay_in_their_folder(lab, receive, name):
    other = factories.cell(lab.project)
    received = receive(lab.owner, other, name)
    crate = crate_of(Kind.MEASUREMENT, received.measurement.pk, lab.viewer)
    names = [member for member in crate.namelist() if member.startswith("files/")]
    assert names == [f"files/{received.measurement.pk}/passwd.csv"]


def test_nobody_gets_what_they_may_not_see(lab):
    with pytest.raises(NoSuchRecordError):
        select(Kind.COMPARISON, "my-cells", lab.stranger)
    for role, client in rest.cast_of(lab.project).items():
        answer = client.get("exports/crate/?comparison=my-cells")
        assert answer.status_code == {"anonymous": 401, "stranger": 404}.get(role, 200), role


def test_a_crate_by_rest_is_streamed_and_wrong_questions_are_answered(lab):
    api = rest.client(lab.viewer)
    answer = api.get(f"exports/crate/?cell={lab.cell.pk}&license=https://spdx.org/licenses/CC-BY-4.0")
    assert answer.streaming
    assert ".crate.zip" in answer["Content-Disposition"]
    entries = described(zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))))
    assert entries["./"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert "by one of" in rest.problem(api.get("exports/crate/"), 400)["detail"]
    assert "by one of" in rest.problem(api.get("exports/crate/?cell=1&run=2"), 400)["detail"]
    assert "address" in rest.problem(api.get(f"exports/crate/?cell={lab.cell.pk}&license=CC0"), 400)["detail"]
    rest.problem(api.get("exports/crate/?cell=CELL-1"), 404)


def test_the_command_writes_the_same_crate(lab, tmp_path, capsys):
    path = tmp_path / "own.zip"
    call_command("export_crate", "--comparison", "my-cells", "--to", str(path))
    assert "1 files, 1 runs" in capsys.readouterr().out
    assert zipfile.ZipFile(path).namelist() == crate_of(Kind.COMPARISON, "my-cells", lab.viewer).namelist()
    with pytest.raises(CommandError, match="no comparison 'none'"):
        call_command("export_crate", "--comparison", "none", "--to", str(path))
    with pytest.raises(CommandError, match="no person named 'nobody'"):
        call_command("export_crate", "--comparison", "my-cells", "--to", str(path), "--user", "nobody")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_crate", "--comparison", "my-cells", "--to", str(tmp_path / "no" / "own.zip"))
    stranger = factories.user("carla")
    with pytest.raises(CommandError, match="may not see"):
        call_command("export_crate", "--comparison", "my-cells", "--to", str(path), "--user", stranger.username)
