"""Tokens, projects and members by REST."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.keys import digest
from accounts.models import Project, Token
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet():
    cache.clear()


def with_token(key):
    made = rest.Client()
    made.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return made


def ask(username, password="password", **fields):  # noqa: S107
    return rest.client().post("auth/token/", {"username": username, "password": password, **fields})


def test_a_token_opens_the_api_until_it_is_revoked():
    person = factories.user("ada")
    made = ask("ada", name="laptop")
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["expires_at"]) == ("laptop", None)
    key = made.json()["token"]
    assert Token.objects.get().digest == digest(key) != key
    api = with_token(key)
    listed = api.get("auth/token/").json()["results"]
    assert [row["name"] for row in listed] == ["laptop"]
    assert "token" not in listed[0]
    assert listed[0]["last_used_at"]
    assert rest.client(factories.user()).delete(f"auth/token/{listed[0]['id']}/").status_code == 404
    assert api.delete(f"auth/token/{listed[0]['id']}/").status_code == 204
    refused = api.get("projects/")
    rest.problem(refused, 401)
    assert refused["WWW-Authenticate"] == "Token"
    assert person.tokens.get().revoked_at


def test_a_form_does_as_well_as_json():
    factories.user("ada")
    made = APIClient().post(
        f"{rest.API}auth/token/", "username=ada&password=password", content_type="application/x-www-form-urlencoded"
    )
    assert made.status_code == 201


def test_expired_and_foreign_tokens_open_nothing():
    factories.user("ada")
    key = ask("ada", expires_at=(timezone.now() + timedelta(days=1)).isoformat()).json()["token"]
    assert with_token(key).get("projects/").status_code == 200
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for wrong in (key, "x" * 40, "ü", ""):
        rest.problem(with_token(wrong).get("projects/"), 401)
    assert ask("ada").status_code == 201


def test_wrong_passwords_are_refused_without_a_hint_and_slowed_down():
    factories.user("ada")
    answers = {rest.problem(ask(name, "wrong"), 400)["detail"] for name in ("ada", "nobody")}
    assert len(answers) == 1
    assert "username" in rest.problem(rest.client().post("auth/token/", {"password": "x"}), 400)["errors"]
    for _ in range(17):
        ask("ada", "wrong")
    slow = ask("ada")
    assert "wait" in rest.problem(slow, 429)["detail"] or int(slow["Retry-After"]) > 0


def test_the_list_of_tokens_needs_a_sign_in():
    rest.problem(rest.client().get("auth/token/"), 401)


def test_a_project_belongs_to_whoever_makes_it():
    ada = factories.user("ada")
    api = rest.client(ada)
    made = api.post("projects/", {"slug": "assb-2026", "name": "ASSB"})
    assert made.status_code == 201, made.content
    assert made.json()["members"] == [{"user": "ada", "name": "ada", "role": "owner"}]
    assert api.get("projects/assb-2026/").json()["id"] == made.json()["id"]
    assert api.get(made.json()["url"]).status_code == 200
    assert "already" in rest.problem(api.post("projects/", {"slug": "assb-2026", "name": "B"}), 400)["detail"]
    assert "slug" in rest.problem(api.post("projects/", {"slug": "a b", "name": "B"}), 400)["errors"]
    assert api.get("projects/?member=ada").json()["count"] == 1
    assert api.delete("projects/assb-2026/").status_code == 204


def test_owners_decide_who_is_a_member():
    project = factories.project()
    people = rest.cast_of(project)
    ben = factories.user("ben")
    url = f"projects/{project.slug}/members/"
    for role, status in {"anonymous": 401, "stranger": 404, "viewer": 403, "editor": 403}.items():
        assert people[role].post(url, {"user": "ben", "role": "viewer"}).status_code == status, role
        assert people[role].delete(f"{url}{factories.owner_of(project).username}/").status_code == status, role
    assert people["owner"].post(url, {"user": "ben", "role": "viewer"}).json()["role"] == "viewer"
    assert people["owner"].post(url, {"user": "ben", "role": "editor"}).json()["role"] == "editor"
    assert {"user": "ben", "name": "ben", "role": "editor"} in people["viewer"].get(url).json()
    assert rest.client(ben).delete(f"{url}ben/").status_code == 204
    assert rest.client(ben).get(url).status_code == 404
    owner = factories.owner_of(project)
    last = rest.problem(people["owner"].delete(f"{url}{owner.username}/"), 400)
    assert "last owner" in last["detail"]
    assert "nobody" in rest.problem(people["owner"].post(url, {"user": "nobody", "role": "viewer"}), 400)["detail"]


def test_a_project_with_records_is_not_deleted():
    project = factories.project()
    sample = factories.powder(project)
    body = rest.problem(rest.client(factories.owner_of(project)).delete(f"projects/{project.slug}/"), 409)
    assert sample.code in body["detail"]
    assert Project.objects.filter(pk=project.pk).exists()
