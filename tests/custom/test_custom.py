"""Tags and project fields: typed, with units, in REST, filters, search, exports, pages, admin and history."""

import csv
import io

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import writing
from accounts.models import Membership
from core.history import history_of
from core.models import AuditEvent
from custom.models import ProjectField
from custom.selectors import lacking_required
from custom.services import change_field, create_field, rename_tag
from custom.values import ValueRefused, normalised
from measurements.models import Measurement
from measurements.services import receive_file
from samples.models import Cell, Process, Sample
from samples.services import InputSpec, LayerSpec, OutputSpec, create_cell, create_process
from tests import admin_pages, factories, rest

pytestmark = pytest.mark.django_db


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
    sample = factories.powder(project)
    change_field(humidity, actor=owner, required=True, description="Of the room, not of the box.")
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


@pytest.fixture
def old_cell(project):
    """A cell with all it is made of, from before anything was required."""
    return factories.cell(project)


@pytest.fixture
def required(project, owner, humidity, old_cell):
    """What the project requires of each kind of record."""
    change_field(humidity, actor=owner, required=True)
    for on in ("cell", "process", "measurement"):
        create_field(actor=owner, project=project, on=on, key="bench", label="Bench", kind="text", required=True)


def test_rest_stores_no_new_record_without_what_is_required(project, owner, required, old_cell):
    api = rest.client(owner)
    body = {"project": project.slug, "code": "R-1", "kind": "powder"}
    said = rest.problem(api.post("samples/", body), 400)["errors"]["fields"]
    assert said == [f"Humidity is required of samples in {project}: give it, as humidity."]
    for route, other in (
        ("cells/", {"project": project.slug, "code": "R-2", "configuration": "NCM622/LLZTO/Li"}),
        ("processes/", {"project": project.slug, "kind": "milling"}),
        ("measurements/", {"sample": old_cell.code, "technique": "cycling"}),
    ):
        assert "Bench is required" in rest.problem(api.post(route, other), 400)["errors"]["fields"][0]
        assert api.post(route, {**other, "fields": {"bench": "left"}}).status_code == 201
    made = api.post("samples/", {**body, "fields": {"humidity": "3 %"}}).json()
    kept = rest.problem(api.patch(made["url"], {"fields": {"humidity": None}}), 400)["errors"]["fields"]
    assert kept == [f"Humidity is required of samples in {project}: change it, but do not take it away, as humidity."]
    assert api.patch(made["url"], {"fields": {"humidity": "4 %"}, "note": "x"}).status_code == 200


def test_what_comes_with_another_record_or_was_there_before_is_incomplete_and_stays(project, owner, humidity):
    old = factories.powder(project)
    change_field(humidity, actor=owner, required=True)
    assert writing.change(old, actor=owner, note="seen").note == "seen"
    create_field(actor=owner, project=project, on="measurement", key="bench", label="Bench", kind="text", required=True)
    create_field(actor=owner, project=project, on="process", key="oven", label="Oven", kind="text", required=True)
    product = Sample(code="P-1", kind="mixture")
    inputs = [InputSpec(sample=old)]
    create_process(actor=owner, project=project, kind="mixing", fields={"oven": "2"}, inputs=inputs,
                   outputs=[OutputSpec(product)])  # fmt: skip
    cell = create_cell(actor=owner, project=project, code="C-1", layers=[LayerSpec("cathode", sample=product)])
    file = receive_file(actor=owner, subject=cell, name="a.csv", chunks=[b"a,b\n1,2\n"]).file
    lacking = {str(row) for model in (Sample, Process, Measurement) for row in lacking_required(model.objects.all())}
    assert lacking == {str(old), "P-1", str(cell.production.process), str(file.measurement)}


def test_the_admin_asks_for_the_fields_of_the_project_before_it_stores(project, owner, required):
    client = admin_pages.browser(owner)
    page = admin_pages.add_page(client, "samples_sample")
    assert (page.fields["project"], page.fields["field_humidity"]) == (str(project.pk), "")
    typed = {"code": "A-1", "kind": "powder", "tag_words": "wet, old"}
    again = page.send(**typed)
    assert again.errors["field_humidity"] == ["This field is required."]
    assert "3 mm" in again.send(field_humidity="3 mm").errors["field_humidity"][0]
    assert "commas" in again.send(field_humidity="3 %", tag_words="x" * 60).errors["tag_words"][0]
    again.send(field_humidity="3 %")
    made = Sample.objects.get(code="A-1")
    assert (made.tags, made.fields["humidity"]["text"]) == (["old", "wet"], "3 %")
    admin_pages.add_page(client, "samples_cell").send(code="A-2", field_bench="left")
    assert Cell.objects.get(code="A-2").fields == {"bench": "left"}
    admin_pages.add_page(client, "samples_process").send(kind="milling", field_bench="right")
    assert Process.objects.get(kind="milling").fields == {"bench": "right"}
    cell = Cell.objects.get(code="A-2")
    test = admin_pages.add_page(client, "measurements_celltest", f"?sample={cell.pk}")
    test.send(field_bench="both")
    assert Measurement.objects.get().fields == {"bench": "both"}


def test_the_boxes_are_those_of_the_project_that_is_chosen(project, owner, required):
    writing_in_two = factories.member(factories.project(), "editor")
    Membership.objects.create(project=project, user=writing_in_two, role="editor")
    client = admin_pages.browser(writing_in_two)
    assert "field_humidity" not in admin_pages.add_page(client, "samples_sample").fields
    assert "field_humidity" in admin_pages.add_page(client, "samples_sample", f"?project={project.pk}").fields
    assert "field_humidity" not in admin_pages.add_page(client, "samples_sample", "?project=nonsense").fields
    stranger = admin_pages.browser(factories.owner_of(factories.project()))
    assert "Humidity" not in admin_pages.add_page(stranger, "samples_sample", f"?project={project.pk}").text
    sent = admin_pages.add_page(client, "samples_sample").send(project=str(project.pk), code="B-1", kind="powder")
    assert sent.errors["field_humidity"] == ["This field is required."]  # without scripts, too


def test_a_copy_takes_tags_and_words_over_and_asks_for_what_was_found_out(project, owner, required):
    create_field(actor=owner, project=project, on="sample", key="bench", label="Bench", kind="text")
    sample = writing.create(
        Sample(project=project, code="O-1", kind="powder", tags=["wet"], fields={"humidity": "3 %", "bench": "left"}),
        actor=owner,
    )
    page = admin_pages.add_page(admin_pages.browser(owner), "samples_sample", f"?copy_of={sample.pk}")
    told = [page.fields[name] for name in ("tag_words", "field_bench", "field_humidity")]
    assert told == ["wet", "left", ""]
