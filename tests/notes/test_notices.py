"""A person is told that a run or a file of theirs failed, on pages and by e-mail, and finds what their records lack."""

import pytest
from django.test import Client

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun
from analysis_tasks.services import request_run
from core.events import run_finished
from core.jobs import claim
from measurements.models import FileReading
from measurements.services import perform_reading, receive_file
from measurements.tasks import sweep_readings
from notes.models import Notice
from tests import factories, rest
from tests.measured_lab import cycling_file

pytestmark = pytest.mark.django_db
SITE = "https://lab.example.org"


def browser(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def failed(settings, django_capture_on_commit_callbacks):
    """A run that failed, of a file that an editor brought; the mail server is configured."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.COSINTER_MAIL_FROM = "lab@example.org"
    settings.COSINTER_SITE_URL = SITE
    project = factories.project()
    editor = factories.member(project, "editor")
    editor.email = "editor@example.org"
    editor.save()
    cell = factories.cell(project)
    receive_file(actor=editor, subject=cell, name="run.csv", chunks=[cycling_file()])
    with django_capture_on_commit_callbacks(execute=True):
        reading = cell.measurements.get().files.get().readings.get()
        perform_reading(reading.pk)
    run = AnalysisRun.objects.filter(requested_by=None, state="succeeded").first()
    again, _ = request_run(KERNELS[run.release.name], run.measurement, [run.inputs.get().dataset], verifies=run)
    why = "The file has no full cycle."
    AnalysisRun.objects.filter(pk=again.pk).update(state="failed", error=why, finished_at="2026-01-01T00:00Z")
    for _ in range(2):  # a message may come twice
        run_finished.send(AnalysisRun, pk=again.pk)
    return editor, AnalysisRun.objects.get(pk=again.pk)


def test_who_brought_the_file_is_told_once(failed, mailoutbox):
    editor, run = failed
    notice = Notice.objects.get(user=editor, cause=run.pk)
    assert (notice.text, notice.address) == (run.error, run.get_absolute_url())
    assert [(mail.to, run.error in mail.body) for mail in mailoutbox] == [(["editor@example.org"], True)]
    assert f"On its page: {SITE}{run.get_absolute_url()}\n" in mailoutbox[0].body
    page = browser(editor)
    count = Notice.objects.filter(user=editor).count()
    assert f'class="count">{count}<' in page.get("/").content.decode()
    assert notice.title in page.get("/notices/").content.decode()
    stranger = browser(factories.user())
    assert notice.title not in stranger.get("/notices/").content.decode()
    assert stranger.post(f"/notices/{notice.pk}/open/").status_code == 404
    assert rest.client(editor).get("notices/").json()["count"] == count
    assert rest.client(factories.user()).get("notices/").json()["count"] == 0
    opened = page.post(f"/notices/{notice.pk}/open/")
    assert opened.url == run.get_absolute_url()
    notice.refresh_from_db()
    assert notice.read_at is not None
    assert rest.client(editor).post("notices/read/", {}).status_code == 200
    page.post("/notices/read/")
    assert 'class="count"' not in page.get("/").content.decode()


@pytest.fixture
def unreadable(settings):
    """What an editor with an e-mail address brings that no reader knows; the reading still waits."""
    settings.COSINTER_MAIL_FROM = "lab@example.org"
    project = factories.project()
    editor = factories.member(project, "editor")
    editor.email = "editor@example.org"
    editor.save()

    def bring(name):
        file = receive_file(actor=editor, subject=cell, name=name, chunks=[b"\0" + name.encode()]).file
        return file.readings.get()

    cell = factories.cell(project)
    return editor, bring


def test_who_brought_a_file_that_cannot_be_read_is_told(
    unreadable, settings, mailoutbox, django_capture_on_commit_callbacks
):
    settings.COSINTER_SITE_URL = ""
    editor, bring = unreadable
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (perform_reading(bring(name).pk) for name in ("a.bin", "b.bin"))
    notice = Notice.objects.get(user=editor, cause=first.pk)
    assert notice.title == f"a.bin of {first.file.measurement.sample} could not be read"
    assert (notice.text, notice.address) == (first.error, first.file.measurement.get_absolute_url())
    assert Notice.objects.filter(user=editor, cause=second.pk, mailed_at=None).exists()
    assert [mail.subject for mail in mailoutbox] == [f"Cosinter: {notice.title}"]  # one in ten minutes
    assert f"On its page: {notice.address}\n" in mailoutbox[0].body


def test_who_wants_no_mail_gets_none_and_the_page_tells(unreadable, mailoutbox, django_capture_on_commit_callbacks):
    editor, bring = unreadable
    asked = {"email": "other@example.org", "time_zone": "UTC"}
    page = browser(editor)
    assert 'name="notices_by_mail" aria-describedby' in page.get("/settings/").content.decode()
    assert page.post("/settings/", {**asked, "email": "nobody"}).status_code == 422
    assert page.post("/settings/", asked).status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        failed = perform_reading(bring("a.bin").pk)
    assert (mailoutbox, Notice.objects.get(cause=failed.pk).user) == ([], editor)
    page.post("/settings/", {**asked, "notices_by_mail": "on"})
    with django_capture_on_commit_callbacks(execute=True):
        perform_reading(bring("b.bin").pk)
    assert [mail.to for mail in mailoutbox] == [["other@example.org"]]


def test_a_file_that_killed_its_workers_is_told_when_it_is_given_up(unreadable, django_capture_on_commit_callbacks):
    editor, bring = unreadable
    reading = bring("a.bin")
    claim(FileReading, reading.pk, "gone")
    FileReading.objects.filter(pk=reading.pk).update(attempts=reading.max_attempts, lease_until="2026-01-01T00:00Z")
    with django_capture_on_commit_callbacks(execute=True):
        sweep_readings()
    assert "the worker died" in Notice.objects.get(user=editor, cause=reading.pk).text


def test_incomplete_records_are_one_s_own_or_everybody_s():
    project = factories.project()
    owner, editor = factories.owner_of(project), factories.member(project, "editor")
    cell = factories.cell(project, active_mass=None)
    mine = browser(owner).get("/incomplete/").content.decode()
    assert f"{cell.get_absolute_url()}#id_active_mass" in mine
    other = browser(editor)
    assert cell.code not in other.get("/incomplete/").content.decode()
    assert cell.code in other.get("/incomplete/?whose=all").content.decode()
    assert cell.code not in browser(factories.user()).get("/incomplete/?whose=all").content.decode()
