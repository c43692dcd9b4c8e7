"""Every request of the access matrix that writes, with a body that does something where it is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from tests.access.doors import ADMIN_MODELS, RECORDS, views

Lab = SimpleNamespace
_NEW: dict[str, dict[str, Any]] = {
    "project": {"slug": "new-project", "name": "New"},
    "sample": {"code": "NEW-1", "kind": "powder"},
    "protocol": {"name": "New"},
    "process": {"kind": "milling"},
    "cell": {"code": "NEW-2", "configuration": "NCM622/LLZTO/Li"},
    "comparison": {"slug": "new-table", "title": "New"},
    "measurement": {"technique": "cycling"},
    "material": {"name": "NEW-3"},
    "publication": {"label": "[99]"},
    "instrument": {"name": "NEW-4", "kind": "mill"},
    "term": {"vocabulary": "atmosphere", "label": "argon"},
    "project-field": {"on": "sample", "key": "new_field", "label": "New", "kind": "text"},
    "saved-query": {"name": "New", "about": "cells", "text": "cycle_count > 2"},
}
_CHANGE = {
    "project": "description", "protocol": "instructions", "comparison": "caption", "term": "description",
    "comment": "text", "attachment": "description", "project-field": "label",
}  # fmt: skip
_BY_OWNERS = {"project", "comment", "attachment", "project-field"}
"""Kinds that owners change, or who wrote them: here it is the same person."""
_REASON = {"reason": "because"}


@dataclass(frozen=True)
class Body:
    """A request that writes.

    Attributes:
        name: Of the view.
        method: Of HTTP.
        data: What is sent.
        able: Who may do it.
        done: Whether it does something; else it asks for nonsense that only members get to hear about.
        scope: `project` of members, `shared` by all who edit anywhere, `own` of one person, `everybody` signed in.
        form: Sent as a form, not as JSON.
        headers: Sent along.
    """

    name: str
    method: str
    data: Callable[[Lab], Any] = lambda lab: {}
    able: str = "editor"
    done: bool = True
    scope: str = "project"
    form: bool = False
    headers: tuple[tuple[str, str], ...] = (("X-Reason", "because"),)
    door: str = "api"

    @property
    def address(self) -> str:
        """The pattern of its view."""
        return _addresses()[self.door, self.name]

    def is_open_to(self, role: str) -> bool:
        """Whether that role may do it, too."""
        if role == "anonymous":
            return self.scope == "open"
        return self.scope in {"everybody", "open"} or (self.scope == "shared" and role == "stranger")

    def refusals(self, role: str) -> set[int]:  # noqa: PLR0911 (a table)
        """What is answered to who may not."""
        if role == "anonymous":
            return {401} if self.door == "api" else {302}
        if self.door == "admin":
            return {200, 302, 403, 404}
        if self.scope == "own":
            return {404, 415}
        if self.scope == "admins":
            return {403}
        if self.door == "pages" and role == "viewer":
            if self.name == "project":
                return {200}  # its page, as if they had only looked
            return {403, 404, 422} if self.name.startswith("project-field") else {403, 422}
        if role == "viewer":
            return {403} if self.done or self.name.endswith(("restore", "reinstate")) else {403, 400}
        return {403} if self.scope == "shared" else {400, 403, 404, 422}

    def send(self, client: Client, path: str, lab: Lab) -> Any:
        """Sends it."""
        data = self.data(lab)
        headers = dict(self.headers)
        if self.form:
            return getattr(client, self.method)(path, data, headers=headers)
        return getattr(client, self.method)(path, data, content_type="application/json", headers=headers)


@cache
def _addresses() -> dict[tuple[str, str], str]:
    found = {}
    for name, address, _ in views():
        door = "api" if address.startswith("api/") else "admin" if address.startswith("admin/") else "pages"
        found[door, name] = address
    return found


@contextmanager
def able() -> Iterator[None]:
    """Undoes at its end what was done."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@cache
def bodies() -> tuple[Body, ...]:
    """All of them."""
    return (*_records(), *_others(), *_uploads(), *_pages(), *_admin())


