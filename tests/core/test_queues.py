"""Queues and the ways in which a job leaves its worker's hands: pause, cancel, hand back, and messages kept few."""

import errno
import re
from datetime import timedelta
from itertools import count

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from core.jobs import State, cancel, claim, hand_back, is_transient, renew, sweep
from core.models import AuditEvent, QueuePause
from core.queues import Queue, pause_queue, resume_queue
from measurements.models import Blob, FileReading, Measurement, RawFile
from tests import factories, rest

pytestmark = pytest.mark.django_db
FULL = "The server's disk is full."


@pytest.fixture
def make_job():
    measurement = Measurement.objects.create(sample=factories.powder(factories.project()))
    numbers = count()

    def make_job(**fields):
        blob = Blob.objects.create(sha256=f"{next(numbers):064d}", size=1)
        file = RawFile.objects.create(measurement=measurement, blob=blob, name="a.csv")
        return FileReading.objects.create(file=file, **fields)

    return make_job


def stored(job):
    return FileReading.objects.get(pk=job.pk)


def ago(**time):
    return timezone.now() - timedelta(**time)


def test_a_paused_queue_gives_nothing_out_and_is_not_sent(make_job):
    job, other = make_job(), make_job(queue=Queue.BULK)
    pause_queue("interactive", actor=factories.admin(), reason="the disk is exchanged")
    assert claim(FileReading, job.pk, "worker") is None
    sent = []
    sweep(FileReading, sent.append)
    assert claim(FileReading, other.pk, "worker") is not None
    assert resume_queue("interactive", actor=factories.admin())
    assert claim(FileReading, job.pk, "worker") is not None


def test_who_paused_a_queue_and_why_is_on_record(make_job):
    admin = factories.admin()
    pause_queue("bulk", actor=admin, reason="the disk is exchanged")
    pause = QueuePause.objects.get()
    assert (pause.queue, pause.paused_by, pause.reason) == ("bulk", admin, "the disk is exchanged")
    resume_queue("bulk", actor=admin)
    events = AuditEvent.objects.filter(model="core_queuepause").order_by("id")
    assert [(event.operation, event.actor) for event in events] == [
        ("INSERT", admin.username),
        ("DELETE", admin.username),
    ]
    assert not resume_queue("bulk", actor=admin)


def test_only_administrators_pause_and_only_with_a_reason():
    with pytest.raises(PermissionDenied, match="Only administrators"):
        pause_queue("bulk", actor=factories.user(), reason="I want to")
    with pytest.raises(ValidationError, match="Say why"):
        pause_queue("bulk", actor=factories.admin(), reason=" ")
    with pytest.raises(ValidationError, match="'fast' is no queue; there are interactive and bulk"):
        pause_queue("fast", actor=factories.admin(), reason="why not")


def test_a_cancelled_job_is_lost_to_its_worker(make_job):
    held = claim(FileReading, make_job().pk, "worker")
    ended = cancel(held, "Cancelled by Ada.")
    assert (ended.state, ended.error, ended.token) == (State.CANCELLED, "Cancelled by Ada.", None)
    assert ended.finished_at is not None
    assert not renew(held)
    assert cancel(ended, "again") is None


