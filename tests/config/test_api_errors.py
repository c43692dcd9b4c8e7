"""What a person reads who typed something wrong into a request: each answer says what would have been right."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client as Browser

from accounts.dependants import name_dependants
from core.asked import meant
from tests import factories
from tests.rest import client, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(project):
    return client(factories.owner_of(project))


def test_a_field_that_does_not_exist_is_refused_and_nothing_is_stored(api, project):
    body = {"project": project.slug, "code": "P-1", "kind": "powder", "ammount": "3 g", "colour": "red"}
    errors = problem(api.post("samples/", body), 400)["errors"]
    assert errors["ammount"] == ["There is no such field; did you mean amount?"]
    assert "there are project, code, name, kind" in errors["colour"][0]
    assert api.get("samples/?code=P-1").json()["count"] == 0


def test_what_was_read_is_taken_with_all_its_fields(api, project):
    sample = api.post("samples/", {"project": project.slug, "code": "P-1", "kind": "powder"}).json()
    assert api.put(sample["url"], sample).json()["version"] == 2


@pytest.mark.parametrize(
    ("path", "body", "field", "said"),
    [
        ("processes/", {"kind": "mixing", "inputs": [{"material": "LBO", "mass": "2 g"}]}, "inputs.0.mass", "planned"),
        ("processes/", {"kind": "mixxing"}, "kind", '"mixxing" is not offered; did you mean mixing or milling?'),
        ("samples/", {"code": "P-1"}, "kind", "Needed: one of powder, mixture, green_body"),
        ("auth/token/", {"username": "a", "password": "b", "expires": "2026-12-01"}, "expires", "mean expires_at?"),
        ("auth/token/", {"username": "a", "password": "b", "scopes": ["reed"]}, "scopes.0", "did you mean read?"),
    ],
)
def test_what_was_meant_is_said(api, project, path, body, field, said):
    factories.material("LBO")
    named = {"project": project.slug} if path != "auth/token/" else {}
    assert said in problem(api.post(path, {**named, **body}), 400)["errors"][field][0]


@pytest.mark.parametrize(
    ("address", "field", "said"),
    [
        ("samples/?kind=powdr", "kind", '"powdr" is not offered; there are powder, mixture'),
        ("samples/?created_at=2026", "created_at", "No such parameter; did you mean created_after"),
        ("runs/?state=ended", "state", "there are queued, running"),
    ],
)
def test_filters_say_what_there_is(api, address, field, said):
    assert said in problem(api.get(address), 400)["errors"][field][0]


def test_an_unknown_name_among_many_is_answered_with_all_of_them():
    assert meant("ammount", ["amount", "code"]) == "did you mean amount?"
    assert meant("colour", ["amount", "code"]) == "there are amount, code."
    assert meant("x", []) == "there are none here."


def test_a_field_is_named_once(api, project):
    body = {"project": project.slug, "code": "P-1", "kind": "powder", "thickness": "3 V"}
    assert problem(api.post("samples/", body), 400)["detail"].startswith('thickness: "3 V" is a voltage')


def test_a_page_behind_the_last_names_the_last(api):
    assert problem(api.get("samples/?page=9"), 404)["detail"] == "There is no such page; the last one is 1."


def test_who_is_not_signed_in_learns_how(api):
    answer = client().get("samples/")
    assert "POST auth/token/" in problem(answer, 401)["detail"]
    assert answer["WWW-Authenticate"] == "Token"


def test_a_body_of_another_kind_is_answered_with_the_right_one(api):
    assert problem(api.post("files/", "cell=C", content_type="text/plain"), 415)["detail"].endswith(
        "send Content-Type: multipart/form-data."
    )
    assert "the header Allow" in problem(api.put("samples/", {}), 405)["detail"]


def test_a_request_that_is_too_large_is_not_read(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
    said = problem(api.post("samples/", {"note": "x" * (1 << 20)}), 413)["detail"]
    assert said == "A request without files holds at most 1 MiB; send fewer records at once."
    assert problem(client().post("auth/token/", {"password": "x" * (1 << 20)}), 413)["detail"] == said


def test_an_address_that_leads_nowhere_is_a_problem_below_the_api_and_a_page_elsewhere():
    browser = Browser()
    answer = browser.get("/api/v1/samples/P-1/")
    assert "samples/?code=" in problem(answer, 404)["detail"]
    assert browser.get("/nowhere/")["Content-Type"].startswith("text/html")


def test_a_request_without_the_last_slash_is_sent_again_as_it_was(api):
    answer = api.post("materials", {"name": "LATP"})
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/materials/")


def test_the_numbers_of_results_are_numbers_in_parquet(api):
    schema = pq.read_schema(io.BytesIO(b"".join(api.get("results/?format=parquet").streaming_content)))
    assert [schema.field(name).type for name in ("value", "uncertainty")] == [pa.float64(), pa.float64()]
    assert schema.field("version").type == pa.int64()
    assert schema.field("unit").type == pa.string()


def test_what_rests_on_a_record_is_named_where_the_person_may_see_it(api, project):
    open_one = factories.powder(project, "LATP")
    closed_one = factories.powder(factories.project(), "LATP")
    said = problem(api.delete(f"materials/{open_one.material_id}/"), 409)["detail"]
    assert f"Other records rest on it: sample {open_one.code}, 1 that you may not see. Remove these first" in said
    assert closed_one.code not in said


def test_a_part_is_named_by_what_it_belongs_to(project):
    process = factories.composite(project).production.process
    rows = list(process.inputs.all())
    assert name_dependants(rows, factories.owner_of(project)) == f"process input of process {process}"
    assert name_dependants(rows, factories.owner_of(factories.project())) == f"{len(rows)} that you may not see"
