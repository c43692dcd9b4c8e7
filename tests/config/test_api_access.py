"""Who may do what by REST: every list, detail and write against every role, and what lists cost in queries."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from analysis_tasks.models import AnalysisRun, Campaign, Result
from analysis_tasks.services import enter_manually, report_value
from comparisons.services import add_row, create_comparison, freeze
from config.api_router import router
from custom.services import create_field
from measurements.models import RawFile
from measurements.services import receive_file
from notes.services import add_comment, attach
from samples.models import Instrument, Process, Protocol, Publication, Sample, Term
from search.services import save_query
from tests import factories, rest

pytestmark = pytest.mark.django_db
SCOPED = (
    "projects",
    "samples",
    "protocols",
    "processes",
    "cells",
    "files",
    "measurements",
    "runs",
    "results",
    "campaigns",
    "comparisons",
    "frozen-comparisons",
    "queries",
    "comments",
    "attachments",
    "project-fields",
)
LAB_WIDE = ("materials", "publications", "instruments", "vocabularies")
REGISTRIES = ("quantities", "kernels", "formats")
# Each person sees their own: tests/accounts/test_api_accounts.py, tests/measurements/test_api_uploads.py.
OWN_ONLY = ("auth/token", "uploads", "spreadsheets", "notices")
ADMINISTRATORS_ONLY = ("queues",)  # tests/core/test_queues.py
MOST_QUERIES = 16
READ = {"anonymous": 401, "stranger": 404, "viewer": 200, "editor": 200, "owner": 200, "admin": 200}
CHANGE = {"anonymous": 401, "stranger": 404, "viewer": 403, "editor": 200, "owner": 200, "admin": 200}
OWN = {**CHANGE, "editor": 403}
LAB_CHANGE = {"anonymous": 401, "stranger": 200, "viewer": 403, "editor": 200, "owner": 200, "admin": 200}
# The stranger owns a project of their own, so materials and the like are theirs to edit.


def cycling(seed=0):
    """Three cycles of charge and discharge at 10 µA as a Battery Data Format file."""
    lines = ["test_time_second,voltage_volt,current_ampere"]
    for n in range(600):
        half, place = divmod(n, 100)
        rising = half % 2 == 0
        voltage = 3.0 + place / 100 + seed / 1000 if rising else 4.0 - place / 100
        lines.append(f"{n * 60},{voltage:.4f},{1e-5 if rising else -1e-5:.6f}")
    return "\n".join(lines).encode()


def populate(project, size=1):
    """A project with everything in it, made through the services; `size` cells with a file each."""
    actor = factories.owner_of(project)
    publication = Publication.objects.get_or_create(label="[45]", defaults={"title": "A paper"})[0]
    comparison = create_comparison(actor=actor, project=project, slug=f"table-{project.slug}", title="Table")
    for number in range(size):
        cell = factories.cell(project)
        with TestCase.captureOnCommitCallbacks(execute=True):
            received = receive_file(actor=actor, subject=cell, name=f"run{number}.csv", chunks=[cycling(number)])
        add_row(comparison, actor=actor, cell=cell)
        add_comment(cell, actor=actor, text=f"Cell {number}")
        attach(cell, actor=actor, name=f"photo{number}.png", chunks=[f"photo {number}".encode()])
        report_value(
            actor=actor,
            subject=cell,
            quantity_key="initial_discharge_capacity",
            text="138.8",
            publication=publication,
            locator="Table S1, row 5",
            measurement=received.measurement,
        )
        enter_manually(
            actor=actor, subject=cell, quantity_key="cycle_count", text="3", reason="counted", measurement=None
        )
    freeze(comparison, actor=actor)
    Protocol.objects.create(project=project, name="Co-sintering", revision=1)
    save_query(actor=actor, project=project, name="Good cells", text="initial_discharge_capacity > 120 mAh/g")
    Campaign.objects.create(project=project, name="Once more", created_by=actor)
    create_field(actor=actor, project=project, on="cell", key="bench", label="Bench", kind="text")
    Instrument.objects.get_or_create(name="Furnace 1", defaults={"kind": "furnace"})
    Term.objects.get_or_create(vocabulary="morphology", label="MCG")
    return comparison


@pytest.fixture(scope="module")
def lab(lasting_db):
    project = factories.project()
    comparison = populate(project)
    people = rest.cast_of(project)
    listed = {prefix: people["owner"].get(f"{prefix}/").json()["results"] for prefix in (*SCOPED, *LAB_WIDE)}
    assert all(listed.values())
    return SimpleNamespace(project=project, comparison=comparison, people=people, listed=listed)


@pytest.mark.parametrize("prefix", SCOPED)
def test_what_a_list_hides_a_detail_hides_too(lab, prefix):
    rows = lab.listed[prefix]
    for role, client in lab.people.items():
        listed = client.get(f"{prefix}/")
        assert listed.status_code == (401 if role == "anonymous" else 200), role
        if role == "stranger":
            shown = {row["id"] for row in listed.json()["results"]}
            assert not shown & {row["id"] for row in rows}
            assert listed.json().get("count", 0) == len(shown)
        elif role != "anonymous":
            assert {row["id"] for row in rows} <= {row["id"] for row in listed.json()["results"]}
        for row in rows[:: len(rows) // 5 + 1]:
            assert client.get(row["url"]).status_code == READ[role], (role, row["url"])


@pytest.mark.parametrize("prefix", [*LAB_WIDE, *REGISTRIES])
def test_what_the_laboratory_shares_is_for_everybody_who_is_signed_in(lab, prefix):
    for role, client in lab.people.items():
        response = client.get(f"{prefix}/")
        assert response.status_code == (401 if role == "anonymous" else 200)
        if role != "anonymous":
            assert response.json()["count"] > 0


@pytest.mark.parametrize(
    ("prefix", "change", "expected"),
    [
        ("projects", {"description": "x"}, OWN),
        ("project-fields", {"description": "x"}, OWN),
        ("samples", {"note": "x"}, CHANGE),
        ("protocols", {"instructions": "x"}, CHANGE),
        ("processes", {"note": "x"}, CHANGE),
        ("cells", {"note": "x"}, CHANGE),
        ("measurements", {"note": "x"}, CHANGE),
        ("comparisons", {"caption": "x"}, CHANGE),
        ("queries", {"note": "x"}, CHANGE),
        ("materials", {"note": "x"}, LAB_CHANGE),
        ("publications", {"note": "x"}, LAB_CHANGE),
        ("instruments", {"note": "x"}, LAB_CHANGE),
        ("vocabularies", {"description": "x"}, LAB_CHANGE),
    ],
)
def test_who_may_change(lab, prefix, change, expected):
    url = lab.listed[prefix][0]["url"]
    for role, client in lab.people.items():
        before = lab.people["admin"].get(url).json()["version"]
        response = client.patch(url, change)
        assert response.status_code == expected[role], (role, response.content)
        after = lab.people["admin"].get(url).json()["version"]
        assert (after > before) == (expected[role] == 200), role


@pytest.mark.parametrize("prefix", ["files", "runs", "results", "frozen-comparisons"])
def test_what_never_changes_takes_no_writes(lab, prefix):
    for method in ("put", "patch", "delete"):
        url = lab.listed[prefix][0]["url"]
        assert rest.problem(getattr(lab.people["admin"], method)(url, {}), 405)


NEW = {
    "samples": {"code": "S-1", "kind": "powder"},
    "protocols": {"name": "Milling"},
    "processes": {"kind": "milling"},
    "cells": {"code": "C-1", "configuration": "NCM622/LLZTO/Li"},
    "comparisons": {"slug": "mine", "title": "Mine"},
    "queries": {"name": "mine", "text": "material:LLZTO"},
}


@pytest.mark.parametrize("prefix", NEW)
def test_who_may_add_to_a_project(lab, prefix):
    for number, (role, client) in enumerate(lab.people.items()):
        body = {**NEW[prefix], "project": lab.project.slug}
        for name in ("code", "name", "slug"):
            body = body | ({name: f"{body[name]}{number}"} if name in body else {})
        response = client.post(f"{prefix}/", body)
        # The stranger does not even learn that the project exists.
        expected = {"anonymous": 401, "stranger": 400, "viewer": 403}.get(role, 201)
        assert response.status_code == expected, (role, response.content)
        if expected == 201:
            assert response["ETag"] == '"1"' or prefix in {"cells", "processes"}
            assert client.get(response["Location"]).json()["created_by"] == response.json()["created_by"]


@pytest.mark.parametrize(
    ("prefix", "body"),
    [
        ("materials", {"name": "NCM811"}),
        ("publications", {"label": "[99]"}),
        ("instruments", {"name": "Mill", "kind": "mill"}),
        ("vocabularies", {"vocabulary": "atmosphere", "label": "argon"}),
    ],
)
def test_who_may_add_to_what_the_laboratory_shares(lab, prefix, body):
    name = "label" if "label" in body else "name"
    for number, (role, client) in enumerate(lab.people.items()):
        response = client.post(f"{prefix}/", {**body, name: f"{body[name]}{number}"})
        assert response.status_code == {**LAB_CHANGE, "stranger": 201, "editor": 201, "owner": 201, "admin": 201}[role]
        if response.status_code == 201:
            again = rest.problem(client.post(f"{prefix}/", {**body, name: f"{body[name]}{number}"}), 400)
            assert "already" in again["detail"]
            assert client.delete(response["Location"]).status_code == 204
            rest.problem(client.get(response["Location"]), 404)


def test_who_may_delete_and_what_protects_itself(lab):
    sample = Sample.objects.create(project=lab.project, code="SPARE", kind="powder")
    url = f"samples/{sample.pk}/"
    for role, client in lab.people.items():
        expected = {"anonymous": 401, "stranger": 404, "viewer": 403, "editor": 204}.get(role, 404)
        assert client.delete(url).status_code == expected, role
    used = Process.objects.filter(kind="co-sintering").first().inputs.first().sample
    body = rest.problem(lab.people["owner"].delete(f"samples/{used.pk}/"), 409)
    assert "process input" in body["detail"]
    assert Sample.objects.filter(pk=used.pk).exists()


def test_who_may_run_again(lab):
    run = AnalysisRun.objects.get(release__name="cycling.capacity")
    for role, client in lab.people.items():
        response = client.post(f"runs/{run.pk}/rerun/", {})
        assert response.status_code == {"anonymous": 401, "stranger": 404, "viewer": 403}.get(role, 201), role


def test_who_may_choose_rows_and_copy(lab):
    cell = factories.cell(lab.project)
    slug = lab.comparison.slug
    for number, (role, client) in enumerate(lab.people.items()):
        expected = {"anonymous": 401, "stranger": 404, "viewer": 403}.get(role, 201)
        made = client.post(f"comparisons/{slug}/rows/", {"cell": str(cell.pk)})
        assert made.status_code == expected, role
        if expected == 201:
            assert client.delete(f"comparisons/{slug}/rows/{made.json()['id']}/").status_code == 204
        for action in ("freeze", "shares"):
            assert client.post(f"comparisons/{slug}/{action}/", {}).status_code == expected, (role, action)
        copied = client.post(f"comparisons/{slug}/copy/", {"slug": f"copy-{number}"})
        assert copied.status_code == expected, role


def test_lists_cost_the_same_number_of_queries_at_any_length(lab):
    owner = lab.people["owner"]

    def cost(prefix):
        with CaptureQueriesContext(connection) as queries:
            rows = owner.get(f"{prefix}/?page_size=500").json()["results"]
        return len(queries), len(rows)

    short = {prefix: cost(prefix) for prefix in lab.listed}
    assert max(queries for queries, _ in short.values()) <= MOST_QUERIES
    for number in range(2):
        populate(factories.project(factories.owner_of(lab.project)), size=1 + number)
        factories.material(f"M{number}")
        Publication.objects.create(label=f"[{number}]")
        Instrument.objects.create(name=f"Mill {number}", kind="mill")
        Term.objects.create(vocabulary="atmosphere", label=f"gas {number}")
    for prefix, (queries, rows) in short.items():
        queries_then, rows_then = cost(prefix)
        assert rows_then > rows > 0, prefix
        assert queries_then == queries, prefix


def test_nothing_is_left_out_of_the_matrix(lab):
    assert {prefix for prefix, *_ in router.registry} == {
        *SCOPED,
        *LAB_WIDE,
        *REGISTRIES,
        *OWN_ONLY,
        *ADMINISTRATORS_ONLY,
    }
    assert RawFile.objects.exists()
    assert Result.objects.exists()
