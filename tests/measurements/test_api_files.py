"""Files by REST: a real cycler file from upload to results, downloads with ranges, wrong input in words."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from measurements.models import Blob, Measurement, RawFile
from tests import factories, rest

pytestmark = pytest.mark.django_db
BDF = b"test_time_second,voltage_volt,current_ampere\n" + b"".join(
    b"%d,%.4f,%.6f\n" % (n, 3.0 + n / 1000, 1e-5) for n in range(500)
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def api(project):
    return rest.client(factories.owner_of(project))


@pytest.fixture
def upload(api, cell, django_capture_on_commit_callbacks):
    def send(content=BDF, name="run.csv", client=api, **fields):
        if "sample" not in fields:
            fields.setdefault("cell", str(cell.pk))
        with django_capture_on_commit_callbacks(execute=True):
            return client.post("files/", {"file": SimpleUploadedFile(name, content), **fields}, format="multipart")

    return send


@pytest.fixture
def gcpl(shared_data):
    """132 rows of galvanostatic cycling with potential limitation, and what the maker's export says of them."""
    return (shared_data / "electrochemistry/dgbowl+yadg-GPL3-tests-only/gcpl.issue_149.mpr").read_bytes()


def test_a_real_file_becomes_results_by_itself(upload, api, gcpl, cell):
    response = upload(gcpl, "gcpl.mpr", rate="0.05 C (1C = 180 mA/g)", temperature="80 degC", technique="cycling")
    assert response.status_code == 201, response.content
    body = response.json()
    assert set(body) == {"file", "measurement", "runs"}
    assert body["file"]["size"] == len(gcpl)
    measurement = api.get(body["measurement"]["url"]).json()
    assert (measurement["state"], measurement["technique"]) == ("succeeded", "cycling")
    assert measurement["temperature"] == {"value": 80.0, "unit": "degC", "text": "80 degC"}
    assert measurement["rate"] == "0.05 C (1C = 180 mA/g)"
    assert measurement["sample"]["label"] == cell.code
    assert measurement["datasets"][0]["tables"][0]["rows"] == 132
    (run,) = [run for run in measurement["runs"] if run["kernel"] == "cycling.capacity"]
    detail = api.get(run["url"]).json()
    assert detail["state"] in {"succeeded", "failed"}
    assert detail["inputs"][0]["sha256"] == measurement["datasets"][0]["sha256"]
    assert {entry["parameter"]: entry["value"] for entry in detail["context_values"]}["active_mass"] == 2.10


def test_the_same_bytes_again_are_200_and_the_same(upload):
    first, again = upload(), upload(name="renamed.csv")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["file"]["id"] == again.json()["file"]["id"]
    assert first.json()["measurement"]["id"] == again.json()["measurement"]["id"]
    assert RawFile.objects.count() == 1


def test_for_another_subject_they_are_another_file(upload, project):
    other = factories.cell(project)
    first, second = upload(), upload(cell=other.code, project=project.slug)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["file"]["id"] != second.json()["file"]["id"]
    assert Blob.objects.filter(sha256=first.json()["file"]["sha256"]).count() == 1


def test_a_sample_that_is_no_cell_has_no_rate(upload, project):
    powder = factories.powder(project)
    body = rest.problem(upload(sample=powder.code, rate="0.1 mA"), 400)
    assert "no such field" in body["errors"]["rate"][0]
    assert upload(sample=powder.code).status_code == 201


@pytest.mark.parametrize(
    ("content", "name", "fields", "path", "words"),
    [
        (b"", "run.mpr", {}, "file", "empty (0 bytes)"),
        (BDF, "run.csv", {"technique": "tasting"}, "technique", "tasting"),
        (BDF, "run.csv", {"temperature": "700 kg"}, "temperature", "is a mass"),
        (BDF, "run.csv", {"temperature": "-300 degC"}, "temperature", "-273"),
        (BDF, "run.csv", {"rate": "0.05 kg"}, "rate", "not a current"),
        (BDF, "run.csv", {"rate": "50 %"}, "rate", "not a current"),
        (BDF, "run.csv", {"cell": "NOWHERE"}, "cell", "may see"),
        (BDF, "run.csv", {"cell": ""}, "sample", "Name the sample"),
        (BDF, "run.csv", {"measurement": "has no name"}, "measurement", "There is no measurement"),
        (BDF, "run.csv", {"measured_at": "yesterday"}, "measured_at", "format"),
        (BDF, "run.csv", {"lower_voltage": "4.3 V", "upper_voltage": "2.8 V"}, "record", "below the upper"),
        (BDF, "run.csv", {"options": '["x"]'}, "options", "object of texts"),
    ],
)
def test_wrong_input_is_refused_at_the_door_and_leaves_nothing(upload, content, name, fields, path, words):
    body = rest.problem(upload(content, name, **fields), 400)
    assert words in " ".join(body["errors"][path])
    assert (Measurement.objects.count(), RawFile.objects.count()) == (0, 0)


