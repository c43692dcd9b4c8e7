"""Computing again in bulk: what it would do is shown first, what is known is reused, and a person stops it."""

from copy import deepcopy

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from accounts.models import RerunPolicy
from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Campaign, InstalledKernel, KernelRelease, Slot
from analysis_tasks.selectors import progress_of, with_progress
from analysis_tasks.services import Selection, cancel_campaign, feed_campaigns, start_campaign
from core import records
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.services import receive_file
from samples.models import Cell
from tests import factories, rest

pytestmark = pytest.mark.django_db
CONTENT = simulate_cycling(CyclingSpec(active_mass=2.10, first_capacity=138.8, last_capacity=130.0, cycles=3))[0]
KERNEL = "cycling.capacity"
VERSION = KERNELS[KERNEL].version


@pytest.fixture(scope="module")
def lasting_project(lasting_db):
    """Two cells that were weighed wrongly, in a project that asks before it computes again."""
    project = factories.project()
    records.change(project, rerun_policy=RerunPolicy.ASK)
    for _ in range(2):
        with override_settings(CELERY_TASK_ALWAYS_EAGER=True), TestCase.captureOnCommitCallbacks(execute=True):
            receive_file(
                actor=factories.owner_of(project), subject=factories.cell(project), name="a.csv", chunks=[CONTENT]
            )
    Slot.objects.exclude(kernel=KERNEL).delete()
    Cell.objects.filter(project=project).update(active_mass=4.2)
    return project


