"""The access matrix: every view of the site against every role, what it answers and what it gives away."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import Project
from config.api_router import router
from tests.access.doors import ADMIN_MODELS, UNNAMED, table_of, views
from tests.access.world import ROLES, SECRET, build, writes
from tests.access.writings import able, bodies

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MEMBERS = {"viewer", "editor", "owner"}
NAMING = {"project", "sample", "cell", "measurement", "run", "comparison", "input", "output", "supersedes", "search"}
"""Filters that name other records."""
SIGN_IN = {"api": {401}, "admin": {302}, "pages": {302}}
HIDDEN = {"api": {404}, "admin": {302, 403, 404}, "pages": {404}}
VIEWS = sorted((address, name) for name, address, _ in views())
NAMED = [(address, name) for address, name in VIEWS if not address.startswith(UNNAMED) and name != "admin:"]
READABLE = [(address, name) for address, name in NAMED if name in table_of(address)]


@pytest.fixture(scope="module")
def lab(lasting_db):
    return build()


def door_of(address):
    return "api" if address.startswith("api/") else "admin" if address.startswith("admin/") else "pages"


def filled(address, kwargs):
    """The address with its arguments in their places."""
    text = re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)", lambda m: str(kwargs[m[1] or m[2]]), address)
    return "/" + text.replace("^", "").replace("$", "")


def expected(scope, door, role):  # noqa: C901, PLR0911, PLR0912 (a table)
    """Statuses that this role may get when it reads."""
    if scope in {"open", "nothing", "over"}:
        return {"open": {200, 302, 503}, "nothing": {404}, "over": {410}}[scope]
    if role == "anonymous":
        return SIGN_IN[door] | ({405} if scope == "post" else set())
    if door == "admin" and role == "outsider":
        return {302}
    member = role in MEMBERS or role == "admin"
    match scope.removesuffix(" history"):
        case "shared" | "staff":
            return {200, 302} if " history" in scope else {200}
        case "project":
            seen = {200, 302}  # some lead on: a cell test to its own page, the bytes of a run to its file
            return seen if member else HIDDEN[door] | ({302} if " history" in scope else set())
        case "asked":
            return {400} if member else HIDDEN[door]
        case "editors":
            return {403} if role == "viewer" else {200} if member else HIDDEN[door]
        case "owners":
            return {200} if role in {"owner", "admin"} else {403, 404} if member else HIDDEN[door]
        case "own":
            mine = role == "owner" or (door == "admin" and role == "admin")
            return {200, 302} if mine else HIDDEN[door]
        case "admins":
            return {200, 302} if role == "admin" else {302, 403}
        case "add":
            return {200, 403}
        case "delete":
            return {200, 302, 403} if member else {200, 302, 403, 404}
        case "post":
            return {200, 302, 403, 404, 405, 410} if member else {302, 403, 404, 405}
        case "none":
            return {302, 404}
    raise AssertionError(scope)


def test_no_view_is_missing_from_the_table():
    missing = [(name, address) for address, name in NAMED if name not in table_of(address)]
    assert not missing, "add them to tests/access/doors.py"
    assert len(READABLE) > 350
    assert {f"{m._meta.app_label}_{m._meta.model_name}" for m in admin.site._registry} == set(ADMIN_MODELS)


@pytest.mark.parametrize("role", ROLES)
def test_who_reads_what_and_nothing_is_given_away(lab, role):
    client, wrong = lab.browsers[role], []
    for address, name in READABLE:
        door = table_of(address)[name]
        if role in {"editor", "owner"} and door.scope not in {"own", "owners", "admins"}:
            continue  # they read what viewers read
        if role == "admin" and door_of(address) == "api" and door.scope != "project":
            continue
        path, query = filled(address, door.kwargs(lab)), door.query(lab)
        answer = client.get(path, query)
        right = expected(door.scope, door_of(address), role)
        if answer.status_code not in right:
            wrong.append(f"{name} {path}: {answer.status_code}, not {right}")
        given_away = found_in(lab.secrets, answer, path, query) if role in {"anonymous", "outsider", "stranger"} else []
        answer.close()
        if given_away:
            wrong.append(f"{name} {path} gives away {given_away}")
    assert not wrong, "\n".join(wrong)


def found_in(secrets, answer, path, query):
    """Secrets in an answer that the question did not hold."""
    asked = f"{path} {query}"
    body = b"".join(answer) if answer.streaming else answer.content
    text = body.decode("utf-8", "replace") + str(answer.headers).replace(path, "")
    text = re.sub(r"with ID “[^”]*”", "", text)  # the admin repeats on its next page what was asked for in vain
    return [secret for secret in secrets if secret in text and secret not in asked]


def test_counts_and_searches_show_nothing_hidden(lab):
    for role in ("outsider", "stranger"):
        client = lab.browsers[role]
        own = Project.objects.visible_to(lab.people[role]).count()
        for prefix, view, _ in router.registry:
            if getattr(view, "slug_field", None) is None:
                continue
            listed = client.get(f"/api/v1/{prefix}/").json()
            if hasattr(view.queryset.model, "project_lookup"):
                assert listed.get("count", len(listed["results"])) == (own if prefix == "projects" else 0), prefix
            for form in ("csv", "parquet"):
                exported = b"".join(client.get(f"/api/v1/{prefix}/?format={form}"))
                assert not [secret for secret in lab.secrets if secret.encode() in exported], prefix
        for word in (SECRET, lab.cell.code, lab.sample.code):
            page = client.get("/search/", {"q": word}).content.decode().replace(word, "")
            assert not [secret for secret in lab.secrets if secret in page]


def test_a_hidden_record_is_refused_in_the_words_for_a_missing_one(lab):
    client, wrong = lab.browsers["stranger"], []
    never = "00000000-0000-4000-8000-000000000000"
    pairs = [
        (lab.cell.code, "NO-SUCH-1"),
        (str(lab.cell.pk), never),
        (lab.project.slug, "no-such-project"),
        (str(lab.measurement.pk), never),
        (str(lab.run.pk), never),
        (lab.comparison.slug, "no-such-table"),
    ]
    for prefix, view, _ in router.registry:
        for name in getattr(getattr(view, "filterset_class", None), "base_filters", {}):
            if name.endswith(("_min", "_max", "_after", "_before")):
                continue  # these are read as numbers and times, and their refusals repeat a part of them
            for hidden, missing in pairs if name in NAMING else pairs[:1]:
                told = client.get(f"/api/v1/{prefix}/", {name: hidden})
                same = client.get(f"/api/v1/{prefix}/", {name: missing})
                shown, other = (
                    answer.content.decode().lower().replace(word.lower(), "?")
                    for answer, word in ((told, hidden), (same, missing))
                )
                if shown != other:
                    wrong.append(f"{prefix} {name} {hidden}: {told.content[:300]!r}, not {same.content[:300]!r}")
    assert not wrong, "\n".join(wrong)


def test_autocompletes_of_the_admin_offer_nothing_hidden(lab):
    asked = 0
    for model, page in admin.site._registry.items():
        for holder in (page, *(inline(model, admin.site) for inline in page.inlines)):
            for field in holder.autocomplete_fields:
                query = {"app_label": holder.model._meta.app_label, "model_name": holder.model._meta.model_name}
                for role in ("stranger", "viewer"):
                    found = lab.browsers[role].get(reverse("admin:autocomplete"), {**query, "field_name": field})
                    assert found.status_code == 200, (model, field)
                    if role == "stranger":
                        assert not [s for s in lab.secrets if s in found.content.decode()], (model, field)
                asked += 1
    assert asked > 5


def test_every_method_that_writes_is_tried():
    offered = {
        (name, method)
        for name, address, callback in views()
        if address.startswith("api/") and hasattr(callback, "actions")
        for method in callback.actions
        if method not in {"get", "head", "options"}
    }
    tried = {(body.name, body.method) for body in bodies() if body.door == "api"}
    assert tried == offered


@pytest.mark.parametrize("role", ["anonymous", "outsider", "stranger", "viewer"])
def test_who_may_not_write_changes_nothing(lab, role):
    client, wrong, before = lab.browsers[role], [], writes()
    for body in bodies():
        if body.is_open_to(role):
            continue
        path = filled(body.address, table_of(body.address)[body.name].kwargs(lab))
        answer = body.send(client, path, lab)
        if answer.status_code not in body.refusals(role):
            wrong.append(f"{body.method} {path}: {answer.status_code} {answer.content[:200]!r}")
        after = writes()
        if after != before:
            wrong.append(f"{body.method} {path} wrote {after - before} rows")
        before = after
        given_away = found_in(lab.secrets, answer, path, str(body.data(lab))) if role != "viewer" else []
        if given_away:
            wrong.append(f"{body.method} {path} gives away {given_away}")
    assert not wrong, "\n".join(wrong)


def test_what_is_refused_to_others_is_done_for_those_who_may(lab):
    wrong = []
    for body in bodies():
        path = filled(body.address, table_of(body.address)[body.name].kwargs(lab))
        with able():
            before = writes()
            answer = body.send(lab.browsers[body.able], path, lab)
            if body.done and (answer.status_code >= 400 or writes() == before):
                wrong.append(f"{body.method} {path}: {answer.status_code} {answer.content[:300]!r}")
            if not body.done and answer.status_code not in {200, 302, 400, 403, 409, 412, 415, 422}:
                wrong.append(f"{body.method} {path}: {answer.status_code} {answer.content[:300]!r}")
    assert not wrong, "\n".join(wrong)
