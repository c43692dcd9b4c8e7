"""Projects with their members, people and tokens in the admin."""

import pytest

from accounts.keys import digest
from accounts.models import Membership, Project, Token, User
from accounts.services import create_token
from tests import factories
from tests.admin_pages import add_page, browser, change_page, list_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(project):
    return browser(factories.owner_of(project))


def roles(project):
    return {m.user.username: m.role for m in project.memberships.select_related("user")}


def test_who_begins_a_project_owns_it():
    person = factories.user("ada")
    add_page(browser(person), "accounts_project").send(name="ASSB", slug="assb-2026")
    assert roles(Project.objects.get(slug="assb-2026")) == {"ada": "owner"}


def test_owners_decide_who_is_a_member(owner, project):
    ada, first = factories.user("ada"), factories.owner_of(project).username
    page = change_page(owner, project)
    page.send(**page.rows("memberships", [{"user": str(ada.pk), "role": "editor"}]))
    assert roles(project) == {first: "owner", "ada": "editor"}
    page = change_page(owner, project)
    names = {page.fields[f"memberships-{row}-user"]: row for row in range(2)}
    page.send(**{f"memberships-{names[str(ada.pk)]}-role": "owner"})
    assert roles(project) == {first: "owner", "ada": "owner"}
    page = change_page(browser(ada), project)
    names = {page.fields[f"memberships-{row}-user"]: row for row in range(2)}
    page.send(**{f"memberships-{names[str(factories_pk(first))]}-DELETE": "on"})
    assert roles(project) == {"ada": "owner"}


def factories_pk(username):
    return User.objects.get(username=username).pk


def test_the_last_owner_stays(owner, project):
    page = change_page(owner, project)
    again = page.send(**{"memberships-0-role": "viewer"})
    assert "last owner" in " ".join(again.errors["memberships"])
    again = page.send(**{"memberships-0-DELETE": "on"})
    assert "last owner" in " ".join(again.errors["memberships"])
    assert list(roles(project).values()) == ["owner"]


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_others_only_look_at_members(project, role):
    page = change_page(browser(factories.member(project, role)), project)
    assert page.status == 200
    assert page.send(name="taken over").status == 403
    assert Project.objects.get().name == project.name
    assert Membership.objects.count() == 2


def test_a_key_is_shown_once_and_stored_as_a_hash(project):
    person = factories.owner_of(project)
    client = browser(person)
    made = add_page(client, "accounts_token").send(name="nightly script")
    token = Token.objects.get()
    key = made.response.context["token"].key
    assert token.user == person
    assert token.digest == digest(key)
    assert key in made.text
    assert "no-store" in made.response["Cache-Control"]
    for page in (change_page(client, token), list_page(client, "accounts_token")):
        assert page.status == 200
        assert key not in page.response.content.decode()


def test_tokens_are_ones_own_and_can_be_revoked(project):
    person, other = factories.owner_of(project), factories.member(project, "owner")
    token, _ = create_token(user=person, name="script")
    assert change_page(browser(other), token).status != 200 or not change_page(browser(other), token).text.count(
        "script"
    )
    action = {"action": "revoke", "_selected_action": [str(token.pk)]}
    browser(other).post("/admin/accounts/token/", action)
    assert Token.objects.get().revoked_at is None
    browser(person).post("/admin/accounts/token/", action)
    assert Token.objects.get().revoked_at is not None
    assert "revoked" in list_page(browser(person), "accounts_token").text


def test_only_administrators_manage_people(project):
    assert list_page(browser(factories.owner_of(project)), "accounts_user").status == 403
    admin = browser(factories.admin())
    page = add_page(admin, "accounts_user")
    page.send(username="grace", password1="nanoseconds-1", password2="nanoseconds-1", usable_password="true")
    grace = User.objects.get(username="grace")
    again = change_page(admin, grace).send(orcid="0000")
    assert "ORCID" in str(again.errors["orcid"])
    change_page(admin, grace).send(is_staff="on", first_name="Grace")
    assert User.objects.get(username="grace").is_staff
