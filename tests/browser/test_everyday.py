"""Everyday pages in a real browser: drawn without an error and within the window, in each look."""

import uuid
from functools import partial
from types import SimpleNamespace

import pytest

from accounts import writing
from accounts.services import invite
from custom.services import create_field
from notes.models import Notice
from notes.services import add_comment, attach
from samples.models import Term
from tests import factories
from tests.browser.conftest import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lab():
    project = factories.project(factories.user("ada", first_name="Ada", last_name="Lovelace", is_superuser=True))
    owner = factories.owner_of(project)
    cell = factories.cell(project, active_mass=None)
    sample = cell.layers.get(role="cathode").sample
    words = "Looks grey on one side; was the furnace door closed?\nSee https://example.org/a"
    add_comment(sample, actor=owner, text=words)
    add_comment(sample, actor=factories.member(project, "editor"), text="It was. The crucible had a crack.")
    attach(sample, actor=owner, name="certificate-of-analysis.pdf", chunks=[b"%PDF"], description="From the supplier")
    kept, _ = attach(sample, actor=owner, name="run-1.csv", chunks=[b"a,b"])
    type(kept).objects.filter(pk=kept.pk).update(reader="bdf_csv")
    add = partial(create_field, actor=owner, project=project, on="sample")
    add(key="humidity", label="Humidity", kind="number", unit="%", required=True, description="Of the room.")
    add(key="bench", label="Bench", kind="choice", choices=["Glove box 1", "Fume hood"], order=1)
    add(key="opened", label="Opened", kind="date", order=2)
    writing.change(sample, actor=owner, tags=["paper 2", "cracked"], fields={"humidity": "31 %", "bench": "Fume hood"})
    for word in ("MCG", "agglomerates"):
        writing.create(Term(vocabulary="morphology", label=word), actor=owner)
    invite(actor=owner, project=project, role="editor", email="grace@example.org")
    Notice.objects.create(
        user=owner,
        cause=uuid.uuid4(),
        title="eis.circuit_fit 1 failed on CELL-10",
        text="No impedance data.",
        address="/",
    )
    return SimpleNamespace(project=project, owner=owner, sample=sample, cell=cell)


def test_every_page_fits_every_look(lab, open_page, screenshots):
    other = lab.sample.production.process.inputs.first().sample
    pages = {
        "sample": lab.sample.get_absolute_url(),
        "fields": f"/fields/sample/{lab.sample.pk}/",
        "samples": "/samples/",
        "projects": "/projects/",
        "project": lab.project.get_absolute_url(),
        "project-field": f"/projects/{lab.project.slug}/fields/new/",
        "people": "/people/",
        "settings": "/settings/",
        "notices": "/notices/",
        "incomplete": "/incomplete/",
        "vocabularies": "/vocabularies/",
        "merge": f"/merge/sample/{other.pk}/?into={lab.sample.code}",
    }
    for look in LOOKS:
        opened = open_page(look, lab.owner)
        for name, address in pages.items():
            page = opened.goto(address)
            page.screenshot(path=str(screenshots / f"everyday-{name}-{look}.png"), full_page=True)
            opened.assert_clean()
