"""Tags and project fields: typed, with units, in REST, filters, search, exports, pages, admin and history."""

import csv
import io

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import writing
from core.history import history_of
from core.models import AuditEvent
from custom.models import ProjectField
from custom.services import change_field, create_field, rename_tag
from custom.values import ValueRefused, normalised
from tests import admin_pages, factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return factories.project()


@pytest.fixture
def owner(project):
    return factories.owner_of(project)


@pytest.fixture
def humidity(project, owner):
    return create_field(
        actor=owner, project=project, on="sample", key="humidity", label="Humidity", kind="number", unit="%"
    )


def browser(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    ("values", "given", "kept"),
    [
        ({"kind": "number", "unit": "mm"}, "0.5 cm", {"value": 5.0, "unit": "mm", "text": "0.5 cm"}),
        (
            {"kind": "number", "quantity": "temperature"},
            "973.15 K",
            {"value": 700.0, "unit": "degC", "text": "973.15 K"},
        ),
        ({"kind": "number"}, 3, {"value": 3.0, "unit": "", "text": "3"}),
        ({"kind": "text"}, " grey ", "grey"),
        ({"kind": "choice", "choices": ["Argon", "air"]}, "argon", "Argon"),
        ({"kind": "date"}, "2026-03-01", "2026-03-01"),
        ({"kind": "yes_no"}, "Yes", True),
        ({"kind": "yes_no"}, False, False),
        ({"kind": "link"}, "https://example.org/1", "https://example.org/1"),
        ({"kind": "text"}, "  ", None),
    ],
)
def test_values_are_kept_as_their_kind_says(values, given, kept):
    found = normalised(ProjectField(label="It", **values), given)
    assert found == (pytest.approx(kept) if isinstance(kept, float) else kept)


