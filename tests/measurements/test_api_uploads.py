"""Resumable uploads as tus 1.0 wants them: cut, gone on with, checked, refused, and forgotten."""

import base64
import hashlib
import http.client
import os
import socket
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from accounts.services import create_token
from measurements.models import RawFile, Upload
from measurements.services import uploads
from measurements.store import open_blob
from measurements.tasks import forget_expired_uploads
from tests import factories, rest

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"
CONTENT = b"test_time_second,voltage_volt,current_ampere\n" + b"".join(
    f"{n * 60},{3 + n % 100 / 100:.2f},{1e-5 if n // 100 % 2 == 0 else -1e-5:.6f}\n".encode() for n in range(400)
)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cell():
    return factories.cell(factories.project())


@pytest.fixture
def api(cell):
    return rest.client(factories.member(cell.project, "editor"))


def metadata(**texts):
    return ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in texts.items())


def start(api, measured, length=None, **texts):
    said = metadata(**{"filename": "a.csv", "cell": str(measured.pk), **texts})
    return api.post("uploads/", headers={**TUS, "Upload-Length": str(length or len(CONTENT)), "Upload-Metadata": said})


def send(api, url, offset, content, **headers):
    return api.patch(url, content, content_type=PIECE, headers={**TUS, "Upload-Offset": str(offset), **headers})


def checksum(content):
    return {"Upload-Checksum": f"sha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}"}


def test_what_the_server_offers(api):
    answer = api.options("uploads/")
    assert answer.status_code == 204
    assert (answer["Tus-Version"], answer["Tus-Resumable"]) == ("1.0.0", "1.0.0")
    assert "creation-with-upload" in answer["Tus-Extension"]
    assert int(answer["Tus-Max-Size"]) > 20 * 10**9


