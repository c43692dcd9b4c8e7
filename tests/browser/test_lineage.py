"""The lineage page in a real browser: drawn, clean, every node a link, marks of simulated and stale records."""

import re

import pytest
from django.contrib.auth import get_user_model

from accounts.models import Project
from demo import lab as demo
from demo import simulated
from measurements.models import Measurement
from samples.models import Cell, Material, Sample
from samples.services import change_cell
from tests.browser.conftest import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def anna(settings, monkeypatch, transactional_db):
    """An administrator of the demo lab, where nothing is computed again by itself."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    anna = get_user_model().objects.create_superuser("anna", "", "password")
    monkeypatch.setattr(simulated, "TESTS", [test for test in simulated.TESTS if test.figure == "Fig. S8b"])
    demo.load()
    Project.objects.update(rerun_policy="never")
    return anna


def addresses():
    cell = Cell.objects.get(code="SIM-solid-433522")
    composite, material = Sample.objects.get(code="SIM-CC-433522"), Material.objects.get(name="LBO")
    capacity = Measurement.objects.get(sample=cell, technique="cycling").runs.get(release__name="cycling.capacity")
    return {
        "cell": f"/lineage/cell/{cell.pk}/",
        "comparison": "/lineage/comparison/table-s1/?direction=up",
        "composite": f"/lineage/sample/{composite.pk}/",
        "material": f"/lineage/material/{material.pk}/?direction=down",
        "run": f"/lineage/run/{capacity.pk}/?depth=2",
    }


def test_the_page_in_every_look(anna, open_page, screenshots):
    cell = Cell.objects.get(code="SIM-solid-433522")
    change_cell(cell, actor=anna, active_mass="2.5 mg")
    for look in LOOKS:
        opened = open_page(look, anna)
        for name, address in addresses().items():
            page = opened.goto(address)
            assert page.locator(".lineage__node").count() > 2, name
            page.screenshot(path=screenshots / f"lineage-{name}-{look}.png", full_page=True)
            opened.assert_clean()


def test_every_node_leads_to_its_record_and_the_choices_are_addresses(anna, open_page):
    cell = Cell.objects.get(code="SIM-solid-433522")
    opened = open_page("desktop-light", anna)
    page = opened.goto(f"/lineage/cell/{cell.pk}/")
    nodes = page.locator("svg.lineage a.lineage__link")
    assert nodes.count() == page.locator(".lineage-frame .lineage__node").count()
    page.get_by_role("link", name="what came of it").click()
    page.wait_for_load_state("networkidle")
    assert "direction=down" in page.url
    assert "material" not in {label.split(":")[0] for label in nodes.evaluate_all("all => all.map(a => a.ariaLabel)")}
    page.locator('svg.lineage a[aria-label^="run: cycling.capacity"]').click()
    page.wait_for_url(re.compile(r"/runs/"))
    opened.assert_clean()


def test_simulated_and_stale_records_are_marked(anna, open_page):
    cell = Cell.objects.get(code="SIM-solid-433522")
    address = f"/lineage/cell/{cell.pk}/?direction=down"
    page = open_page("desktop-light", anna).goto(address)
    assert page.locator(".lineage__node--stale").count() == 0
    assert page.locator(".lineage__node--simulated").count() >= 5
    change_cell(cell, actor=anna, active_mass="2.5 mg")
    page = open_page("desktop-light", anna).goto(address)
    stale = page.locator(".lineage__node--stale title").all_text_contents()
    assert {text.split(":")[0] for text in stale} == {"run", "result", "comparison"}
    assert any("active mass" in text for text in stale)


def test_the_graph_grows_and_shrinks(anna, open_page):
    opened = open_page("desktop-light", anna)
    page = opened.goto("/lineage/comparison/table-s1/?direction=up")
    drawing = page.locator(".lineage-frame > svg")
    before = drawing.bounding_box()["width"]
    page.get_by_role("button", name="Larger").click()
    assert drawing.bounding_box()["width"] == pytest.approx(before * 1.25, rel=0.01)
    opened.assert_clean()