def test_a_request_without_a_file_says_so(api, cell):
    body = rest.problem(api.post("files/", {"cell": str(cell.pk)}, format="multipart"), 400)
    assert "file" in body["errors"]
    rest.problem(api.post("files/", {"cell": str(cell.pk)}), 415)


def test_files_that_cannot_be_read_say_why(upload, api, gcpl):
    for content, name, words in ((PNG, "run.mpr", "PNG"), (gcpl[: len(gcpl) // 3], "cut.mpr", "cut.mpr")):
        made = upload(content, name)
        assert made.status_code == 201
        measurement = api.get(made.json()["measurement"]["url"]).json()
        assert measurement["state"] == "failed"
        assert words in measurement["problems"][0]
        body = rest.problem(api.get(f"{measurement['url']}data/"), 409)
        assert body["detail"] == measurement["problems"][0]
        reading = api.get(made.json()["file"]["url"]).json()["reading"]
        assert reading["match_report"]["candidates"]


def test_a_table_waits_for_its_columns_and_is_read_again(upload, api, django_capture_on_commit_callbacks):
    made = upload(b"t;U;I\n" + b"".join(b"%d;%.3f;0.01\n" % (n, 3 + n / 100) for n in range(50)), "my.csv").json()
    file = api.get(made["file"]["url"]).json()
    assert file["reading"]["state"] == "failed"
    assert file["reading"]["proposal"]["columns"]
    mapping = {"columns": '{"test_time_second": "t", "voltage_volt": "U", "current_ampere": "I"}'}
    with django_capture_on_commit_callbacks(execute=True):
        again = api.post(f"{file['url']}read/", {"options": mapping})
    assert again.status_code == 202
    readings = api.get(f"{file['url']}readings/").json()
    assert len(readings) == 2
    assert readings[0]["options"] == mapping


def test_bytes_come_back_whole_and_in_ranges(upload, api):
    file = upload(name='ru"n ü.csv').json()["file"]
    whole = api.get(file["content"])
    assert b"".join(whole) == BDF
    assert whole["Content-Type"] == "application/octet-stream"
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert whole["Content-Disposition"].startswith("attachment")
    assert whole["Accept-Ranges"] == "bytes"
    assert whole["ETag"] == f'"{file["sha256"]}"'
    for asked, start, stop in (
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, len(BDF)),
        ("bytes=-7", len(BDF) - 7, len(BDF)),
        (f"bytes=5-{len(BDF) * 2}", 5, len(BDF)),
        (f"bytes=-{len(BDF) * 2}", 0, len(BDF)),
    ):
        part = api.get(file["content"], headers={"Range": asked})
        assert (part.status_code, b"".join(part)) == (206, BDF[start:stop]), asked
        assert part["Content-Range"] == f"bytes {start}-{stop - 1}/{len(BDF)}"
        assert part["Content-Length"] == str(stop - start)
    for asked in (f"bytes={len(BDF)}-", "bytes=-0"):
        beyond = api.get(file["content"], headers={"Range": asked})
        assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(BDF)}")
    for asked in ("bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-"):
        assert b"".join(api.get(file["content"], headers={"Range": asked})) == BDF
    assert api.get(file["content"], headers={"If-None-Match": whole["ETag"]}).status_code == 304
    changed = api.get(file["content"], headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (changed.status_code, b"".join(changed)) == (200, BDF)


def test_data_in_every_form(upload, api):
    url = f"{upload().json()['measurement']['url']}data/"
    body = b"".join(api.get(url))
    answer = json.loads(body)
    assert [column["name"] for column in answer["columns"]][:2] == ["test_time_second", "voltage_volt"]
    assert answer["columns"][1]["unit"] == "V"
    assert (answer["total_rows"], len(answer["rows"]), answer["thinned"]) == (500, 500, False)
    text = b"".join(api.get(f"{url}?columns=voltage_volt&format=csv&points=all")).decode()
    assert text.splitlines()[:2] == ["voltage_volt", "3.0"]
    assert len(text.splitlines()) == 501
    parquet = b"".join(api.get(f"{url}?columns=current_ampere,voltage_volt&format=parquet"))
    assert pq.read_table(io.BytesIO(parquet)).column_names == ["current_ampere", "voltage_volt"]
    arrow = b"".join(api.get(f"{url}?format=arrow&columns=voltage_volt"))
    assert pa.ipc.open_file(io.BytesIO(arrow)).read_all().num_rows == 500


def test_thinned_data_keeps_the_peak(upload, api):
    values = [3.0] * 9000
    values[4321] = 4.9
    content = b"test_time_second,voltage_volt,current_ampere\n" + b"".join(
        b"%d,%.3f,0.001\n" % (n, value) for n, value in enumerate(values)
    )
    url = f"{upload(content).json()['measurement']['url']}data/?columns=voltage_volt&format=csv"
    for points in ("", "&points=2000", "&points=100"):
        lines = b"".join(api.get(f"{url}{points}")).decode().splitlines()[1:]
        assert len(lines) <= 2000
        assert max(map(float, lines)) == 4.9


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("columns=voltage_volt,charm", "columns", "charm"),
        ("points=1", "points", "4 to"),
        ("points=many", "points", "word all"),
        ("format=xlsx", "format", "json, csv, parquet, arrow"),
        ("table=nothing", "table", "records"),
        ("dataset=7", "dataset", "no id"),
        ("cycles=one", "cycles", "1,2,50"),
        ("colums=voltage_volt", "colums", "columns"),
    ],
)
def test_wrong_questions_to_data_are_answered(upload, api, query, parameter, words):
    url = f"{upload().json()['measurement']['url']}data/"
    assert words in rest.problem(api.get(f"{url}?{query}"), 400)["errors"][parameter][0]


