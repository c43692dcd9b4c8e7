"""People come by a link that works once, choose passwords and zones, and leave; no project loses its last owner."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Membership, User
from accounts.services import accept_invitation, create_token, deactivate, invite, remove_member
from accounts.services.people import InvitationOverError
from core.models import AuditEvent
from tests import factories, rest

pytestmark = pytest.mark.django_db
STRONG = "correct-horse-battery"


def browser(person=None):
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def test_an_owner_makes_a_link_that_one_person_uses_once(project, owner):
    page = browser(owner).post(f"/projects/{project.slug}/invite/", {"role": "editor", "email": "", "days": 7})
    assert page["Cache-Control"] == "no-store"
    link = re.search(r'value="(http://testserver/join/[^"]+)"', page.content.decode())[1]
    key = link.rstrip("/").rsplit("/", 1)[1]
    assert key not in str(list(Invitation.objects.values()))
    assert key not in str(list(AuditEvent.objects.values_list("changes", flat=True)))
    visitor = browser()
    path = f"/join/{key}/"
    assert str(project) in visitor.get(path).content.decode()
    asked = {"username": "grace", "first_name": "Grace", "last_name": "Hopper", "password": STRONG, "again": STRONG}
    weak = visitor.post(path, {**asked, "password": "12345", "again": "12345"})
    assert (weak.status_code, User.objects.filter(username="grace").exists()) == (422, False)
    assert visitor.post(path, {**asked, "again": "other"}).status_code == 422
    assert visitor.post(path, {**asked, "username": owner.username}).status_code == 422
    joined = visitor.post(path, asked)
    assert (joined.status_code, joined.url) == (302, f"/projects/{project.slug}/")
    assert visitor.get(joined.url).status_code == 200
    grace = User.objects.get(username="grace")
    assert (grace.memberships.get().role, grace.is_staff, grace.is_superuser) == ("editor", False, False)
    again = browser().get(path)
    assert (again.status_code, "used already" in again.content.decode()) == (410, True)


def test_rest_invites_revokes_and_counts_tags(project, owner, settings):
    people = rest.cast_of(project)
    address = f"projects/{project.slug}/invitations/"
    for role, client in people.items():
        expected = {"anonymous": 401, "stranger": 404, "viewer": 403, "editor": 403}.get(role, 201)
        made = client.post(address, {"role": "viewer", "days": 1})
        assert made.status_code == expected, (role, made.content)
    link = made.json()["link"]
    assert browser().get(link).status_code == 200
    settings.COSINTER_SITE_URL = "https://lab.example.org"
    named = people["owner"].post(address, {"role": "viewer", "days": 1}).json()
    assert named["link"].startswith("https://lab.example.org/join/")
    people["owner"].delete(f"{address}{named['id']}/")
    listed = people["owner"].get(address).json()
    assert len(listed) == 2
    assert "link" not in listed[0]
    assert people["editor"].delete(f"{address}{made.json()['id']}/").status_code == 403
    assert people["owner"].delete(f"{address}{made.json()['id']}/").status_code == 204
    assert browser().get(link).status_code == 410
    sample = factories.powder(project)
    assert people["editor"].patch(f"samples/{sample.pk}/", {"tags": ["old"]}).status_code == 200
    tags = f"projects/{project.slug}/tags/"
    assert people["viewer"].get(tags).json() == [{"tag": "old", "count": 1}]
    assert people["viewer"].post(tags, {"tag": "old", "new": "new"}).status_code == 403
    assert people["editor"].post(tags, {"tag": "old", "new": "new"}).json() == {"tag": "new", "count": 1}
    assert people["stranger"].get(tags).status_code == 404


def test_a_link_ends_by_time_by_hand_and_for_strangers(project, owner):
    old, key = invite(actor=owner, project=project, role="viewer")
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "ended on" in browser().get(f"/join/{key}/").content.decode()
    living, other = invite(actor=owner, project=project, role="viewer")
    browser(owner).post(f"/projects/{project.slug}/invitations/{living.pk}/revoke/")
    with pytest.raises(InvitationOverError, match="revoked"):
        accept_invitation(other, username="x", password=STRONG)
    assert browser().get("/join/nonsense/").status_code == 410
    editor = factories.member(project, "editor")
    with pytest.raises(PermissionDenied):
        invite(actor=editor, project=project, role="owner")
    assert browser(editor).post(f"/projects/{project.slug}/invite/", {"role": "owner", "days": 7}).status_code == 403
    assert browser(factories.user()).get(f"/projects/{project.slug}/").status_code == 404


def test_who_has_an_account_joins_with_it_and_loses_no_right(project, owner):
    viewer = factories.member(project, "viewer")
    _, key = invite(actor=owner, project=project, role="editor")
    assert browser(viewer).post(f"/join/{key}/").status_code == 302
    assert Membership.objects.get(project=project, user=viewer).role == "editor"
    _, lower = invite(actor=owner, project=project, role="viewer")
    accept_invitation(lower, user=owner)
    assert Membership.objects.get(project=project, user=owner).role == "owner"


def test_an_invitation_is_sent_where_there_is_a_mail_server(project, owner, settings, mailoutbox):
    browser(owner).post(f"/projects/{project.slug}/invite/", {"role": "viewer", "email": "g@example.org", "days": 3})
    assert mailoutbox == []
    settings.COSINTER_MAIL_FROM = "lab@example.org"
    page = browser(owner).post(
        f"/projects/{project.slug}/invite/", {"role": "viewer", "email": "g@example.org", "days": 3}
    )
    assert "was sent to g@example.org" in page.content.decode()
    assert re.search(r"http://testserver/join/\S+", mailoutbox[0].body)
    assert (mailoutbox[0].to, mailoutbox[0].from_email) == (["g@example.org"], "lab@example.org")


def test_the_last_owner_and_the_last_administrator_stay(project, owner):
    boss = factories.admin()
    with pytest.raises(ValidationError, match="last owner"):
        remove_member(actor=owner, project=project, user=owner)
    with pytest.raises(ValidationError, match="last owner"):
        deactivate(owner, actor=boss)
    second = factories.member(project, "owner")
    _, key = create_token(user=owner, name="laptop")
    deactivate(owner, actor=boss)
    assert rest.client().get("projects/", headers={"Authorization": f"Token {key}"}).status_code == 401
    with pytest.raises(ValidationError, match="last owner"):
        remove_member(actor=second, project=project, user=second)
    User.objects.filter(is_superuser=True).exclude(pk=boss.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="last administrator"):
        deactivate(boss, actor=boss)
    with pytest.raises(PermissionDenied):
        deactivate(second, actor=second)


def test_administrators_close_open_and_reset(project, owner):
    person = factories.member(project, "editor")
    signed_in = browser(person)
    boss = browser(factories.admin())
    assert person.username in boss.get("/people/").content.decode()
    assert browser(owner).get("/people/").status_code == 403
    assert browser(owner).post(f"/people/{person.username}/change/", {"do": "close"}).status_code == 403
    boss.post(f"/people/{person.username}/change/", {"do": "close"})
    assert signed_in.get("/").status_code == 302
    boss.post(f"/people/{person.username}/change/", {"do": "open"})
    assert signed_in.get("/").status_code == 200
    page = boss.post(f"/people/{person.username}/change/", {"do": "password"})
    link = re.search(r'value="http://testserver(/password/[^"]+)"', page.content.decode())[1]
    visitor = browser()
    form = visitor.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    done = visitor.post(address, {"new_password1": STRONG, "new_password2": STRONG})
    assert done.status_code == 302
    person.refresh_from_db()
    assert person.check_password(STRONG)
    assert "used already" in browser().get(link, follow=True).content.decode()
    assert STRONG not in str(list(AuditEvent.objects.values_list("changes", flat=True)))


def test_times_are_shown_in_a_person_s_zone_and_scripts_read_utc(project, owner):
    sample = factories.powder(project)
    type(sample).objects.filter(pk=sample.pk).update(created_at="2026-01-15T12:00:00Z")
    page = browser(owner)
    assert "2026-01-15 12:00" in page.get(sample.get_absolute_url()).content.decode()
    assert page.post("/settings/", {"time_zone": "Mars/Olympus"}).status_code == 422
    page.post("/settings/", {"time_zone": "Asia/Shanghai"})
    shown = page.get(sample.get_absolute_url()).content.decode()
    assert "2026-01-15 20:00" in shown
    assert "All times are those of Asia/Shanghai" in shown
    assert rest.client(owner).get(f"samples/{sample.pk}/").json()["created_at"] == "2026-01-15T12:00:00Z"


def test_the_project_page_tells_who_what_and_what_is_missing(project, owner):
    cell = factories.cell(project, active_mass=None)
    page = browser(owner)
    shown = page.get(f"/projects/{project.slug}/").content.decode()
    for words in (owner.username, "active mass", f"{cell.get_absolute_url()}#id_active_mass", "Make a link"):
        assert words in shown
    page.post(f"/projects/{project.slug}/", {"name": "New name", "rerun_policy": "ask", "version": project.version})
    project.refresh_from_db()
    assert (project.name, project.rerun_policy) == ("New name", "ask")
    stale = page.post(f"/projects/{project.slug}/", {"name": "Lost", "rerun_policy": "ask", "version": 1})
    assert (stale.status_code, "meanwhile" in stale.content.decode()) == (422, True)
    editor = factories.member(project, "editor")
    page.post(f"/projects/{project.slug}/members/", {"user": editor.username, "role": "viewer"})
    assert Membership.objects.get(project=project, user=editor).role == "viewer"
    kept = page.post(f"/projects/{project.slug}/members/", {"user": owner.username, "role": "none"}, follow=True)
    assert "last owner" in kept.content.decode()
    viewer = browser(editor)
    assert "Make a link" not in viewer.get(f"/projects/{project.slug}/").content.decode()
    assert (
        viewer.post(f"/projects/{project.slug}/members/", {"user": owner.username, "role": "none"}).status_code == 403
    )
    viewer.post(f"/projects/{project.slug}/members/", {"user": editor.username, "role": "none"})
    assert not Membership.objects.filter(project=project, user=editor).exists()
    begun = browser(factories.user()).post("/projects/", {"name": "Own", "slug": "own-project", "description": ""})
    assert begun.url == "/projects/own-project/"
    field = {"label": "Bench", "key": "bench", "on": "cell", "kind": "choice", "choices": "A\nB", "order": 0}
    assert page.post(f"/projects/{project.slug}/fields/new/", {**field, "choices": "A"}).status_code == 422
    assert page.post(f"/projects/{project.slug}/fields/new/", field).status_code == 302
    assert viewer.get(f"/projects/{project.slug}/fields/new/").status_code == 404
    assert "Bench" in page.get(f"/projects/{project.slug}/").content.decode()