def _records() -> Iterator[Body]:
    for kind, scope in RECORDS.items():
        able_ = "owner" if kind in _BY_OWNERS else "editor"
        common: dict[str, Any] = {"scope": scope, "able": able_}
        field = _CHANGE.get(kind, "note")
        everybody = {**common, "scope": "everybody"} if kind == "project" else common
        if kind == "attachment":
            yield Body("attachment-list", "post", _attached, form=True)
        else:
            yield Body(f"{kind}-list", "post", _new(kind), **everybody)
        yield Body(f"{kind}-list", "patch", lambda lab, k=kind, f=field: [{"id": _pk(lab, k), f: "x"}], **common)
        yield Body(f"{kind}-list", "delete", lambda lab, k=kind: [{"id": _pk(lab, k)}], **_ending(kind, common))
        yield Body(f"{kind}-detail", "put", lambda lab: {"unknown": 1}, **{**common, "done": False})
        yield Body(f"{kind}-detail", "patch", lambda lab, f=field: {f: "x"}, **common)
        yield Body(f"{kind}-detail", "delete", lambda lab: dict(_REASON), **_ending(kind, common))
        withdrawn = kind not in {"project", "saved-query", "project-field"}
        yield Body(f"{kind}-withdraw", "post", lambda lab: dict(_REASON), **{**common, "done": withdrawn})
        yield Body(f"{kind}-reinstate", "post", lambda lab: dict(_REASON), **{**common, "done": False})
        yield Body(f"{kind}-restore", "post", lambda lab: {"change": 10**6, **_REASON}, **{**common, "done": False})


def _ending(kind: str, common: dict[str, Any]) -> dict[str, Any]:
    """A project that holds records can neither be deleted nor withdrawn."""
    return {**common, "done": kind != "project"}


def _pk(lab: Lab, kind: str) -> str:
    return str(getattr(lab, kind.replace("-", "_")).pk)


def _new(kind: str) -> Callable[[Lab], dict[str, Any]]:
    def data(lab: Lab) -> dict[str, Any]:
        if kind == "comment":
            return {"kind": "cell", "record": _pk(lab, "cell"), "text": "seen"}
        made = dict(_NEW[kind])
        if kind == "measurement":
            return {**made, "sample": _pk(lab, "sample")}
        in_project = RECORDS[kind] == "project" and kind != "project"
        return {**made, "project": lab.project.slug} if in_project else made

    return data


def _others() -> Iterator[Body]:
    yield Body("token-list", "post", lambda lab: {"username": lab.people["owner"].username, "password": "password"},
               able="owner", scope="open")  # fmt: skip
    yield Body("token-detail", "delete", able="owner", scope="own")
    yield Body("project-members", "post", lambda lab: {"user": lab.member.username, "role": "editor"}, able="owner")
    yield Body("project-member", "delete", able="owner")
    yield Body("project-invitations", "post", lambda lab: {"role": "viewer", "days": 1}, able="owner")
    yield Body("project-invitation", "delete", able="owner")
    yield Body("project-tags", "post", lambda lab: {"tag": lab.spare.tags[0], "new": "dry"})
    yield Body("notice-read", "post", able="owner", scope="everybody")
    yield Body("attachment-use-as-measurement", "post")
    yield Body("sample-merge", "post", lambda lab: {"into": _pk(lab, "twin"), **_REASON})
    yield Body("cell-merge", "post", lambda lab: {"into": _pk(lab, "cell"), **_REASON}, done=False)
    yield Body("material-merge", "post", lambda lab: {"into": _pk(lab, "material"), **_REASON}, scope="shared")
    yield Body("term-merge", "post", lambda lab: {"into": _pk(lab, "term"), **_REASON}, scope="shared")
    for kind in ("file", "measurement"):
        yield Body(f"{kind}-move", "post", lambda lab: {"to": _pk(lab, "spare"), **_REASON})
    yield Body("file-list", "post", _file, form=True)
    yield Body("file-read", "post")
    yield Body("file-withdraw", "post", lambda lab: dict(_REASON))
    yield Body("file-reinstate", "post", lambda lab: dict(_REASON), done=False)
    yield Body("run-rerun", "post")
    yield Body("run-cancel", "post", done=False)
    yield Body("run-retry", "post", done=False)
    for kind in ("sample", "cell", "process"):
        yield Body(f"{kind}-copy", "post")
    yield Body("comparison-copy", "post", lambda lab: {"slug": "copy-of-it"})
    yield Body("comparison-rows", "post", lambda lab: {"cell": _pk(lab, "cell")}, done=False)
    yield Body("comparison-row", "delete")
    yield Body("campaign-list", "post", lambda lab: {"name": "x", "project": lab.project.slug}, done=False)
    yield Body("campaign-preview", "post", lambda lab: {"project": lab.project.slug}, done=False, scope="everybody")
    yield Body("campaign-cancel", "post", lambda lab: dict(_REASON))
    for move in ("pause", "resume"):
        yield Body(f"queue-{move}", "post", able="admin", done=False, scope="admins")
    yield Body("comparison-freeze", "post", lambda lab: dict(_REASON))
    yield Body("comparison-shares", "post", lambda lab: {"name": "a referee"})
    yield Body("comparison-share", "delete")
    own: dict[str, Any] = {"able": "owner", "scope": "own"}
    yield Body("spreadsheet-list", "post", _rows, form=True, scope="everybody", done=False)
    yield Body(
        "spreadsheet-mend", "post", lambda lab: {"cells": [{"line": 2, "column": "code", "value": "SH-2"}]}, **own
    )
    yield Body("spreadsheet-apply", "post", **own)
    yield Body("spreadsheet-undo", "post", done=False, **own)


