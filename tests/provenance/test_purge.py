"""Purging: the bytes go, rows and hashes and the reason stay, no chain breaks, and it is told apart from damage."""

import io
from pathlib import Path

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from core.audit import seal_audit, verify_audit
from core.models import AuditEvent
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import Blob, Purge
from measurements.services import receive_file
from measurements.store import storage_key
from provenance.services import Verdict, plan_purge, verify_blobs, verify_run
from tests import factories
from tests.rest import client, problem

CONTENT = simulate_cycling(CyclingSpec(cycles=2))[0]


@pytest.fixture
def lab(db, settings, tmp_path, django_capture_on_commit_callbacks):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.MEDIA_ROOT = tmp_path
    project = factories.project()

    def receive(subject=None):
        with django_capture_on_commit_callbacks(execute=True):
            cell = subject or factories.cell(project)
            return receive_file(actor=factories.owner_of(project), subject=cell, name="a.csv", chunks=[CONTENT]).file

    return receive


def purge(file, *flags, by="", reason="withdrawn consent"):
    output = io.StringIO()
    by = by or factories.admin().username
    call_command("purge", str(file.pk), f"--reason={reason}", f"--by={by}", *flags, stdout=output)
    return output.getvalue()


def test_nothing_is_removed_before_one_says_yes(lab):
    file = lab()
    assert "would be removed; add --yes" in purge(file)
    assert default_storage.exists(storage_key(file.blob_id))
    assert not Purge.objects.exists()


def test_the_bytes_go_and_everything_else_stays(lab):
    file = lab()
    run = file.measurement.runs.get(release__name="cycling.capacity")
    results = run.results.count()
    seal_audit()
    pieces = plan_purge(file).blobs
    assert len(pieces) >= 3
    assert "removed" in purge(file, "--yes")
    assert not any(default_storage.exists(storage_key(blob.sha256)) for blob in pieces)
    seal_audit()
    assert verify_audit() == []
    assert run.results.count() == results > 0
    assert verify_run(run).verdict is Verdict.PURGED
    assert {outcome.verdict for outcome in verify_blobs(pieces)} == {Verdict.PURGED}
    event = AuditEvent.objects.filter(model="measurements_purge").first()
    assert (event.door, event.reason) == ("command", "withdrawn consent")
    output = io.StringIO()
    call_command("verify", "--all", stdout=output)
    assert "withdrawn consent" in output.getvalue()


def test_who_asks_for_the_bytes_reads_why_they_are_gone(lab):
    file = lab()
    purge(file, "--yes")
    api = client(factories.owner_of(file.measurement.sample.project))
    assert "withdrawn consent" in problem(api.get(f"files/{file.pk}/content/"), 410)["detail"]
    problem(api.get(f"measurements/{file.measurement_id}/data/"), 410)
    assert api.get(f"files/{file.pk}/").json()["withdrawn"]["reason"] == "Purged: withdrawn consent"


def test_pages_of_what_was_purged_open(lab, client):
    file = lab()
    purge(file, "--yes")
    client.force_login(factories.owner_of(file.measurement.sample.project))
    page = client.get(file.measurement.get_absolute_url())
    assert page.status_code == 200
    assert "Purged: withdrawn consent" in page.content.decode()
    answer = client.get(file.get_absolute_url())
    assert answer.status_code == 410
    assert "withdrawn consent" in answer.content.decode()


def test_purged_bytes_do_not_come_back(lab):
    file = lab()
    purge(file, "--yes")
    with pytest.raises(Exception, match="cannot be received again"):
        lab()


def test_other_files_with_the_same_bytes_must_be_meant(lab):
    file, twin = lab(), lab()
    with pytest.raises(CommandError, match="Other files hold the same bytes"):
        purge(file, "--yes")
    assert default_storage.exists(storage_key(file.blob_id))
    purge(file, "--yes", "--everywhere")
    assert verify_run(twin.measurement.runs.first()).verdict is Verdict.PURGED


def test_it_can_be_run_again_after_a_crash(lab):
    file = lab()
    purge(file, "--yes")
    Path(default_storage.path(storage_key(file.blob_id))).write_bytes(CONTENT)
    (outcome,) = verify_blobs([Blob.objects.get(pk=file.blob_id)])
    assert outcome.verdict is Verdict.DIFFERS
    purge(file, "--yes")
    (outcome,) = verify_blobs([Blob.objects.get(pk=file.blob_id)])
    assert outcome.verdict is Verdict.PURGED


def test_only_administrators_purge(lab):
    file = lab()
    with pytest.raises(CommandError, match="Only administrators"):
        purge(file, "--yes", by=factories.user().username)
    with pytest.raises(CommandError, match="There is no person"):
        purge(file, "--yes", by="nobody")


@pytest.mark.django_db(transaction=True)
def test_the_site_s_own_role_cannot_write_purges(app_role):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app_role.execute(
            "INSERT INTO measurements_purge (id, blob_id, at, by, reason)"
            " VALUES (gen_random_uuid(), 'x', now(), 'x', 'x')"
        )
