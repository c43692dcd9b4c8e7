"""Who may open which page: nobody without signing in, strangers nothing of a project, members all of it."""

import re

import pytest
from django.urls import reverse
from django.views.defaults import server_error

SHARED = ["home", "home-work", "search", "samples", "cells", "measurements", "runs", "upload", "upload-subjects"]
SHARED += ["comparisons", "materials", "publications", "sheets", "batch", "labels"]
SHARED += ["projects", "settings", "notices", "incomplete", "vocabularies", "password-change"]


def own_pages(lab):
    """Addresses of pages that show records of the project."""
    table = lab.measurement.datasets.get().tables.get()
    return {
        "sample": lab.composite.get_absolute_url(),
        "cell": lab.cell.get_absolute_url(),
        "process": lab.composite.production.process.get_absolute_url(),
        "measurement": lab.measurement.get_absolute_url(),
        "live": reverse("measurement-live", args=[lab.measurement.pk]),
        "curve": reverse("curve", args=[lab.measurement.pk, table.pk]),
        "file": lab.file.get_absolute_url(),
        "status": reverse("file-status", args=[lab.file.pk]),
        "project": lab.project.get_absolute_url(),
        "run": lab.run.get_absolute_url(),
        "cycles": reverse("run-cycles", args=[lab.run.pk]),
        "cycles.csv": reverse("run-table", args=[lab.run.pk, "cycles"]),
        "cycles as BDF": reverse("run-table-as", args=[lab.run.pk, "cycles", "bdf"]),
        "records as BDF": reverse("measured-table-as", args=[lab.measurement.pk, table.pk, "bdf"]),
        "comparison": lab.comparison.get_absolute_url(),
        "found cells": reverse("comparison-find", args=["my-cells"]) + "?find=CELL",
        "comparison.csv": reverse("comparison-export", args=["my-cells", "csv"]),
    }


def writes(lab):
    """Addresses that write, with what is sent."""
    return {
        "upload": (reverse("upload-file"), {"subject": f"{lab.project.slug}/{lab.cell.code}"}),
        "map": (reverse("file-map", args=[lab.file.pk]), {}),
        "again": (reverse("run-again", args=[lab.run.pk]), {}),
        "add": (reverse("comparison-add", args=["my-cells"]), {"record": str(lab.cell.pk)}),
        "remove": (reverse("comparison-remove", args=["my-cells"]), {"row": str(lab.comparison.rows.get().pk)}),
        "comment": (reverse("comment-add", args=["sample", lab.cell.pk]), {"text": "x"}),
        "attach": (reverse("attach", args=["sample", lab.cell.pk]), {}),
        "fields": (reverse("record-fields", args=["sample", lab.cell.pk]), {"tags": "x", "version": 1}),
        "move": (reverse("move", args=["file", lab.file.pk]), {"to": "x", "reason": "x"}),
        "merge": (reverse("merge", args=["cell", lab.cell.pk]), {"into": "x", "reason": "x"}),
        "invite": (reverse("project-invite", args=[lab.project.slug]), {"role": "owner", "days": "7"}),
        "tags": (reverse("project-tags", args=[lab.project.slug]), {"tag": "x", "new": "y"}),
        "new field": (reverse("project-field-new", args=[lab.project.slug]), {}),
        "masses": (lab.cell.get_absolute_url(), {"seen_version": lab.cell.version, "active_mass": "3 mg"}),
    }


def test_everything_asks_for_a_sign_in(lab, sign_in):
    nobody = sign_in()
    for address in [*map(reverse, SHARED), *own_pages(lab).values()]:
        answer = nobody.get(address)
        assert answer.status_code == 302, address
        assert answer.url.startswith("/sign-in/?next="), address
    for address, data in writes(lab).values():
        assert nobody.post(address, data).status_code == 302, address


def test_a_stranger_finds_nothing_of_a_project(lab, sign_in):
    stranger = sign_in(lab.stranger)
    for name, address in own_pages(lab).items():
        assert stranger.get(address).status_code == 404, name
    for name, (address, data) in writes(lab).items():
        assert stranger.post(address, data).status_code in {404, 422}, name
    assert lab.comparison.rows.count() == 1
    for name in SHARED:
        answer = stranger.get(reverse(name))
        assert answer.status_code == 200, name
        assert lab.cell.code not in answer.content.decode(), name
        assert lab.composite.code not in answer.content.decode(), name
    found = stranger.get(reverse("search"), {"q": lab.cell.code[:-1]})
    assert lab.cell.code not in found.content.decode()


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_members_open_every_page(lab, sign_in, role):
    member = sign_in(getattr(lab, role))
    for address in [*map(reverse, SHARED), *own_pages(lab).values()]:
        answer = member.get(address)
        assert answer.status_code == 200, address
        assert b"".join(answer), address


def test_a_viewer_writes_nothing_and_is_offered_no_form(lab, sign_in):
    viewer = sign_in(lab.viewer)
    for name, (address, data) in writes(lab).items():
        assert viewer.post(address, data).status_code in {403, 422}, name
    assert lab.comparison.rows.count() == 1
    lab.cell.refresh_from_db()
    assert lab.cell.active_mass == 2.1
    for page in ("cell", "run", "comparison"):
        assert 'name="csrfmiddlewaretoken"' not in _main(viewer.get(own_pages(lab)[page])), page


def test_no_page_shows_a_database_key_or_raw_json(lab, sign_in):
    member = sign_in(lab.owner)
    pages = own_pages(lab)
    for name in ("sample", "cell", "process", "measurement", "run", "comparison"):
        text = re.sub(r"<[^>]*>", " ", _main(member.get(pages[name])))
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", text), name
        assert "{&#x27;" not in text, name
        assert "{&quot;" not in text, name


def test_pages_carry_the_strict_policy(lab, sign_in):
    answer = sign_in(lab.viewer).get(lab.cell.get_absolute_url())
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    body = answer.content.decode()
    assert " style=" not in body
    assert "onclick" not in body


def _main(answer):
    return answer.content.decode().split("<main", 1)[1].split("</main>", 1)[0]


def test_what_is_refused_missing_or_broken_is_a_page_of_the_site_that_tells_nothing(lab, sign_in, rf):
    viewer = sign_in(lab.viewer)
    missing = viewer.get("/samples/nowhere/nothing/")
    hidden = sign_in(lab.stranger).get(lab.cell.get_absolute_url())
    refused = viewer.get(reverse("record-fields", args=["cell", lab.cell.pk]))
    broken = server_error(rf.get("/"))
    said = {"nothing here that you may see": (missing, hidden), "may not do this": (refused,), "our side": (broken,)}
    for words, answers in said.items():
        for answer in answers:
            text = answer.content.decode()
            assert words in text
            assert "css/base.css" in text
            assert lab.cell.code not in text
    assert [answer.status_code for answer in (missing, hidden, refused, broken)] == [404, 404, 403, 500]
    assert missing.content == hidden.content