def _rows(lab: Lab) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("rows.csv", b"code,kind\n"), "kind": "samples"}


def _attached(lab: Lab) -> dict[str, Any]:
    return {"kind": "cell", "record": _pk(lab, "cell"), "file": SimpleUploadedFile("more.pdf", b"%PDF more")}


def _file(lab: Lab) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("more.csv", b"a,b\n1,2\n"), "sample": _pk(lab, "sample")}


def _uploads() -> Iterator[Body]:
    tus = ("Tus-Resumable", "1.0.0")
    told = (tus, ("Upload-Length", "5"), ("Upload-Metadata", "filename YS5jc3Y=,cell Q0VMTA=="))
    yield Body("upload-list", "post", headers=told, done=False)
    yield Body("upload-detail", "patch", able="owner", scope="own", headers=(tus, ("Upload-Offset", "0")), done=False)
    yield Body("upload-detail", "delete", able="owner", scope="own", headers=(tus,))


def _pages() -> Iterator[Body]:
    common: dict[str, Any] = {"form": True, "door": "pages"}
    yield Body("cell", "post", lambda lab: {"version": lab.cell.version, "active_mass": "3 mg"}, done=False, **common)
    yield Body("upload-file", "post", _dropped, **common)
    yield Body(
        "record-new", "post", lambda lab: {"project": _pk(lab, "project"), "kind": "milling", **_NO_ROWS}, **common
    )
    yield Body("record-change", "post", _changed_sample, **common)
    yield Body("run-again", "post", **common)
    yield Body("comparison-freeze", "post", lambda lab: dict(_REASON), **common)
    yield Body("comparison-share", "post", lambda lab: {"name": "a referee"}, **common)
    yield Body("comparison-revoke", "post", lambda lab: {"share": _pk(lab, "share")}, **common)
    yield Body("sheet-apply", "post", **{**common, "able": "owner", "scope": "own"})
    yield Body("history-end", "post", lambda lab: {**_REASON, "version": lab.cell.version}, **common)
    yield Body("token-revoke", "post", **{**common, "able": "owner", "scope": "own"})
    yield from _beside(common)
    yield Body("comparison-note", "post", lambda lab: {"row": _pk(lab, "row"), "note": "pressed twice"}, **common)
    yield Body("comparison-remove", "post", lambda lab: {"row": _pk(lab, "row")}, **common)
    yield Body("comparison-copy", "post", lambda lab: {"slug": "page-copy", "title": "x",
               "project": lab.project.slug}, **common)  # fmt: skip


