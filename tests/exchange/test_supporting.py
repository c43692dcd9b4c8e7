"""The Supporting Information of the demo lab: tables and figures from the database, each with its sources."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.test import Client, TestCase

from demo import lab, simulated
from measurements.models import RawFile
from measurements.services import receive_file
from samples.models import Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db
ADDRESS = "projects/demo/supporting-information/"


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """The demo lab with two short tests and its impedance spectra, all analysed, and what the site makes of it."""
    from django.conf import settings

    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "CELERY_TASK_ALWAYS_EAGER", True, raising=False)
        patch.setattr(simulated, "TESTS", [_short(simulated.TESTS[0]), _short(simulated.TESTS[2])])
        admin = factories.admin()
        with TestCase.captureOnCommitCallbacks(execute=True):
            lab.load()
        receive_file(
            actor=admin,
            subject=Sample.objects.get(code="SIM-LLZTO-particles"),
            name="llzto.xy",
            chunks=[b"10 5\n20 6\n"],
            technique="xrd",
        )
        api = rest.client(admin)
        browser = Client()
        browser.force_login(admin)
        found = SimpleNamespace(
            json=api.get(ADDRESS).json(),
            zip=api.get(f"{ADDRESS}?format=zip"),
            html=api.get(f"{ADDRESS}?format=html").content.decode(),
            page=browser.get("/projects/demo/supporting-information/").content.decode(),
            again=browser.get("/projects/demo/supporting-information/zip/").content,
            hashes={file.name: file.blob.sha256 for file in RawFile.objects.all()},
        )
        transaction.set_rollback(True)
    return found


def _short(test):
    return replace(test, spec=replace(test.spec, cycles=2, interval=600.0))


def figure(made, number):
    return next(entry for entry in made.json["figures"] if entry["label"] == f"Fig. S{number}")


def test_it_has_table_s1_and_nine_figures_each_drawn_or_with_a_reason(made):
    assert made.json["tables"][0]["label"] == "Table S1"
    assert made.json["tables"][0]["comparison"] == "table-s1"
    assert [entry["label"] for entry in made.json["figures"]] == [f"Fig. S{number}" for number in range(1, 10)]
    assert all(entry["panels"] or entry["missing"] for entry in made.json["figures"])
    s7 = figure(made, 7)
    assert [panel["sample"]["code"] for panel in s7["panels"]] == ["SIM-liquid-MCG"]
    assert not s7["missing"]
    assert [(panel["letter"], panel["sample"]["code"]) for panel in figure(made, 8)["panels"]] == [
        ("a", "SIM-solid-433522")
    ]
    assert "SEM image of the cross-section: the project holds no scanning electron microscopy" in (
        " ".join(figure(made, 8)["missing"])
    )
    (s9,) = figure(made, 9)["panels"]
    assert s9["kernel"]["name"] == "eis.before_after"
    assert [file["name"] for file in s9["files"]] == [f"SIM-solid-433522-cycle-{n}.eis.csv" for n in (0, 50)]


def test_each_panel_names_sample_file_hash_kernel_and_run(made):
    for entry in made.json["figures"]:
        for panel in entry["panels"]:
            assert panel["simulated"]
            assert panel["run"] in made.html
            assert f'href="/runs/{panel["run"]}/"' in made.page
            assert panel["files"]
            for file in panel["files"]:
                assert file["sha256"] == made.hashes[file["name"]]
                assert file["sha256"] in made.html
                assert f'href="/files/{file["id"]}/"' in made.page


def test_the_file_stands_alone(made):
    assert "<script" not in made.html
    assert not re.findall(r'(?:src|href)="(?!data:)', made.html)
    panels = sum(len(entry["panels"]) for entry in made.json["figures"])
    assert made.html.count("data:image/svg+xml;base64,") == panels == 3
    assert made.html.count("138.8") == 1


def test_the_zip_has_document_drawings_tables_and_sources(made):
    assert made.zip["Content-Disposition"] == 'attachment; filename="demo-supporting-information.zip"'
    with zipfile.ZipFile(io.BytesIO(made.zip.content)) as archive:
        names = {name.removeprefix("supporting-information/") for name in archive.namelist()}
        sources = json.loads(archive.read("supporting-information/sources.json"))
        drawing = archive.read("supporting-information/figures/S7a.svg").decode()
    assert {"supporting-information.html", "supporting-information.tex", "tables/table-s1.csv"} <= names
    assert {"figures/S7a.pdf", "figures/S7a.svg", "figures/S8a.pdf", "figures/S9a.pdf"} <= names
    assert sources == made.json
    assert "Capacity / mAh/g" in drawing
    assert made.zip.content == made.again


def test_the_source_compiles(made, tmp_path):
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdfLaTeX is not installed: apt-get install texlive-latex-extra texlive-science")
    with zipfile.ZipFile(io.BytesIO(made.zip.content)) as archive:
        archive.extractall(tmp_path)
    ended = subprocess.run(
        [
            program,
            "-no-shell-escape",
            "-interaction=nonstopmode",
            "-halt-on-error",
            "supporting-information.tex",
        ],
        cwd=tmp_path / "supporting-information",
        capture_output=True,
        timeout=120,
    )
    log = ended.stdout.decode(errors="replace")
    assert ended.returncode == 0, log[-2000:]
    assert re.search(r"Output written on supporting-information.pdf \(\d+ pages", log)


def test_only_members_see_it_and_the_admin_offers_it(client):
    project = factories.project()
    address = f"projects/{project.slug}/supporting-information/"
    expected = {"anonymous": 401, "stranger": 404, "viewer": 200, "editor": 200, "owner": 200, "admin": 200}
    for role, api in rest.cast_of(project).items():
        assert api.get(address).status_code == expected[role], role
        assert api.get(f"{address}?format=latex").status_code == expected[role], role
    assert client.get(f"/{address}").status_code == 302
    client.force_login(factories.user())
    assert client.get(f"/{address}").status_code == 404
    assert client.get(f"/{address}zip/").status_code == 404
    rest.problem(rest.client(factories.owner_of(project)).get(f"{address}?format=docx"), 400)
    client.force_login(factories.admin())
    assert f"/{address}" in client.get(f"/admin/accounts/project/{project.pk}/change/").content.decode()
    asked = {"action": "send_supporting_information", "_selected_action": [str(project.pk)]}
    sent = client.post("/admin/accounts/project/", asked)
    assert sent["Content-Type"] == "application/zip"
    assert client.get(f"/{address}").status_code == 200
    assert client.get(f"/{address}docx/").status_code == 404
