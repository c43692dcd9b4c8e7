"""Lists that the database writes are those that the serializers write, field by field, for everybody."""

import json
import math
import time

import pytest
from django.db.models import FloatField, Value
from django.db.models.functions import Cast
from django.test import TestCase
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIRequestFactory

from accounts import writing
from accounts.models import User
from analysis_tasks.models import Result
from analysis_tasks.services import enter_manually, report_value
from config.api_router import router
from core.listing_columns import Sql
from core.listing_columns import number as number_in_sql
from core.units import format_value
from custom.services import create_field
from measurements.models import FileReading, Measurement, TestStep
from measurements.services import create_measurement, receive_file
from notes.services import add_comment, attach
from samples.models import Instrument, Process, ProcessInput, Protocol, Publication, Sample, Term
from search.services import save_query
from tests import factories, rest

pytestmark = pytest.mark.django_db
LISTED = {prefix: view for prefix, view, _ in router.registry if getattr(view, "listing", None) is not None}
CYCLING = "\n".join(
    ["test_time_second,voltage_volt,current_ampere"]
    + [f"{n * 60},{3 + n % 100 / 100:.2f},{1e-5 if n // 100 % 2 == 0 else -1e-5:.6f}" for n in range(400)]
).encode()
NUMBERS = [0.0, 1.0, 12345.678, 1e-7, 0.12345, 2.5e9, 1 / 3, 1000000.0, 0.0012345]


@pytest.fixture(scope="module")
def project(lasting_db):
    """Records with everything that a field can hold, some tied to projects that a member does not see."""
    project, other = factories.project(), factories.project()
    owner = factories.owner_of(project)
    owner.first_name, owner.last_name = "Ada", "Lovelace"
    owner.save()
    term = Term.objects.create(vocabulary="morphology", label='MCG "fine" \\ µ')
    paper = Publication.objects.create(label="[45]", title='Ünïcode\n\t"quoted"', year=2021, doi="10.1/x")
    furnace = Instrument.objects.create(name="Furnace", kind="furnace", time_zone="Europe/Berlin", note="\x01\x1f")
    protocol = Protocol.objects.create(project=project, name="Co-sintering", revision=2, instructions="700 °C")
    for number, value in enumerate(NUMBERS):
        sample = Sample.objects.create(
            project=project,
            code=f"S-{number}",
            kind="sintered_body" if number % 2 else "powder",
            material=factories.material(),
            morphology=term,
            amount=value,
            thickness=f"{number + 1} mm",
            note='<b>&"\\',
            opened_on="2026-03-01",
        )
    for where in (project, other):
        hidden = Process.objects.create(project=where, kind="milling", name="" if where == other else "Mill")
        ProcessInput.objects.create(process=hidden, sample=sample, order=0)
    cell = factories.cell(project)
    conditions = {"rate": "0.05 C (1C = 180 mA/g)", "lower_voltage": "2800 mV", "upper_voltage": 4.3,
                  "temperature": "RT", "protocol": protocol, "instrument": furnace, "operator": owner}  # fmt: skip
    measured = create_measurement(actor=owner, subject=cell, technique="cycling", conditions=conditions)
    TestStep.objects.create(test=measured, order=1, kind="eis", at_cycle=50)
    TestStep.objects.create(test=measured, order=0, kind="rest", duration="12 h")
    create_measurement(actor=owner, subject=sample, conditions={"publication": paper, "temperature": 1 / 3})
    with TestCase.captureOnCommitCallbacks(execute=True):
        receive_file(actor=owner, subject=cell, name="a.csv", chunks=[CYCLING], measurement=measured)
        receive_file(actor=owner, subject=cell, name="b.bin", chunks=[b"\0 nothing"], measurement=measured)
        receive_file(actor=owner, subject=sample, name="c.csv", chunks=[CYCLING])
    report_value(
        actor=owner, subject=cell, quantity_key="initial_discharge_capacity", text="138.8", publication=paper,
        locator="Table S1, row 5", measurement=measured,
    )  # fmt: skip
    enter_manually(actor=owner, subject=cell, quantity_key="cycle_count", text="3", reason="counted", measurement=None)
    add_comment(cell, actor=owner, text='Grey, "cracked" \\ µ')
    attach(cell, actor=owner, name="scan.pdf", chunks=[b"%PDF"], description="of the label")
    create_field(actor=owner, project=project, on="sample", key="gap", label="Gap", kind="number", unit="mm")
    writing.change(sample, actor=owner, tags=['"wide"', "µ"], fields={"gap": "0.30 cm"})
    save_query(actor=owner, project=project, name="Good", text="active_mass > 1 mg", note='<b>&"')
    admin = factories.user("nameless", is_superuser=True)
    enter_manually(actor=admin, subject=cell, quantity_key="cycle_count", text="4", reason="again", measurement=None)
    assert set(FileReading.objects.values_list("state", flat=True)) == {"succeeded", "failed"}
    return project