def _beside(common: dict[str, Any]) -> Iterator[Body]:
    """What people put beside records, and putting right what was recorded wrongly, on pages."""
    owned = {**common, "able": "owner"}
    yield Body("comment-add", "post", lambda lab: {"text": "seen"}, **common)
    yield Body("comment-edit", "post", lambda lab: {"text": "seen", "version": lab.comment.version}, **owned)
    yield Body("comment-withdraw", "post", lambda lab: dict(_REASON), **owned)
    yield Body("attach", "post", lambda lab: {"file": SimpleUploadedFile("more.pdf", b"%PDF more")}, **common)
    yield Body("attachment-withdraw", "post", lambda lab: dict(_REASON), **owned)
    yield Body("attachment-use", "post", done=False, **common)
    yield Body("record-fields", "post", lambda lab: {"tags": "dry", "version": lab.cell.version}, **common)
    yield Body("project", "post", lambda lab: {"name": "New", "version": lab.project.version}, done=False, **owned)
    yield Body("project-invite", "post", lambda lab: {"role": "viewer", "days": 1}, **owned)
    yield Body("project-revoke", "post", **owned)
    yield Body("project-member", "post", lambda lab: {"user": lab.member.username, "role": "editor"}, **owned)
    yield Body("project-tags", "post", lambda lab: {"tag": lab.spare.tags[0], "new": "dry"}, **common)
    field = {"label": "Bench", "key": "bench", "on": "cell", "kind": "text", "order": 0}
    yield Body("project-field-new", "post", lambda lab: dict(field), **owned)
    yield Body("project-field", "post", lambda lab: {"label": "x", "version": 1}, done=False, **owned)
    yield Body("person", "post", lambda lab: {"do": "close"}, **{**common, "able": "admin", "scope": "admins"})
    yield Body("notices-read", "post", **{**owned, "scope": "everybody"})
    yield Body("notice-open", "post", **{**owned, "scope": "own"})
    yield Body("merge", "post", lambda lab: {"into": lab.twin.code, **_REASON}, **common)
    yield Body("move", "post", lambda lab: {"to": lab.spare.code, **_REASON}, done=False, **common)
    yield Body("vocabularies", "post", lambda lab: {"vocabulary": "atmosphere", "label": "neon"},
               **{**common, "scope": "shared"})  # fmt: skip
    yield Body("word", "post", lambda lab: {"label": "MCG", "description": "x"}, **{**common, "scope": "shared"})
    yield Body("comparison-save", "post", done=False, **common)


_NO_ROWS = {
    f"{rows}-{count}_FORMS": "0" for rows in ("inputs", "thermal_steps", "outputs") for count in ("TOTAL", "INITIAL")
}


def _changed_sample(lab: Lab) -> dict[str, Any]:
    names = ("code", "kind", "status", "source")
    stored = {name: getattr(lab.sample, name) for name in names}
    return {**stored, "project": _pk(lab, "project"), "seen_version": lab.sample.version, "note": "changed on its page"}


def _dropped(lab: Lab) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("more.csv", b"a,b\n1,2\n"), "subject": f"{lab.project.slug}/{lab.cell.code}"}


def _admin() -> Iterator[Body]:
    """Deleting by the page and by the list, of every model."""
    for model, (attribute, scope) in ADMIN_MODELS.items():
        common: dict[str, Any] = {"form": True, "door": "admin", "able": "admin", "done": False}
        kept = "shared" if scope == "staff" else scope
        yield Body(f"admin:{model}_delete", "post", lambda lab: {"post": "yes"}, scope=kept, **common)
        if attribute in {"sample", "process", "cell", "comparison", "project", "material"}:
            yield Body(f"admin:{model}_change", "post", lambda lab: {"note": "x", "name": "x"}, scope=kept, **common)
        yield Body(f"admin:{model}_changelist", "post", lambda lab, a=attribute: _chosen(lab, a), scope=kept, **common)


def _chosen(lab: Lab, attribute: str) -> dict[str, str]:
    key = str(getattr(lab, attribute).pk)
    return {"action": "delete_selected", "_selected_action": key, "post": "yes"}