def test_a_job_that_meets_a_full_disk_waits_longer_each_time_and_then_fails_with_words(make_job, settings):
    job = make_job()
    for attempt in (1, 2, 3):
        FileReading.objects.filter(pk=job.pk, state=State.QUEUED).update(not_before=None)
        hand_back(claim(FileReading, job.pk, f"worker {attempt}"), FULL)
        if attempt < 3:
            waiting = stored(job)
            assert (waiting.state, waiting.progress) == (State.QUEUED, f"Waits to be tried again. {FULL}")
            pause = (waiting.not_before - timezone.now()).total_seconds()
            assert pause == pytest.approx(settings.COSINTER_SWEEP_SECONDS * 2 ** (attempt - 1), abs=5)
            assert claim(FileReading, job.pk, "too early") is None
            assert sweep(FileReading, lambda job: None)["sent"] == 0
    failed = stored(job)
    assert failed.state == State.FAILED
    assert failed.error == f"Given up after 3 attempts. {FULL} Once this is mended, it can be retried."
    assert failed.log.count("was given up") == 3


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "no space"), FULL),
        (OSError(errno.EIO, "bad sector"), "The server's storage is in trouble (EIO)."),
        (OperationalError("terminating connection\nmore"), "did not answer as it should (terminating connection)."),
    ],
)
def test_trouble_of_the_surroundings_is_told_from_the_job_s_own(error, words):
    assert words in is_transient(error)
    assert is_transient(FileNotFoundError(errno.ENOENT, "no such file")) == ""
    assert is_transient(ZeroDivisionError()) == ""


def test_while_messages_wait_in_the_broker_no_copies_are_sent(make_job):
    fresh = make_job(sent_at=ago(minutes=2))
    bulk = make_job(sent_at=ago(minutes=2), queue=Queue.BULK)
    overdue, unsent = make_job(sent_at=ago(minutes=11)), make_job()
    moved = [entry.pk for entry in sent_by(lambda queue: 5 if queue == "interactive" else 0)]
    assert set(moved) == {bulk.pk, overdue.pk, unsent.pk}
    assert stored(fresh).sent_at < ago(minutes=1)


def test_a_dead_worker_s_job_is_sent_once_even_to_a_crowded_broker(make_job):
    job = make_job(sent_at=ago(minutes=2))
    claim(FileReading, job.pk, "worker")
    FileReading.objects.filter(pk=job.pk).update(lease_until=ago(seconds=1))
    assert len(sent_by(lambda queue: 5)) == 1
    assert sent_by(lambda queue: 5) == []


def sent_by(messages_in):
    before = {job.pk: job.sent_at for job in FileReading.objects.all()}
    sweep(FileReading, lambda job: None, messages_in=messages_in)
    return [job for job in FileReading.objects.all() if job.sent_at != before[job.pk]]


def test_queues_by_rest_are_the_administrators(make_job):
    job = make_job()
    people = rest.cast_of(factories.project())
    for role, client in people.items():
        expected = {"anonymous": 401, "admin": 200}.get(role, 403)
        assert client.get("queues/").status_code == expected, role
        assert client.post("queues/bulk/pause/", {"reason": "x"}).status_code == expected, role
        assert client.post("queues/bulk/resume/").status_code == expected, role
    admin = people["admin"]
    assert [queue["name"] for queue in admin.get("queues/").json()["results"]] == ["interactive", "bulk"]
    told = admin.post("queues/interactive/pause/", {"reason": "moving house"}).json()
    assert (told["paused"], told["reason"]) == (True, "moving house")
    assert claim(FileReading, job.pk, "one") is None
    assert admin.post("queues/interactive/resume/").json()["paused"] is False
    assert claim(FileReading, job.pk, "one") is not None
    rest.problem(admin.post("queues/third/pause/", {"reason": "x"}), 404)
    assert "reason" in rest.problem(admin.post("queues/bulk/pause/", {}), 400)["errors"]


def test_queues_by_command(capsys):
    by = ("--by", factories.admin().username)
    call_command("queue", "pause", "bulk", "--reason", "night", *by)
    assert re.search(r"^bulk +\d+ messages, paused by \w+: night$", capsys.readouterr().out, re.MULTILINE)
    call_command("queue", "resume", "bulk", *by)
    assert re.search(r"^bulk +\d+ messages, moving$", capsys.readouterr().out, re.MULTILINE)
    with pytest.raises(CommandError, match="who"):
        call_command("queue", "pause", "bulk")
    with pytest.raises(CommandError, match="Only administrators"):
        call_command("queue", "pause", "bulk", "--reason", "x", "--by", factories.user().username)