def both(view, user, fields=None):
    """What the database writes, and what the serializers do."""
    request = APIRequestFactory().get("/")
    request.user = user
    records = view.queryset.visible_to(user).order_by("pk")
    written = json.loads(b"".join(view.listing.rows(records, request, fields)))
    context = {"request": request, "fields": fields}
    return written, json.loads(JSONRenderer().render(view.serializer_class(records, many=True, context=context).data))


@pytest.mark.parametrize("prefix", LISTED)
def test_both_outputs_are_equal(project, prefix):
    view = LISTED[prefix]
    for user in (factories.member(project, "viewer"), factories.admin()):
        written, serialized = both(view, user)
        assert len(written) == len(serialized) > 0
        for ours, theirs in zip(written, serialized, strict=True):
            assert list(ours) == list(theirs)
            assert ours == theirs


def written_by_the_database(value):
    told = Sql("to_jsonb({})", number_in_sql("given"))
    given = Cast(Value(value), FloatField())
    return User.objects.annotate(given=given, told=told).values_list("told", flat=True)[0]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-5, 1e7))
@example(-0.0)
@example(1.2345)
@example(9.9995)
@example(999.95)
@example(0.000999996)
@example(999999.7)
@example(-5e-324)
def test_the_database_writes_numbers_as_python_does(project, value):
    assert written_by_the_database(value) == format_value(value, "1")


@pytest.mark.parametrize("edge", [10.0**power for power in range(-4, 8)])
def test_numbers_beside_powers_of_ten(project, edge):
    for value in (math.nextafter(edge, 0), edge, math.nextafter(edge, 1e9), edge * 9.9995, -edge * 0.99995):
        assert written_by_the_database(value) == format_value(value, "1")


@pytest.mark.parametrize("prefix", LISTED)
def test_each_field_alone(project, prefix):
    user = factories.owner_of(project)
    for name in LISTED[prefix].listing.names:
        written, serialized = both(LISTED[prefix], user, [name])
        assert written == serialized


@pytest.mark.parametrize("prefix", LISTED)
def test_the_list_is_that_of_the_serializers_page_by_page(project, prefix, monkeypatch):
    api = rest.client(factories.owner_of(project))
    by_time = "created_at" in LISTED[prefix].ordering_fields
    asked = f"{prefix}/?page_size=2" + ("&ordering=-created_at" if by_time else "")
    written = api.get(asked).json()
    monkeypatch.setattr(LISTED[prefix], "listing", None)
    assert api.get(asked).json() == written
    assert len(written["results"]) <= 2


def test_an_unchanged_list_is_not_sent_again(project):
    api = rest.client(factories.owner_of(project))
    for prefix in ("samples", "cells", "runs", "projects"):
        tag = api.get(f"{prefix}/")["ETag"]
        again = api.get(f"{prefix}/", headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content) == (304, b"")
    factories.powder(project)
    assert api.get("samples/", headers={"If-None-Match": tag}).status_code == 200


def test_unknown_fields_are_refused_and_pages_end(project):
    api = rest.client(factories.owner_of(project))
    assert "No field x" in rest.problem(api.get("samples/?fields=code,x"), 400)["errors"]["fields"][0]
    assert rest.problem(api.get("samples/?page=99"), 404)
    first = api.get("results/?page_size=1").json()
    second = api.get(first["next"]).json()
    assert first["results"] != second["results"]
    assert api.get(second["previous"]).json()["results"] == first["results"]


def many(project, prefix):
    """A thousand rows of that list, by their manager."""
    owner, sample = factories.owner_of(project), Sample.objects.filter(project=project).first()
    rows = {
        "samples": lambda n: Sample(project=project, code=f"B-{n}", kind="powder", material=sample.material, note="x"),
        "processes": lambda n: Process(project=project, kind="milling", name=f"B-{n}", ratio_text="43:35:22"),
        "measurements": lambda n: Measurement(sample=sample, technique="xrd", note=f"B-{n}"),
        "results": lambda n: Result(
            subject=sample, quantity="porosity", value=n, unit="%", person=owner, reason=f"B-{n}", text=str(n)
        ),
    }[prefix]
    made = LISTED[prefix].queryset.model.objects.bulk_create(rows(n) for n in range(1000))
    return [row.pk for row in made]


@pytest.mark.parametrize("prefix", ["samples", "processes", "measurements", "results"])
def test_a_thousand_rows_by_the_database_cost_less_than_a_hundred_one_by_one(project, prefix):
    keys = many(project, prefix)
    client = rest.client(factories.owner_of(project))
    request = APIRequestFactory().get("/")
    request.user = client.handler._force_user
    view = LISTED[prefix]

    def seconds(work):
        start = time.thread_time()
        work()
        return time.thread_time() - start

    def by_the_database():
        assert b"".join(view.listing.rows(keys, request)).count(b"B-") >= 1000

    def one_by_one():
        assert all(client.get(f"{prefix}/{key}/").status_code == 200 for key in keys[:100])

    by_the_database()
    assert min(seconds(by_the_database) for _ in range(5)) < seconds(one_by_one)
