"""Tokens: what each scope opens, how they end, and the page on which one makes and revokes them."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.keys import digest
from accounts.models import Token
from accounts.services import create_token
from tests import factories, rest

pytestmark = pytest.mark.django_db
TUS = {"HTTP_TUS_RESUMABLE": "1.0.0"}


@pytest.fixture
def cell():
    return factories.cell(factories.project())


def api(cell, *scopes):
    """A script of the project's owner with a token of these scopes."""
    _, key = create_token(user=factories.owner_of(cell.project), name="script", scopes=scopes or None)
    made = rest.Client()
    made.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return made


def upload(client, cell):
    body = {"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n"), "cell": cell.code}
    return client.post("files/", body, format="multipart")


def test_each_scope_opens_what_it_says(cell):
    doings = {
        "read": lambda client: client.get("samples/"),
        "write": lambda client: client.patch(f"cells/{cell.pk}/", {"note": "x"}),
        "upload": lambda client: upload(client, cell),
        "resume": lambda client: client.get("uploads/"),
    }
    opened = {
        (): {"read", "write", "upload", "resume"},
        ("read",): {"read", "resume"},
        ("write",): {"write"},
        ("upload",): {"upload", "resume"},
        ("read", "upload"): {"read", "upload", "resume"},
    }
    for scopes, may in opened.items():
        client = api(cell, *scopes)
        for name, do in doings.items():
            answer = do(client)
            if name in may:
                assert answer.status_code in {200, 201}, (scopes, name, answer.content)
            else:
                assert "has the scope" in rest.problem(answer, 403)["detail"], (scopes, name)


def test_a_scope_never_widens_what_its_person_may_do(cell):
    _, key = create_token(user=factories.member(cell.project, "viewer"), name="viewer's")
    client = rest.Client()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.get("samples/").status_code == 200
    assert "editor" in rest.problem(client.patch(f"cells/{cell.pk}/", {"note": "x"}), 403)["detail"]
    rest.problem(upload(client, cell), 403)


def test_scopes_are_asked_for_with_the_token(cell):
    owner = factories.owner_of(cell.project)
    asked = {"username": owner.username, "password": "password"}
    made = rest.client().post("auth/token/", {**asked, "scopes": ["upload"]})
    assert (made.status_code, made.json()["scopes"]) == (201, ["upload"])
    assert rest.client().post("auth/token/", asked).json()["scopes"] == ["read", "write", "upload"]
    assert "scopes.0" in rest.problem(rest.client().post("auth/token/", {**asked, "scopes": ["root"]}), 400)["errors"]
    assert "scopes" in rest.problem(rest.client().post("auth/token/", {**asked, "scopes": []}), 400)["errors"]
    past = (timezone.now() - timedelta(days=1)).isoformat()
    assert "has passed" in rest.problem(rest.client().post("auth/token/", {**asked, "expires_at": past}), 400)["detail"]


def test_the_page_makes_a_token_shows_its_key_once_and_revokes_it(cell):
    owner = factories.owner_of(cell.project)
    browser = Client()
    browser.force_login(owner)
    assert "None yet" in browser.get("/tokens/").content.decode()
    wrong = browser.post("/tokens/", {"name": "", "scopes": ["upload"], "days": "30"})
    assert wrong.status_code == 422
    assert not Token.objects.exists()
    made = browser.post("/tokens/", {"name": "cycler in room 204", "scopes": ["upload"], "days": "30"})
    assert made["Cache-Control"] == "no-store"
    key = re.search(r'<code class="key">([^<]+)</code>', made.content.decode())[1]
    token = Token.objects.get()
    assert token.digest == digest(key)
    assert token.scopes == ["upload"]
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    again = browser.get("/tokens/").content.decode()
    assert "cycler in room 204" in again
    assert key not in again
    script = rest.Client()
    script.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert upload(script, cell).status_code == 201
    other = Client()
    other.force_login(factories.user())
    assert other.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert upload(script, cell).status_code == 200
    assert browser.post(f"/tokens/{token.pk}/revoke/").status_code == 302
    rest.problem(upload(script, cell), 401)
    assert "revoked" in browser.get("/tokens/").content.decode()
