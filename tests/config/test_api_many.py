"""Many records in one request: all or none, every wrong row named, at every list that takes writes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from samples.models import Material, Process, Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    factories.material("NCM622")
    return factories.project()


@pytest.fixture
def api(project):
    return rest.client(factories.member(project, "editor"))


def new(project, code, **fields):
    return {"project": project.slug, "code": code, "kind": "powder", **fields}


def test_a_list_creates_all_in_its_order(api, project):
    response = api.post("samples/", [new(project, f"S-{n}", amount=f"{n + 1} g", material="NCM622") for n in range(20)])
    assert response.status_code == 201
    assert [row["code"] for row in response.json()] == [f"S-{n}" for n in range(20)]
    assert response.json()[4]["amount"]["text"] == "5 g"
    assert Sample.objects.count() == 20


def test_wrong_rows_are_all_named_and_nothing_is_stored(api, project):
    rows = [
        new(project, "S-1"),
        new(project, "s-1"),
        new(project, "S-2", amount="3 V"),
        new(project, "S-3"),
        "S-4",
        new(project, "S-5", material="Unobtainium"),
    ]
    body = rest.problem(api.post("samples/", rows), 400)
    assert [row["row"] for row in body["rows"]] == [1, 2, 4, 5]
    assert body["detail"].startswith("4 of 6 rows are wrong, so nothing was stored. Row 1: A sample with this code")
    assert set(body["errors"]) == {"1.record", "2.amount", "4.record", "5.material"}
    assert "mass" in body["errors"]["2.amount"][0]
    assert not Sample.objects.exists()


def test_a_row_may_refer_to_one_before_it(api, project):
    made = api.post("samples/", [new(project, "P-1"), new(project, "P-2")]).json()
    steps = [
        {"project": project.slug, "kind": "mixing", "inputs": [{"sample": "P-1"}, {"sample": "P-2"}],
         "outputs": [{"code": "M-1", "kind": "mixture"}]},
        {"project": project.slug, "kind": "co-sintering", "inputs": [{"sample": "M-1"}],
         "outputs": [{"code": "CC-1", "kind": "composite_cathode"}]},
    ]  # fmt: skip
    response = api.post("processes/", steps)
    assert response.status_code == 201, response.content
    assert response.json()[1]["inputs"][0]["sample"]["id"] == response.json()[0]["outputs"][0]["sample"]["id"]
    assert Process.objects.count() == 2
    assert len(made) == 2


def test_changes_carry_versions_and_a_stale_one_stops_all(api, project):
    first, second = api.post("samples/", [new(project, "S-1"), new(project, "S-2")]).json()
    api.patch(first["url"], {"note": "meanwhile"})
    rows = [{"id": second["id"], "version": 1, "note": "x"}, {"id": first["id"], "version": 1, "note": "y"}]
    body = rest.problem(api.patch("samples/", rows), 412)
    assert [(row["row"], row["current_version"], row["expected_version"]) for row in body["rows"]] == [(1, 2, 1)]
    assert Sample.objects.get(code="S-2").note == ""
    rows[1]["version"] = 2
    response = api.patch("samples/", rows)
    assert [(row["code"], row["note"], row["version"]) for row in response.json()] == [("S-2", "x", 2), ("S-1", "y", 3)]


def test_what_is_hidden_or_not_yours_stops_all(api, project):
    other = factories.project()
    hidden = factories.powder(other)
    seen = factories.project()
    looked_at = factories.powder(seen)
    person = factories.member(seen, "viewer")
    project.memberships.create(user=person, role="editor")
    own = factories.powder(project)
    rows = [{"id": str(sample.pk), "note": "x"} for sample in (own, hidden, looked_at, own)]
    body = rest.problem(rest.client(person).patch("samples/", rows), 400)
    assert [(row["row"], row["status"]) for row in body["rows"]] == [(1, 404), (2, 403), (3, 400)]
    assert hidden.code not in str(body)
    assert not Sample.objects.filter(note="x").exists()
    rest.problem(rest.client().post("samples/", rows), 401)
    rest.problem(rest.client(factories.owner_of(other)).patch("samples/", [rows[0]]), 404)


def test_deleting_is_all_or_nothing_too(api, project):
    spare = [factories.powder(project) for _ in range(3)]
    composite = factories.composite(project)
    rows = [{"id": str(sample.pk)} for sample in (*spare, composite)]
    body = rest.problem(api.delete("samples/", rows), 409)
    assert [row["row"] for row in body["rows"]] == [3]
    assert "process output" in body["detail"]
    assert Sample.objects.filter(pk__in=[sample.pk for sample in spare]).count() == 3
    rest.problem(api.delete("samples/", [{**rows[0], "note": "x"}]), 400)
    assert api.delete("samples/", rows[:3]).status_code == 204
    assert not Sample.objects.filter(pk__in=[sample.pk for sample in spare]).exists()


def test_what_the_laboratory_shares_takes_lists_as_well(api):
    assert api.post("materials/", [{"name": "NCM811"}, {"name": "LCO"}]).status_code == 201
    stranger = rest.client(factories.user())
    assert rest.problem(stranger.post("materials/", [{"name": "X"}]), 403)
    assert rest.problem(stranger.delete("materials/", [{"id": str(Material.objects.first().pk)}]), 403)


@pytest.mark.parametrize("rows", [[], {}, "x", [{}] * 1001, [1, None], [{"id": 5}], [{"id": "x", "version": "1"}]])
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_strange_body_is_refused_in_words(api, method, rows):
    assert "row" in rest.problem(getattr(api, method)("samples/", rows), 400)["detail"].lower() or rows in ([], {}, "x")


def test_one_query_reads_the_records_of_all_rows(api, project):
    def queries(number):
        rows = [{"id": str(factories.powder(project).pk), "note": "x"} for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            assert api.patch("samples/", rows).status_code == 200
        return sum('"samples_sample"."id" IN (' in query["sql"] for query in captured.captured_queries)

    assert queries(1) == queries(5) == 2  # before the change and after it