def test_a_file_in_three_pieces_becomes_a_measurement(api, cell, django_capture_on_commit_callbacks):
    made = start(api, cell, technique="cycling", rate="0.1 mA", temperature="60 degC")
    assert (made.status_code, made["Upload-Offset"]) == (201, "0")
    url = made["Location"]
    for place in (0, 3000):
        answer = send(api, url, place, CONTENT[place : place + 3000])
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(place + 3000))
        assert "Upload-Expires" in answer
    with django_capture_on_commit_callbacks(execute=True):
        assert send(api, url, 6000, CONTENT[6000:])["Upload-Offset"] == str(len(CONTENT))
    upload = api.get(url).json()
    assert (upload["offset"], upload["length"]) == (len(CONTENT), len(CONTENT))
    measurement = api.get(upload["measurement"]).json()
    assert (measurement["technique"], measurement["rate"], measurement["state"]) == ("cycling", "0.1 mA", "succeeded")
    assert measurement["temperature"]["value"] == 60
    file = RawFile.objects.get()
    with open_blob(file.blob) as stored:
        assert stored.read() == CONTENT
    assert not uploads.spool_of(Upload.objects.get()).exists()
    assert send(api, url, len(CONTENT), b"").status_code == 204  # the last answer was lost, say
    assert api.delete(url, headers=TUS).status_code == 204
    assert RawFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_at_60_percent_is_gone_on_with(live_server, settings):
    cell = factories.cell(factories.project())
    person = factories.owner_of(cell.project)
    content = os.urandom(3_000_000)
    address = urlsplit(live_server.url)
    who = {**TUS, "Authorization": f"Token {create_token(user=person, name='tus')[1]}"}

    def ask(method, path, body=b"", **headers):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.request(method, path, body, {**who, **headers})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    said = metadata(filename="big.bin", sample=str(cell.pk))
    made = ask("POST", "/api/v1/uploads/", **{"Upload-Length": str(len(content)), "Upload-Metadata": said})
    path = urlsplit(made.headers["Location"]).path
    sent = int(0.6 * len(content))
    head = {**who, "Host": address.netloc, "Content-Type": PIECE, "Upload-Offset": "0", "Content-Length": len(content)}
    with socket.create_connection((address.hostname, address.port)) as broken:
        lines = [f"PATCH {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        broken.sendall("\r\n".join(lines).encode() + content[:sent])
    deadline = time.monotonic() + 30
    while (offset := int(ask("HEAD", path).headers["Upload-Offset"])) < sent and time.monotonic() < deadline:
        time.sleep(0.05)
    assert offset == sent
    while (
        answer := ask("PATCH", path, content[offset:], **{"Content-Type": PIECE, "Upload-Offset": str(offset)})
    ).status == 423:
        time.sleep(0.05)
    assert answer.status == 204
    assert RawFile.objects.get().blob_id == hashlib.sha256(content).hexdigest()


def test_bytes_may_come_with_the_first_request_and_a_checksum_guards_them(api, cell):
    said = {**TUS, "Upload-Length": "10", "Upload-Metadata": metadata(filename="a", cell=str(cell.pk))}
    made = api.post("uploads/", b"01234", content_type=PIECE, headers={**said, **checksum(b"01234")})
    assert (made.status_code, made["Upload-Offset"]) == (201, "5")
    wrong = send(api, made["Location"], 5, b"56789", **checksum(b"5678X"))
    rest.problem(wrong, 460)
    assert api.head(made["Location"], headers=TUS)["Upload-Offset"] == "5"
    assert send(api, made["Location"], 5, b"56789", **checksum(b"56789")).status_code == 204
    assert RawFile.objects.get().blob.size == 10


def test_two_at_once_and_wrong_places_are_refused(api, cell):
    url = start(api, cell)["Location"]
    send(api, url, 0, CONTENT[:100])
    with uploads.at_the_end_of(Upload.objects.get()):
        busy = send(api, url, 100, CONTENT[100:200])
    rest.problem(busy, 423)
    answer = send(api, url, 99, CONTENT[99:200])
    rest.problem(answer, 409)
    assert answer["Upload-Offset"] == "100"
    rest.problem(send(api, url, 100, CONTENT[100:] + b"x"), 413)
    assert api.head(url, headers=TUS)["Upload-Offset"] == "100"
    rest.problem(api.patch(url, b"x", content_type="text/plain", headers={**TUS, "Upload-Offset": "100"}), 415)


@pytest.mark.parametrize(
    ("length", "texts", "status"),
    [
        ("00", {}, 400),
        ("x", {}, 400),
        (str(10**17), {}, 413),
        ("5", {"cell": "no such"}, 400),
        ("5", {"temperature": "5 kg"}, 400),
        ("5", {"colour": "red"}, 400),
        ("5", {"options": "{"}, 400),
        ("5", {"filename": ""}, 400),
    ],
)
def test_what_cannot_become_a_file_is_refused_before_a_byte_is_sent(api, cell, length, texts, status):
    rest.problem(start(api, cell, length, **texts), status)
    assert not Upload.objects.exists()


def test_another_version_of_the_protocol_is_refused(api, cell):
    answer = api.post("uploads/", headers={"Upload-Length": "5", "Upload-Metadata": metadata(filename="a")})
    rest.problem(answer, 412)
    assert answer["Tus-Version"] == "1.0.0"


def test_an_upload_is_its_sender_s_alone(api, cell):
    url = start(api, cell)["Location"]
    for person in (factories.owner_of(cell.project), factories.admin(), factories.user()):
        other = rest.client(person)
        assert other.get(url).status_code == 404
        rest.problem(send(other, url, 0, CONTENT), 404)
        rest.problem(other.delete(url, headers=TUS), 404)
        assert other.get("uploads/").json()["count"] == 0
    assert rest.client().get(url).status_code == 401
    assert api.get("uploads/").json()["results"][0]["name"] == "a.csv"
    viewer = rest.client(factories.member(cell.project, "viewer"))
    answer = start(viewer, cell, 5)
    assert send(viewer, answer["Location"], 0, b"12345").status_code == 403
    spool = uploads.spool_of(Upload.objects.filter(name="a.csv").order_by("created_at")[0])
    assert (spool.stat().st_mode & 0o777, spool.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_what_nobody_goes_on_with_is_forgotten(api, cell):
    url = start(api, cell)["Location"]
    send(api, url, 0, CONTENT[:10])
    upload = Upload.objects.get()
    orphan = uploads.upload_folder() / "0b5c0000-0000-4000-8000-000000000000"
    orphan.write_bytes(b"x")
    os.utime(orphan, (0, 0))
    forget_expired_uploads()
    assert uploads.spool_of(upload).exists()
    assert not orphan.exists()
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    rest.problem(api.get(url), 404)
    forget_expired_uploads()
    assert not Upload.objects.exists()
    assert not uploads.spool_of(upload).exists()


def test_an_idempotency_key_opens_one_upload(api, cell):
    said = metadata(filename="a.csv", cell=str(cell.pk))
    headers = {**TUS, "Upload-Length": "9", "Upload-Metadata": said, "Idempotency-Key": "k"}
    assert api.post("uploads/", headers=headers)["Location"] == api.post("uploads/", headers=headers)["Location"]
    rest.problem(api.post("uploads/", headers={**headers, "Upload-Length": "8"}), 422)
    assert Upload.objects.count() == 1
