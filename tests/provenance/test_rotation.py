"""The nightly verification: what was verified longest ago comes first, answers are kept, the health page shows them."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from core.audit import seal_audit
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import Blob
from measurements.services import receive_file
from measurements.store import storage_key
from provenance.models import Verification
from provenance.services import verify_rotating
from provenance.tasks import verify_a_part
from search.models import IndexedValue
from tests import factories

pytestmark = pytest.mark.django_db
CONTENT = simulate_cycling(CyclingSpec(cycles=2))[0]


@pytest.fixture
def file(settings, django_capture_on_commit_callbacks):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    project = factories.project()
    owner, cell = factories.owner_of(project), factories.cell(project)
    with django_capture_on_commit_callbacks(execute=True):
        return receive_file(actor=owner, subject=cell, name="cell.csv", chunks=[CONTENT]).file


def test_a_night_verifies_everything_there_is_time_for(file):
    verify_a_part()
    found = Verification.objects.all()
    assert {row.verdict for row in found} == {"identical"}
    assert found.filter(subject="file").count() == Blob.objects.count()
    assert found.filter(subject="run").count() == file.measurement.runs.count()
    assert {row.subject for row in found} == {"audit", "lineage", "frozen", "search", "file", "run"}


def test_the_oldest_answer_is_renewed_first_and_says_since_when(file):
    verify_rotating(seconds=600)
    long_ago = timezone.now() - timedelta(days=9)
    Verification.objects.update(since=long_ago)
    oldest = Verification.objects.filter(subject="file").order_by("-pk")[0]
    Verification.objects.filter(pk=oldest.pk).update(at=long_ago)
    others = dict(Verification.objects.filter(subject="file").exclude(pk=oldest.pk).values_list("key", "at"))
    verify_rotating(seconds=0)
    renewed = Verification.objects.filter(subject="file").order_by("-at")[0]
    assert (renewed.key, renewed.since) == (oldest.key, long_ago)
    assert dict(Verification.objects.filter(key__in=others).values_list("key", "at")) == others


def test_damage_is_kept_with_when_it_was_found_and_shown_to_administrators(file, client):
    seal_audit()
    path = Path(default_storage.path(storage_key(file.blob_id)))
    original = path.read_bytes()
    path.chmod(0o640)
    try:
        path.write_bytes(b"x" + original[1:])
        verify_rotating(seconds=600)
    finally:
        path.write_bytes(original)
    assert Verification.objects.get(subject="file", key=file.blob_id).verdict == "differs"
    assert set(Verification.objects.filter(subject="run").values_list("verdict", flat=True)) == {"differs"}
    client.force_login(factories.admin())
    page = client.get("/health/").content.decode()
    assert file.blob_id in page
    assert "they were changed on disk" in page
    assert "Last seal" in page


def test_values_of_queries_that_are_out_of_step_are_mended_and_told(client):
    factories.cell(factories.project())
    lost = IndexedValue.objects.filter(field="active_mass")
    assert lost.delete()[0] == 1
    verify_rotating(seconds=600)
    assert lost.count() == 1
    client.force_login(factories.admin())
    page = client.get("/health/").content.decode()
    assert "cell: 1 values are missing, 0 are too many. It was mended" in page
    verify_rotating(seconds=600)
    assert Verification.objects.get(subject="search").verdict == "identical"


def test_only_administrators_see_the_health_page(client):
    assert client.get("/health/").status_code == 302
    client.force_login(factories.owner_of(factories.project()))
    assert client.get("/health/").status_code == 403