@pytest.fixture
def project(db, lasting_project, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    return deepcopy(lasting_project)


@pytest.fixture
def api(project):
    return rest.client(factories.owner_of(project))


@pytest.fixture
def work(settings, django_capture_on_commit_callbacks):
    """Does, in this process, what waits."""

    def _work():
        settings.CELERY_TASK_ALWAYS_EAGER = True
        with django_capture_on_commit_callbacks(execute=True):
            feed_campaigns()

    return _work


def progress(campaign):
    return progress_of(with_progress(Campaign.objects.all()).get(pk=campaign))


def test_a_campaign_by_rest_from_preview_to_the_changed_numbers(project, api, work):
    asked = {"project": project.slug, "kernel": KERNEL, "kernel_version": VERSION, "policy": "ask"}
    before = AnalysisRun.objects.count()
    shown = api.post("campaigns/preview/", asked).json()
    assert (shown["total"], shown["new"], shown["reused"], shown["refused"]) == (2, 2, 0, 0)
    assert {line["why"] for line in shown["lines"]} == {"active mass was 2.1 and is 4.2"}
    assert AnalysisRun.objects.count() == before
    answer = api.post("campaigns/", {**asked, "name": "New masses", "reason": "The balance was off."})
    assert answer.status_code == 201, answer.content
    campaign = answer.json()
    assert campaign["state"] == "running"
    assert campaign["progress"]["waiting"] == 2
    assert campaign["selection"]["policy"] == "mark them and wait for somebody to say so"
    work()
    ended = api.get(answer["Location"]).json()
    assert ended["state"] == "done"
    assert ended["progress"]["states"]["succeeded"] == 2
    runs = api.get(f"runs/?campaign={campaign['id']}").json()["results"]
    assert {(run["kernel"], run["queue"], run["reason"]) for run in runs} == {
        (KERNEL, "bulk", "New masses: active mass was 2.1 and is 4.2")
    }
    changes = api.get(runs[0]["url"]).json()["changes"]
    changed = next(entry for entry in changes if entry["quantity"] == "initial_discharge_capacity")
    assert changed["old"] == pytest.approx(138.8, rel=1e-4)
    assert changed["new"] == pytest.approx(69.4, rel=1e-4)
    assert rest.problem(api.post("campaigns/", {**asked, "name": "Again"}), 400)["detail"].startswith("Nothing that")


def test_what_is_known_is_reused(project, work):
    """The mass is corrected, computed, and taken back by plain SQL: the first runs answer again."""
    owner = factories.owner_of(project)
    start_campaign(Selection(project), actor=owner, name="There")
    work()
    Cell.objects.filter(project=project).update(active_mass=2.1)
    runs = AnalysisRun.objects.count()
    shown = rest.client(owner).post("campaigns/preview/", {"project": project.slug}).json()
    assert (shown["total"], shown["new"], shown["reused"]) == (2, 0, 2)
    back = start_campaign(Selection(project), actor=owner, name="And back")
    work()
    assert AnalysisRun.objects.count() == runs
    assert (progress(back.pk).reused, progress(back.pk).state) == (2, "done")


def test_it_is_narrowed_to_samples_and_to_what_a_release_gave(project, api):
    first = Cell.objects.filter(project=project).order_by("code")[0]
    shown = api.post("campaigns/preview/", {"project": project.slug, "samples": [first.code]}).json()
    assert [line["sample"]["label"] for line in shown["lines"]] == [first.code]
    for other in ({"kernel": "cycling.fade"}, {"kernel_version": "77"}, {"policy": "never"}):
        assert api.post("campaigns/preview/", {"project": project.slug, **other}).json()["total"] == 0
    newer = KernelRelease.objects.create(name=KERNEL, version="0.9", fingerprint="sha256:other")
    Cell.objects.filter(project=project).update(active_mass=2.1)
    InstalledKernel.objects.filter(name=KERNEL).update(release=newer)
    shown = api.post(
        "campaigns/preview/", {"project": project.slug, "kernel": KERNEL, "kernel_version": VERSION}
    ).json()
    assert {line["why"] for line in shown["lines"]} == {f"the kernel's code has changed ({VERSION} → 0.9)"}


def test_a_pinned_analysis_is_left_alone(project, api):
    slot = Slot.objects.filter(measurement__sample__project=project)[0]
    Slot.objects.filter(pk=slot.pk).update(pinned=True)
    assert api.post("campaigns/preview/", {"project": project.slug}).json()["total"] == 1


def test_a_cancelled_campaign_ends_what_waits_and_asks_for_nothing_more(project, api):
    campaign = start_campaign(Selection(project), actor=factories.owner_of(project), name="Too early")
    assert feed_campaigns(limit=1) == 1
    answer = api.post(f"campaigns/{campaign.pk}/cancel/", {"reason": "the masses are not final"})
    assert answer.status_code == 200
    told = answer.json()
    owner = factories.owner_of(project)
    assert told["cancelled_because"] == f"Cancelled by {owner}: the masses are not final"
    assert (told["state"], told["progress"]["waiting"], told["progress"]["states"]["cancelled"]) == ("cancelled", 1, 1)
    assert feed_campaigns() == 0
    run = AnalysisRun.objects.get(state="cancelled")
    assert run.error == f"Cancelled by {owner}: the masses are not final (the campaign Too early)"
    assert "cancelled already" in rest.problem(api.post(f"campaigns/{campaign.pk}/cancel/"), 400)["detail"]


def test_one_that_cannot_be_asked_for_says_why_and_does_not_stop_the_others(project, work):
    slot = Slot.objects.filter(measurement__sample__project=project)[0]
    campaign = start_campaign(Selection(project), actor=factories.owner_of(project), name="All")
    Slot.objects.filter(pk=slot.pk).update(kernel="taken.away")
    work()
    assert (progress(campaign.pk).refused, progress(campaign.pk).states["succeeded"]) == (1, 1)
    assert campaign.entries.get(slot=slot).refused == "The kernel taken.away is not installed."


def test_who_may_compute_again(project):
    people = rest.cast_of(project)
    for role, client in people.items():
        expected = {"anonymous": 401, "stranger": 400, "viewer": 403}.get(role, 200)
        assert client.post("campaigns/preview/", {"project": project.slug}).status_code == expected, role
        expected = {"anonymous": 401, "admin": 200}.get(role, 403)
        assert client.post("campaigns/preview/", {}).status_code == expected, f"{role} across all projects"
    owner = factories.owner_of(project)
    everywhere = start_campaign(Selection(), actor=factories.admin(), name="Everywhere")
    assert not Campaign.objects.visible_to(owner).exists()
    with pytest.raises(PermissionDenied, match="Only administrators"):
        cancel_campaign(everywhere, actor=owner)
    with pytest.raises(ValidationError, match="blank"):
        start_campaign(Selection(project), actor=owner, name="  ")


def test_by_command(project, capsys):
    by = ("--by", factories.owner_of(project).username)
    call_command("campaign", "preview", "--project", project.slug, *by)
    assert "2 stale; of 2 looked at 2 anew, 0 reused, 0 refused" in capsys.readouterr().out
    call_command("campaign", "start", "--project", project.slug, "--name", "By night", *by)
    key, told = capsys.readouterr().out.strip().split("  ")
    assert told == "2 analyses"
    call_command("campaign", "cancel", key, "--reason", "no", *by)
    call_command("campaign", "list")
    assert f"{key}  cancelled 0 of 2  By night ({project.slug})" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no project nowhere"):
        call_command("campaign", "preview", "--project", "nowhere", *by)
    with pytest.raises(CommandError, match=r"NOBODY: there is none"):
        call_command("campaign", "preview", "--project", project.slug, "--sample", "NOBODY", *by)