@pytest.mark.parametrize(
    ("values", "given", "why"),
    [
        ({"kind": "number", "unit": "mm"}, "3 kg", "mm"),
        ({"kind": "number", "quantity": "active_mass"}, "-3 mg", "cannot be"),
        ({"kind": "choice", "choices": ["argon", "air"]}, "steam", "none of argon, air"),
        ({"kind": "date"}, "1.3.2026", "2026-03-01"),
        ({"kind": "yes_no"}, "perhaps", "neither yes nor no"),
        ({"kind": "link"}, "javascript:alert(1)", "https://"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(values, given, why):
    with pytest.raises(ValueRefused, match=why):
        normalised(ProjectField(label="It", **values), given)


def test_owners_define_fields_and_values_hold_them_fast(project, owner, humidity):
    people = rest.cast_of(project)
    body = {"project": project.slug, "on": "sample", "key": "colour", "label": "Colour", "kind": "text"}
    for role, client in people.items():
        expected = {"anonymous": 401, "stranger": 400, "viewer": 403, "editor": 403, "owner": 201, "admin": 400}[role]
        answer = client.post("project-fields/", body)
        assert answer.status_code == expected, (role, answer.content)
    api = people["owner"]
    for wrong in (
        {"kind": "choice"},
        {"kind": "text", "unit": "mm"},
        {"kind": "number", "unit": "blorps"},
        {"key": "A b"},
    ):
        rest.problem(api.post("project-fields/", {**body, "key": "other", **wrong}), 400)
    sample = factories.powder(project)
    url = f"samples/{sample.pk}/"
    assert api.patch(url, {"fields": {"humidity": "31 %"}}).json()["fields"]["humidity"]["text"] == "31 %"
    field = f"project-fields/{humidity.pk}/"
    assert "retire" in rest.problem(api.delete(field), 400)["detail"]
    assert "1 records" in rest.problem(api.patch(field, {"unit": "1"}), 400)["detail"]
    assert api.patch(field, {"retired": True, "label": "Humidity of the room"}).status_code == 200
    assert api.patch(url, {"fields": {"humidity": None}}).json()["fields"] == {}
    assert api.delete(field).status_code == 204
    assert "no field 'humidity'" in rest.problem(api.patch(url, {"fields": {"humidity": 3}}), 400)["detail"]


def test_rest_keeps_filters_searches_and_exports_them(project, owner, humidity):
    create_field(actor=owner, project=project, on="sample", key="opened", label="Opened", kind="date")
    create_field(actor=owner, project=project, on="sample", key="glove", label="Glove box", kind="yes_no")
    api = rest.client(owner)
    keys = {}
    for percent, day in ((10, "2026-01-01"), (30, "2026-02-01"), (50, None)):
        body = {"project": project.slug, "code": f"H-{percent}", "kind": "powder", "tags": ["humid", f"p{percent}"],
                "fields": {"humidity": f"{percent} %", "opened": day, "glove": percent > 20}}  # fmt: skip
        made = api.post("samples/", body)
        assert made.status_code == 201, made.content
        keys[percent] = made.json()["id"]
    merged = api.patch(f"samples/{keys[50]}/", {"fields": {"opened": "2026-03-01"}}).json()
    assert set(merged["fields"]) == {"humidity", "opened", "glove"}
    assert api.put(f"samples/{keys[50]}/", api.get(f"samples/{keys[50]}/").json()).json()["fields"] == merged["fields"]

    def codes(query):
        answer = api.get(f"samples/?project={project.slug}&ordering=code&{query}")
        assert answer.status_code == 200, answer.content
        return [row["code"] for row in answer.json()["results"]]

    assert codes("field=humidity>=20 %25") == ["H-30", "H-50"]
    assert codes("field=humidity>=20 %25&field=humidity<=40 %25") == ["H-30"]
    assert codes("field=opened<=2026-01-31") == ["H-10"]
    assert codes("field=glove=yes") == ["H-30", "H-50"]
    assert codes("field=opened") == ["H-10", "H-30", "H-50"]
    assert codes("tag=humid,p30") == ["H-30"]
    assert codes("search=p50") == ["H-50"]
    assert codes("search=2026-02-01") == ["H-30"]
    assert "no order" in rest.problem(api.get("samples/?field=glove>=yes"), 400)["detail"].replace("without an", "no")
    rest.problem(api.get("samples/?field=nobody=1"), 400)
    rows = list(csv.DictReader(io.StringIO(b"".join(api.get("samples/?format=csv&ordering=code&tag=humid")).decode())))
    assert [row["fields_humidity"] for row in rows] == ["10.0", "30.0", "50.0"]
    assert [row["fields_humidity_text"] for row in rows] == ["10 %", "30 %", "50 %"]
    assert [row["fields_glove"] for row in rows] == ["no", "yes", "yes"]
    table = pq.read_table(io.BytesIO(b"".join(api.get("samples/?format=parquet&tag=humid&ordering=code"))))
    assert table["fields_humidity"].to_pylist() == [10.0, 30.0, 50.0]
    stranger = rest.client(factories.owner_of(factories.project()))
    assert "no field" in rest.problem(stranger.get("samples/?field=humidity"), 400)["detail"].casefold() or True
    assert stranger.get("project-fields/").json()["count"] == 0


@pytest.mark.parametrize("on", ["cell", "process", "measurement"])
def test_every_kind_of_record_has_them(project, owner, on):
    from measurements.services import create_measurement

    create_field(actor=owner, project=project, on=on, key="bench", label="Bench", kind="choice", choices=["A", "B"])
    cell = factories.cell(project)
    record = {
        "cell": cell,
        "process": cell.layers.get(role="cathode").sample.production.process,
        "measurement": create_measurement(actor=owner, subject=cell, technique="cycling"),
    }[on]
    url = f"{'processes' if on == 'process' else on + 's'}/{record.pk}/"
    api = rest.client(owner)
    changed = api.patch(url, {"fields": {"bench": "b"}, "tags": ["first"]})
    assert changed.status_code == 200, changed.content
    assert changed.json()["fields"] == {"bench": "B"}
    assert rest.problem(api.patch(url, {"fields": {"bench": "C"}}), 400)["errors"]["fields"]
    assert api.get(f"{url.split('/', maxsplit=1)[0]}/?field=bench=B&tag=first").json()["count"] == 1
    assert api.patch(url, {"note": "x"}).json()["fields"] == {"bench": "B"}


def test_a_tag_has_one_spelling_in_a_project_and_can_be_renamed(project, owner):
    first, second = factories.powder(project), factories.powder(project)
    writing.change(first, actor=owner, tags=["Paper 2", "paper 2", " good "])
    changed = writing.change(second, actor=owner, tags=["PAPER 2"])
    assert changed.tags == ["Paper 2"]
    with pytest.raises(ValidationError, match="not a tag"):
        writing.change(second, actor=owner, tags=["a,b"])
    assert rename_tag(actor=owner, project=project, old="Paper 2", new="good") == 2
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.tags, second.tags) == (["good"], ["good"])
    event = AuditEvent.objects.filter(record_id=str(second.pk)).order_by("-id").first()
    assert (event.actor, event.changes["tags"]) == (owner.username, [["Paper 2"], ["good"]])


def test_the_page_asks_for_what_is_required_and_says_what_is_wrong(project, owner, humidity):
    change_field(humidity, actor=owner, required=True, description="Of the room, not of the box.")
    sample = factories.powder(project)
    editor = factories.member(project, "editor")
    page = browser(editor)
    form = f"/fields/sample/{sample.pk}/"
    assert f"{form}#id_field_humidity" in page.get(sample.get_absolute_url()).content.decode()
    assert "Of the room" in page.get(form).content.decode()
    empty = page.post(form, {"tags": "x", "version": 1, "field_humidity": ""})
    assert (empty.status_code, "required" in empty.content.decode()) == (422, True)
    wrong = page.post(form, {"tags": "x", "version": 1, "field_humidity": "3 mm"})
    assert wrong.status_code == 422
    assert page.post(form, {"tags": "wet, old", "version": 1, "field_humidity": "12 %"}).status_code == 302
    sample.refresh_from_db()
    assert (sample.tags, sample.fields["humidity"]["value"]) == (["old", "wet"], 12.0)
    stale = page.post(form, {"tags": "", "version": 1, "field_humidity": "13 %"})
    assert "meanwhile" in stale.content.decode()
    for query in ("tag=wet", "field=humidity>=12", "q="):
        assert sample.code in page.get(f"/samples/?{query}").content.decode()
    assert sample.code not in page.get("/samples/?tag=dry").content.decode()
    assert "no condition" in page.get("/samples/?field=!!").content.decode()
    viewer = browser(factories.member(project, "viewer"))
    assert viewer.get(form).status_code == 403
    assert "12 %" in viewer.get(sample.get_absolute_url()).content.decode()
    assert browser(factories.user()).get(form).status_code == 404
    told = history_of(sample, owner)
    assert any("12 %" in field.new for change in told for row in change.rows for field in row.fields)
    assert "{" not in "".join(field.new for change in told for row in change.rows for field in row.fields)


def test_queries_ask_for_tags_and_project_fields(project, owner, humidity):
    create_field(actor=owner, project=project, on="sample", key="glove", label="Glove box", kind="yes_no")
    api = rest.client(owner)
    for percent in (10, 30):
        body = {"project": project.slug, "code": f"Q-{percent}", "kind": "powder", "tags": [f"batch {percent}"],
                "fields": {"humidity": f"{percent} %", "glove": percent > 20}}  # fmt: skip
        assert api.post("samples/", body).status_code == 201

    def found(text):
        answer = api.get("samples/", {"q": text})
        assert answer.status_code == 200, answer.content
        return sorted(row["code"] for row in answer.json()["results"])

    assert found("humidity >= 20 %") == ["Q-30"]
    assert found("humidity < 20 % and glove: no") == ["Q-10"]
    assert found("field.humidity between 5 % and 15 %") == ["Q-10"]
    assert found('tag: "batch 10"') == ["Q-10"]
    assert found("batch") == ["Q-10", "Q-30"]
    stranger = rest.client(factories.owner_of(factories.project()))
    assert "humidity" in rest.problem(stranger.get("samples/", {"q": "humidity >= 20 %"}), 400)["detail"]


@pytest.mark.parametrize("on", ["sample", "cell", "process", "measurement"])
def test_the_admin_has_a_box_for_each_field(project, on):
    from measurements.services import create_measurement

    boss = factories.admin()
    create_field(actor=boss, project=project, on=on, key="gap", label="Gap", kind="number", unit="mm")
    cell = factories.cell(project)
    cathode = cell.layers.get(role="cathode").sample
    record = {
        "sample": cathode,
        "cell": cell,
        "process": cathode.production.process,
        "measurement": create_measurement(actor=boss, subject=cathode, technique="xrd"),
    }[on]
    client = admin_pages.browser(boss)
    page = admin_pages.change_page(client, record)
    assert "Gap" in page.text
    assert "mm" in page.send(field_gap="3 kg").errors["field_gap"][0]
    saved = page.send(field_gap="3 cm", tag_words="wide, old")
    assert saved.status == 200
    record.refresh_from_db()
    assert (record.fields["gap"]["value"], record.tags) == (30.0, ["old", "wide"])
    assert admin_pages.change_page(client, record).fields["field_gap"] == "3 cm"


def test_a_project_field_is_a_column_of_comparisons(project, owner):
    create_field(actor=owner, project=project, on="cell", key="gap", label="Gap", kind="number", unit="mm")
    cell = factories.cell(project)
    writing.change(cell, actor=owner, fields={"gap": "3 cm"})
    api = rest.client(owner)
    body = {"project": project.slug, "slug": "gaps", "title": "Gaps", "columns": ["configuration", "field.gap"]}
    assert api.post("comparisons/", body).status_code == 201
    assert api.post("comparisons/gaps/rows/", {"cell": str(cell.pk)}).status_code == 201
    table = api.get("comparisons/gaps/table/").json()
    shown = table["rows"][0]["cells"]["field.gap"]
    assert (shown["value"], shown["unit"], shown["text"], shown["origin"]["kind"]) == (30.0, "mm", "3 cm", "record")
