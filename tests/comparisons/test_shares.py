"""Shared tables: whoever has the token reads one table and its exports, and nothing else, until it ends."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from comparisons.exports import EXPORTS
from comparisons.models import Share
from comparisons.services import add_row, create_comparison, freeze, share
from core.models import AuditEvent
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def comparison(project, owner):
    made = create_comparison(actor=owner, project=project, slug="mine", title="Mine", columns=["configuration"])
    add_row(made, actor=owner, cell=factories.cell(project))
    return made


def opened(token, form=""):
    address = reverse("shared-export", args=[token, form]) if form else reverse("shared", args=[token])
    return Client().get(address)


def test_anybody_reads_the_table_and_its_exports_and_finds_no_way_out(comparison, owner):
    _, token = share(comparison, actor=owner, name="reviewers")
    page = opened(token)
    text = page.content.decode()
    assert "NCM622+LLZTO+LBO/LLZTO/Li" in text
    links = re.findall(r'<a [^>]*href="([^"]*)"', text)
    assert set(links) == {reverse("shared-export", args=[token, form]) for form in EXPORTS}
    assert "<form" not in text
    assert (page["Referrer-Policy"], page["X-Robots-Tag"], page["Cache-Control"]) == (
        "no-referrer",
        "noindex",
        "private, no-store",
    )
    for form in EXPORTS:
        answer = opened(token, form)
        assert (answer.status_code, answer["Referrer-Policy"]) == (200, "no-referrer"), form
        assert answer.content
    assert opened(token, "pdf").status_code == 404


def test_the_table_of_the_day_moves_on_and_the_frozen_one_does_not(comparison, owner, project):
    frozen = freeze(comparison, actor=owner)
    _, today = share(comparison, actor=owner)
    _, then = share(comparison, actor=owner, frozen=frozen)
    newer = factories.cell(project, cell_type="symmetric")
    add_row(comparison, actor=owner, cell=newer)
    assert opened(today).content.decode().count("<tr>") == 3
    text = opened(then).content.decode()
    assert text.count("<tr>") == 2
    assert frozen.sha256 in text


def test_it_ends_when_it_expires_is_taken_back_or_its_maker_leaves(comparison, owner, project):
    editor = factories.member(project, "editor")
    made, token = share(comparison, actor=editor)
    assert opened(token).status_code == 200
    assert Share.objects.filter(digest=token).count() == 0
    Membership.objects.filter(user=editor).delete()
    assert opened(token).status_code == 404
    Membership.objects.create(project=project, user=editor, role="viewer")
    assert opened(token).status_code == 200
    Share.objects.filter(pk=made.pk).update(
        created_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(days=1)
    )
    assert opened(token).status_code == 404
    assert opened(token, "csv").status_code == 404
    assert opened("x").status_code == 404


def test_rows_that_its_maker_may_not_see_are_not_shown(comparison, owner, project):
    secret = factories.cell(factories.project())
    add_row(comparison, actor=owner, cell=secret)
    editor = factories.member(project, "editor")
    _, token = share(comparison, actor=editor)
    assert opened(token).content.decode().count("<tr>") == 2


def test_by_rest_it_is_made_listed_and_taken_back(comparison, owner, project):
    api = rest.client(owner)
    frozen = freeze(comparison, actor=owner)
    made = api.post("comparisons/mine/shares/", {"name": "reviewers", "frozen": str(frozen.pk)})
    assert made.status_code == 201, made.content
    body = made.json()
    page = body["page"].removeprefix("http://testserver")
    assert Client().get(page).status_code == 200
    (listed,) = api.get("comparisons/mine/shares/").json()
    assert "page" not in listed
    assert "digest" not in listed
    assert not AuditEvent.objects.filter(changes__has_key="digest").exists()
    for role, status in (("viewer", 403), ("editor", 204)):
        person = rest.client(factories.member(project, role))
        assert person.get("comparisons/mine/shares/").status_code == (403 if role == "viewer" else 200)
        assert person.post("comparisons/mine/shares/", {}).status_code == (403 if role == "viewer" else 201)
        assert person.delete(f"comparisons/mine/shares/{body['id']}/").status_code == status
    assert Client().get(page).status_code == 404
    late = rest.problem(api.post("comparisons/mine/shares/", {"expires_at": "2020-01-01T00:00:00Z"}), 400)
    assert "expires after" in late["detail"]


def test_on_the_page_the_link_is_shown_once(comparison, owner):
    client = Client()
    client.force_login(owner)
    page = client.post(reverse("comparison-share", args=["mine"]), {"name": "reviewers", "days": "7"}, follow=True)
    (link,) = re.findall(r'id="new-share" readonly value="([^"]*)"', page.content.decode())
    assert Client().get(link.removeprefix("http://testserver")).status_code == 200
    again = client.get(comparison.get_absolute_url()).content.decode()
    assert link not in again
    assert "reviewers" in again
    client.post(reverse("comparison-revoke", args=["mine"]), {"share": str(Share.objects.get().pk)})
    assert Client().get(link.removeprefix("http://testserver")).status_code == 404


def test_on_the_page_a_table_is_frozen(comparison, owner):
    client = Client()
    client.force_login(owner)
    page = client.post(reverse("comparison-freeze", args=["mine"]), {"reason": "as submitted"}, follow=True)
    assert page.redirect_chain[-1][0] == "/comparisons/mine/frozen/1/"
    text = page.content.decode()
    assert "Every number would be the same today." in text
    assert comparison.frozen.get().sha256 in text
    assert client.get("/comparisons/mine/frozen/1/as/csv/").content.startswith(b"Configuration")
    assert "as submitted" in client.get("/comparisons/mine/").content.decode()
