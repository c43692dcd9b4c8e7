"""`Idempotency-Key`: sending a POST again does nothing twice, whatever it was and however it ended."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from core.idempotency import forget_answers
from core.models import KeptAnswer
from measurements.models import RawFile
from samples.models import Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def api(project):
    return rest.client(factories.member(project, "editor"))


def new(project, code="S-1"):
    return {"project": project.slug, "code": code, "kind": "powder"}


def test_the_second_request_is_answered_as_the_first_was(api, project):
    first = api.post("samples/", new(project), headers=KEY)
    again = api.post("samples/", new(project), headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert Sample.objects.count() == 1


def test_another_body_or_address_under_the_same_key_is_refused(api, project):
    api.post("samples/", new(project), headers=KEY)
    rest.problem(api.post("samples/", new(project, "S-2"), headers=KEY), 422)
    rest.problem(api.post("cells/", new(project), headers=KEY), 422)
    assert Sample.objects.count() == 1
    rest.problem(api.post("samples/", new(project, "S-3"), headers={"Idempotency-Key": "é" * 3}), 400)


def test_keys_are_one_s_own(api, project):
    api.post("samples/", new(project), headers=KEY)
    other = rest.client(factories.member(project, "editor"))
    assert other.post("samples/", new(project, "S-2"), headers=KEY).status_code == 201


def test_what_failed_may_be_tried_again_under_its_key(api, project):
    rest.problem(api.post("samples/", {**new(project), "amount": "3 V"}, headers=KEY), 400)
    assert api.post("samples/", {**new(project), "amount": "3 g"}, headers=KEY).status_code == 201
    rest.problem(
        api.post("samples/", [new(project, "S-2"), new(project, "S-1")], headers={"Idempotency-Key": "b"}), 400
    )
    assert Sample.objects.count() == 1


def test_uploads_are_compared_by_their_bytes(api, project):
    cell = factories.cell(project)

    def upload(content):
        file = SimpleUploadedFile("a.csv", content)
        return api.post("files/", {"file": file, "cell": str(cell.pk)}, format="multipart", headers=KEY)

    first = upload(b"x,y\n1,2\n")
    again = upload(b"x,y\n1,2\n")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["file"]["id"] == first.json()["file"]["id"]
    rest.problem(upload(b"x,y\n1,3\n"), 422)
    assert RawFile.objects.count() == 1


def test_answers_are_kept_for_a_day(api, project):
    api.post("samples/", new(project), headers=KEY)
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    rest.problem(api.post("samples/", new(project), headers=KEY), 400)  # it is done again, and exists
    assert forget_answers() == 1
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_time_one_waits_for_its_turn(project):
    api = rest.client(factories.member(project, "editor"))
    name = f"{api.handler._force_user.pk} one"
    locked, done = threading.Event(), threading.Event()

    def work():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
            locked.set()
            done.wait(20)
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
        connection.close()  # the server notices this later, so the lock was given back before

    first = threading.Thread(target=work)
    first.start()
    assert locked.wait(20)
    busy = api.post("samples/", new(project), headers=KEY)
    done.set()
    first.join()
    rest.problem(busy, 409)
    assert busy["Retry-After"] == "1"
    assert api.post("samples/", new(project), headers=KEY).status_code == 201