def test_files_of_closed_projects_are_not_there(upload, project):
    file = upload().json()["file"]
    people = rest.cast_of(project)
    for role, client in people.items():
        expected = {"anonymous": 401, "stranger": 404}.get(role, 200)
        for url in (file["url"], file["content"], f"{file['url']}readings/"):
            response = client.get(url)
            assert not response.streaming or b"".join(response) == BDF
            assert response.status_code == expected, (role, url)
        expected = {"anonymous": 401, "stranger": 404, "viewer": 403}.get(role, 202)
        assert client.post(f"{file['url']}read/", {}).status_code == expected, role
        if role != "anonymous":
            listed = [row["id"] for row in client.get("files/").json()["results"]]
            assert listed == ([] if role == "stranger" else [file["id"]])


def test_only_editors_upload(upload, project):
    for role, client in rest.cast_of(project).items():
        status = {"anonymous": 401, "stranger": 400, "viewer": 403}.get(role, (200, 201))
        assert upload(client=client).status_code in (status if isinstance(status, tuple) else (status,)), role


def test_measurements_are_changed_as_the_cell_tests_they_are(upload, api):
    url = upload().json()["measurement"]["url"]
    before = api.get(url)
    changed = api.patch(url, {"rate": "9 mA/g", "lower_voltage": 2.8}, headers={"If-Match": before["ETag"]})
    assert changed.status_code == 200, changed.content
    assert changed.json()["rate"] == "9 mA/g"
    assert changed.json()["lower_voltage"]["value"] == 2.8
    stale = rest.problem(api.patch(url, {"rate": "8 mA/g"}, headers={"If-Match": before["ETag"]}), 412)
    assert stale["current_version"] == changed.json()["version"]
    assert api.get(url).json()["rate"] == "9 mA/g"
    assert rest.problem(api.delete(url), 409)["detail"].startswith("Other records rest on it")


def test_a_measurement_can_stand_before_its_file(api, cell, project, upload):
    made = api.post("measurements/", {"cell": cell.code, "technique": "cycling", "temperature": "RT"})
    assert made.status_code == 201, made.content
    assert made.json()["temperature"] == {"value": None, "unit": "degC", "text": "RT"}
    assert made.json()["state"] == "empty"
    file = upload(measurement=made.json()["id"])
    assert file.json()["measurement"]["id"] == made.json()["id"]
    other = factories.cell(project)
    body = rest.problem(upload(measurement=made.json()["id"], cell=str(other.pk)), 400)
    assert other.code in body["errors"]["measurement"][0]


def test_steps_of_a_cell_test_are_written_and_replaced(api, cell):
    steps = [
        {"kind": "formation", "rate": "0.05 C (1C = 180 mA/g)", "cycles": 2},
        {"kind": "eis", "at_cycle": 50, "state_of_charge": "discharged"},
        {"kind": "rest", "duration": "30 min"},
    ]
    made = api.post("measurements/", {"cell": cell.code, "technique": "cycling", "steps": steps})
    assert made.status_code == 201, made.json()
    shown = made.json()["steps"]
    assert [step["kind"] for step in shown] == ["formation", "eis", "rest"]
    assert shown[2]["duration"] == {"value": 0.5, "unit": "h", "text": "30 min"}
    changed = api.patch(made.json()["url"], {"steps": steps[:1]})
    assert [step["kind"] for step in changed.json()["steps"]] == ["formation"]
    refused = api.post("measurements/", {"cell": cell.code, "steps": [{"kind": "rest", "duration": "5 kg"}]})
    assert refused.status_code == 400
    assert "5 kg" in str(refused.json())
