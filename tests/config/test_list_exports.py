"""Every list as CSV and Parquet: all rows that the filters let through, typed, and safe in a spreadsheet."""

import csv
import io

import pyarrow.parquet as pq
import pytest
from django.test import TestCase

from accounts import writing
from accounts.services import invite
from comparisons.services import create_comparison, share
from config.api_router import router
from measurements.services import receive_file
from samples.models import Cell, Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db
MANY = 1234
LISTS = [prefix for prefix, view, _ in router.registry if getattr(view, "list_formats", ()) and prefix != "queues"]


def content(response):
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def rows_of(response):
    return list(csv.DictReader(io.StringIO(content(response).decode())))


@pytest.fixture
def project():
    project = factories.project()
    factories.cell(project)
    Sample.objects.create(project=project, code="F", kind="powder", name="=1+1", note='a "b",\nc', supplier="-5")
    return project


@pytest.fixture
def many(project):
    """More samples than go in one piece."""
    material = factories.material()
    Sample.objects.bulk_create(
        Sample(project=project, code=f"B-{n:04}", kind="powder", material=material, amount=n / 7, simulated=n % 2)
        for n in range(MANY)
    )


@pytest.fixture
def api(project):
    return rest.client(factories.member(project, "viewer"))


def test_every_row_is_in_the_csv_and_filters_apply(api, many):
    rows = rows_of(api.get("samples/?format=csv&kind=powder&search=B-&ordering=code&page_size=10"))
    assert [row["code"] for row in rows] == [f"B-{n:04}" for n in range(MANY)]
    assert rows[7]["amount"] == "1.0" or float(rows[7]["amount"]) == 1.0
    assert (rows[7]["amount_unit"], rows[7]["amount_text"], rows[7]["material"]) == ("g", "1 g", "NCM622")
    assert rows[7]["simulated"] == "True"
    few = rows_of(api.get("samples/?format=csv&fields=code,amount&amount_min=140 g"))
    assert list(few[0]) == ["code", "amount", "amount_unit", "amount_text"]
    assert len(few) == MANY - 140 * 7


def test_a_spreadsheet_takes_no_text_for_a_formula(api):
    (row,) = rows_of(api.get("samples/?format=csv&code=F"))
    assert (row["name"], row["supplier"], row["note"]) == ("'=1+1", "-5", 'a "b",\nc')


def test_parquet_has_types_and_units(api, many):
    table = pq.read_table(io.BytesIO(content(api.get("samples/?format=parquet&search=B-&ordering=code"))))
    assert table.num_rows == MANY
    assert table["amount"].to_pylist()[:8:7] == [0.0, 1.0]
    assert table.schema.field("amount").metadata[b"unit"] == b"g"
    assert str(table.schema.field("created_at").type) == "timestamp[us, tz=UTC]"
    assert table["simulated"].to_pylist()[:2] == [False, True]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("prefix", LISTS)
def test_every_list_has_both(api, prefix, form):
    listed = api.get(f"{prefix}/").json()
    sent = content(api.get(f"{prefix}/?format={form}"))
    total = listed.get("count", len(listed["results"]))
    rows = list(csv.DictReader(io.StringIO(sent.decode()))) if form == "csv" else pq.read_table(io.BytesIO(sent))
    assert len(rows) == total


def test_no_list_is_left_out():
    assert {prefix for prefix, _, _ in router.registry} - set(LISTS) == {"queues"}  # for administrators


def test_the_tables_of_what_the_server_knows_hold_the_same_as_json(api):
    sent = rows_of(api.get("quantities/?format=csv&search=temperature"))
    listed = api.get("quantities/?search=temperature").json()["results"]
    assert [(row["key"], row["unit"]) for row in sent] == [(row["key"], row["unit"]) for row in listed]
    assert len(sent) > 1
    lines = rows_of(rest.client(factories.admin()).get("queues/?format=csv"))
    assert [line["name"] for line in lines] == ["interactive", "bulk"]
    assert "no such parameter" in rest.problem(api.get("quantities/?fields=key"), 400)["detail"].lower()


def test_nobody_gets_what_they_may_not_see(project):
    stranger = rest.client(factories.owner_of(factories.project()))
    assert rows_of(stranger.get("samples/?format=csv")) == []
    rest.problem(rest.client().get("samples/?format=csv"), 401)
    assert "csv" in rest.problem(stranger.get("samples/?format=xls"), 400)["errors"]["format"][0]


@pytest.fixture
def nested(project):
    """Addresses of the lists that belong to records, and a client who may read them all."""
    owner = factories.owner_of(project)
    invite(actor=owner, project=project, role="viewer", email="ada@example.org")
    cell = Cell.objects.get(project=project)
    writing.change(cell, actor=owner, tags=["wide", "=1+1"])
    with TestCase.captureOnCommitCallbacks(execute=True):
        file = receive_file(actor=owner, subject=cell, name="a.csv", chunks=[b"\0 nothing"]).file
    table = create_comparison(actor=owner, project=project, slug=f"{project.slug}-table", title="T")
    share(table, actor=owner, name="Referee")
    of_project = [f"projects/{project.slug}/{name}/" for name in ("members", "invitations", "tags", "history")]
    return rest.client(owner), [*of_project, f"files/{file.pk}/readings/", f"comparisons/{table.slug}/shares/"]


def test_lists_that_belong_to_a_record_hold_the_same_in_every_form(nested):
    api, addresses = nested
    for address in addresses:
        listed = api.get(address).json()
        rows = listed["results"] if isinstance(listed, dict) else listed
        sent = rows_of(api.get(f"{address}?format=csv"))
        table = pq.read_table(io.BytesIO(content(api.get(f"{address}?format=parquet"))))
        assert len(sent) == table.num_rows == len(rows) > 0
        assert list(sent[0]) == table.column_names == list(rows[0])
        for name in ("user", "role", "email", "tag", "state", "name", "number"):
            if name in rows[0]:
                assert table[name].to_pylist() == [row[name] for row in rows]
                assert [row[name].lstrip("'") for row in sent] == [str(row[name]) for row in rows]
        assert "csv" in rest.problem(api.get(f"{address}?format=xls"), 400)["errors"]["format"][0]


def test_lists_that_belong_to_a_record_are_closed_in_every_form(nested, api):
    _, addresses = nested
    stranger = rest.client(factories.owner_of(factories.project()))
    for address in addresses:
        rest.problem(stranger.get(f"{address}?format=csv"), 404)
        rest.problem(rest.client().get(f"{address}?format=parquet"), 401)
    for address in addresses:
        if "invitations" in address or "shares" in address:
            rest.problem(api.get(f"{address}?format=csv"), 403)
