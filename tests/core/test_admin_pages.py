"""Every page of the admin opens for those who may see it only; lists need no more queries for more rows."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analysis_tasks.models import AnalysisRun, KernelRelease
from comparisons.services import add_row, create_comparison
from core.admin import ReadOnlyAdmin
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import CellTest, Dataset, FileReading
from measurements.services import create_measurement, receive_file
from samples.models import Material
from tests import factories
from tests.admin_pages import add_page, browser, change_page, list_page

pytestmark = pytest.mark.django_db
CONTENT = simulate_cycling(CyclingSpec(active_mass=2.10, first_capacity=138.8, last_capacity=130.0, cycles=3))[0]
MODELS = sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)
READ_ONLY = {
    f"{model._meta.app_label}_{model._meta.model_name}"
    for model, page in admin.site._registry.items()
    if isinstance(page, ReadOnlyAdmin)
}


@pytest.fixture
def lab(project, settings, django_capture_on_commit_callbacks):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    return lambda: fill(project, django_capture_on_commit_callbacks)


def fill(project, callbacks):
    """One of everything that a laboratory has."""
    owner = factories.owner_of(project)
    cell = factories.cell(project)
    with callbacks(execute=True):
        received = receive_file(actor=owner, subject=cell, name="cell.csv", chunks=[CONTENT])
    comparison = create_comparison(actor=owner, project=project, slug=f"c-{cell.code.lower()}", title=cell.code)
    add_row(comparison, actor=owner, cell=cell)
    run = AnalysisRun.objects.get(release__name="cycling.capacity", measurement=received.measurement)
    assert run.state == "succeeded", run.error
    composite = cell.layers.first().sample
    test = CellTest.objects.get(pk=received.measurement.pk)
    return {
        "samples": [composite, cell, composite.production.process, Material.objects.first()],
        "measurements": [
            test,
            received.file,
            FileReading.objects.get(file=received.file),
            Dataset.objects.get(measurement=test),
        ],
        "analysis": [run, run.results.first(), run.artifacts.first(), run.release],
        "others": [comparison, project],
    }


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_new_pages_open(model, project):
    client = browser(factories.admin())
    assert list_page(client, model).status == 200
    assert list_page(client, model, "?q=x").status == 200
    assert add_page(client, model).status == (403 if model in READ_ONLY else 200)


def test_the_sidebar_leads_to_every_list():
    led = {str(item["link"]) for part in settings.UNFOLD["SIDEBAR"]["navigation"] for item in part["items"]}
    assert {reverse(f"admin:{model}_changelist") for model in MODELS} == led


def test_the_admin_works_without_its_skin(db):
    script = Path(__file__).with_name("without_skin.py")
    ran = subprocess.run(
        [sys.executable, str(script), connection.settings_dict["NAME"]], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    wrong = {address: status for address, (status, *_) in told.items() if status not in {200, 403}}
    assert not wrong
    assert not [address for address, (_, skinned, *_) in told.items() if skinned]
    refused = {address for address, (status, *_) in told.items() if status == 403}
    assembly = {address for address in refused if "copy_of" in address}
    assert refused - assembly == {reverse(f"admin:{model}_add") for model in READ_ONLY}
    assert len(assembly) == 1  # an assembly is copied with its cell
    records = [address for address in told if address.endswith("/change/")]
    assert [told[address][2] for address in records] == [True] * 4
    assert [told[address][3] for address in records].count(True) == 3


def test_pages_of_records_show_neither_keys_nor_raw_json(lab):
    records = [record for some in lab().values() for record in some]
    client = browser(factories.admin())
    keys = {str(record.pk) for record in records}
    for record in records:
        page = change_page(client, record)
        assert page.status == 200, record
        assert not [key for key in keys if key in page.text], record
        assert "{'" not in page.text, record
        assert '{"' not in page.text, record


def test_who_may_see_and_change_what(lab, project):
    records = [record for some in lab().values() for record in some]
    shared = (Material, KernelRelease)
    people = {
        "viewer": factories.member(project, "viewer"),
        "editor": factories.member(project, "editor"),
        "owner": factories.owner_of(project),
        "stranger": factories.owner_of(factories.project()),
    }
    for role, person in people.items():
        client = browser(person)
        for record in records:
            page = change_page(client, record)
            seen = role != "stranger" or isinstance(record, shared)
            assert (page.status == 200) is seen, (role, record)
            listed = list_page(client, f"{record._meta.app_label}_{record._meta.model_name}")
            assert listed.status == 200
            found = {str(row.pk) for row in listed.response.context["cl"].result_list}
            assert (str(record.pk) in found) is (seen), (role, record)
            changes = page.response.context.get("has_change_permission") if page.status == 200 and seen else False
            assert bool(changes) is may_change(role, record), (role, record)


def may_change(role, record):
    if f"{record._meta.app_label}_{record._meta.model_name}" in READ_ONLY:
        return False
    if record._meta.model_name == "project":
        return role == "owner"
    if isinstance(record, Material):
        return role != "viewer"
    return role in {"editor", "owner"}


def test_nobody_else_gets_in(lab, client):
    record = lab()["samples"][0]
    for person in (None, factories.user()):
        if person:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        response = client.get(reverse("admin:samples_sample_change", args=[record.pk]))
        assert response.status_code == 302
        assert "login" in response["Location"]


def test_autocompletes_offer_only_what_one_may_see(lab, project):
    sample = lab()["samples"][0]
    query = f"?app_label=samples&model_name=processinput&field_name=sample&term={sample.code}"
    answers = {
        role: browser(person).get(reverse("admin:autocomplete") + query).json()["results"]
        for role, person in (
            ("viewer", factories.member(project, "viewer")),
            ("stranger", factories.owner_of(factories.project())),
        )
    }
    assert [entry["text"] for entry in answers["viewer"]] == [sample.code]
    assert answers["stranger"] == []


def test_lists_need_no_more_queries_for_more_rows(lab):
    client = browser(factories.admin())
    lab()
    few = {model: queries_of(client, model) for model in MODELS}
    for _ in range(3):
        lab()
    many = {model: queries_of(client, model) for model in MODELS}
    assert many == few
    assert max(few.values()) <= 20, few


def test_counts_in_lists_lead_to_what_they_count(project):
    cell = factories.cell(project)
    create_measurement(actor=factories.owner_of(project), subject=cell, technique="cycling")
    client, led = browser(factories.admin()), 0
    for model in ("samples_sample", "samples_cell", "samples_material"):
        listed = list_page(client, model).response.content.decode()
        for address, number in re.findall(r'href="(/admin/[^"?]*/\?[^"]*)">(\d+)</a>', listed):
            found = client.get(address.replace("&amp;", "&"))
            assert found.status_code == 200, address
            assert found.context["cl"].result_count == int(number), (model, address)
            led += 1
    assert led > 5


def queries_of(client, model):
    address = reverse(f"admin:{model}_changelist")
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)
