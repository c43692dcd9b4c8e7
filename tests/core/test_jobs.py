"""Jobs: one winner, a fenced zombie, lost messages sent again, killers of workers given up."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from core import jobs
from core.jobs import LostClaimError, State, claim, fail, finishing, renew, sweep
from measurements.models import Blob, FileReading, Measurement, RawFile
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    project = factories.project()
    measurement = Measurement.objects.create(sample=factories.powder(project))
    blob = Blob.objects.create(sha256="0" * 64, size=1)
    file = RawFile.objects.create(measurement=measurement, blob=blob, name="a.csv")
    return FileReading.objects.create(file=file)


def expire(job):
    FileReading.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_one_worker_wins(job):
    assert claim(FileReading, job.pk, "one") is not None
    assert claim(FileReading, job.pk, "two") is None


def test_an_unknown_job_is_nothing_to_do(job):
    assert claim(FileReading, uuid4(), "one") is None


def test_a_dead_worker_s_job_is_taken_over_and_the_zombie_is_fenced(job):
    zombie = claim(FileReading, job.pk, "zombie")
    expire(job)
    heir = claim(FileReading, job.pk, "heir")
    assert heir.attempts == 2
    assert not renew(zombie)
    with pytest.raises(LostClaimError), finishing(zombie):
        pytest.fail("a zombie must not write its outputs")
    fail(zombie, "too late")
    with finishing(heir):
        pass
    assert FileReading.objects.get(pk=job.pk).state == State.SUCCEEDED


def test_finishing_is_all_or_nothing(job):
    held = claim(FileReading, job.pk, "one")
    with pytest.raises(ZeroDivisionError), finishing(held):
        FileReading.objects.filter(pk=job.pk).update(format="half-written")
        1 / 0  # noqa: B018
    stored = FileReading.objects.get(pk=job.pk)
    assert (stored.state, stored.format) == (State.RUNNING, "")


def test_the_sweeper_sends_lost_messages_again(job, django_capture_on_commit_callbacks):
    sent = []
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep(FileReading, sent.append) == {"sent": 1, "given_up": 0}
    assert [entry.pk for entry in sent] == [job.pk]
    assert sweep(FileReading, sent.append) == {"sent": 0, "given_up": 0}


def test_the_sweeper_sends_an_abandoned_job_again(job, django_capture_on_commit_callbacks):
    claim(FileReading, job.pk, "one")
    sent = []
    assert sweep(FileReading, sent.append)["sent"] == 0
    expire(job)
    with django_capture_on_commit_callbacks(execute=True):
        sweep(FileReading, sent.append)
    assert [entry.pk for entry in sent] == [job.pk]


def test_a_job_that_kills_its_workers_ends_with_words(job):
    for attempt in range(job.max_attempts):
        assert claim(FileReading, job.pk, f"worker {attempt}") is not None
        expire(job)
    assert claim(FileReading, job.pk, "one more") is None
    assert sweep(FileReading, lambda job: None)["given_up"] == 1
    ended = FileReading.objects.get(pk=job.pk)
    assert ended.state == State.FAILED
    assert "No result after 3 attempts" in ended.error


@pytest.mark.parametrize("change", [{"state": State.QUEUED}, {"error": "rewritten"}])
def test_what_has_ended_never_changes(job, change):
    fail(claim(FileReading, job.pk, "one"), "broken file")
    with pytest.raises(DatabaseError), transaction.atomic():
        FileReading.objects.filter(pk=job.pk).update(**change)


def test_a_broker_that_is_down_does_not_undo_the_work(job, django_capture_on_commit_callbacks):
    def unreachable(job):
        raise ConnectionError("broker is down")

    with django_capture_on_commit_callbacks(execute=True):
        jobs.send_after_commit(job, unreachable)
    stored = FileReading.objects.get(pk=job.pk)
    assert (stored.state, stored.sent_at) == (State.QUEUED, None)
