"""Pages of campaigns and of the queues: preview, start, progress, cancel; pause and resume for administrators."""

import pytest
from django.urls import reverse

from accounts.models import RerunPolicy
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import Campaign
from analysis_tasks.services import feed_campaigns
from core import records
from core.models import QueuePause
from samples.models import Cell
from tests import factories


@pytest.fixture
def stale(lab, settings):
    """The lab, whose cell was weighed again while its project asks before it computes."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    records.change(lab.project, rerun_policy=RerunPolicy.ASK)
    Cell.objects.filter(pk=lab.cell.pk).update(active_mass=4.2)
    return lab


def test_from_the_preview_to_the_numbers(stale, sign_in, settings, django_capture_on_commit_callbacks):
    editor = sign_in(stale.editor)
    page = editor.get(reverse("campaign-new")).content.decode()
    assert "active mass was 2.1 and is 4.2" in page
    assert "computed anew" in page
    asked = {
        "project": stale.project.slug,
        "release": f"cycling.capacity {KERNELS['cycling.capacity'].version}",
        "policy": "ask",
        "samples": stale.cell.code,
    }
    answer = editor.post(reverse("campaign-new"), {**asked, "name": ""})
    assert answer.status_code == 422
    answer = editor.post(reverse("campaign-new"), {**asked, "name": "New mass"})
    campaign = Campaign.objects.get()
    assert answer.url == campaign.get_absolute_url()
    assert "not asked for yet" in editor.get(answer.url).content.decode()
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with django_capture_on_commit_callbacks(execute=True):
        feed_campaigns()
    page = editor.get(answer.url).content.decode()
    assert "(−50 %)" in page
    assert 'hx-trigger="every 2s"' not in page
    assert "New mass" in editor.get(reverse("campaigns")).content.decode()


def test_cancel_and_who_may(stale, sign_in):
    campaign = Campaign.objects.create(project=stale.project, name="Once more", created_by=stale.owner)
    campaign.entries.create(slot=stale.run.current_in.get(), before=stale.run, why="x")
    address, stop = campaign.get_absolute_url(), reverse("campaign-cancel", args=[campaign.pk])
    assert sign_in().get(address).status_code == 302
    for person, seen, done in ((stale.stranger, 404, 404), (stale.viewer, 200, 403)):
        client = sign_in(person)
        assert client.get(address).status_code == seen
        assert client.post(stop).status_code == done
        assert client.get(reverse("campaign-new")).status_code == 403
        assert (campaign.name in client.get(reverse("campaigns")).content.decode()) == (seen == 200)
    editor = sign_in(stale.editor)
    assert b"Why it is cancelled" in editor.get(address).content
    page = editor.post(stop, {"reason": "wrong cells"}, follow=True).content.decode()
    assert f"Cancelled by {stale.editor}: wrong cells" in page
    assert "Why it is cancelled" not in page
    assert "cancelled already" in editor.post(stop, follow=True).content.decode()


def test_an_administrator_pauses_a_queue_on_the_health_page(db, sign_in):
    admin = sign_in(factories.admin())
    address = reverse("health-queue", args=["bulk"])
    assert "Say why" in admin.post(address, {"do": "pause", "reason": " "}, follow=True).content.decode()
    page = admin.post(address, {"do": "pause", "reason": "the oven needs the power"}, follow=True).content.decode()
    assert "the oven needs the power" in page
    assert QueuePause.objects.get().queue == "bulk"
    assert "goes on" in admin.post(address, {"do": "resume"}, follow=True).content.decode()
    assert not QueuePause.objects.exists()
    assert admin.post(reverse("health-queue", args=["third"])).status_code == 404
    assert sign_in(factories.user()).post(address, {"reason": "x"}).status_code == 403
