"""A comparison, walked as a person does: cells, a far column, only what differs, saved, shared, frozen, changed."""

import re

import pytest

from accounts.models import Membership
from analysis_tasks.services import planning
from comparisons.services import create_comparison
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.services import receive_file
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
COLUMNS = ("configuration", "temperature", "initial_discharge_capacity", "cycle_count")


@pytest.fixture
def lab(settings, monkeypatch, transactional_db):
    """Two cells of different capacity, analysed, and a comparison without rows."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    plan = planning.plan_kernels
    monkeypatch.setattr(
        planning, "plan_kernels", lambda *data: [k for k in plan(*data) if k.name == "cycling.capacity"]
    )
    project = factories.project()
    owner = factories.owner_of(project)
    cells = [factories.cell(project) for _ in range(2)]
    for cell, capacity in zip(cells, (138.8, 120.0), strict=True):
        content = simulate_cycling(CyclingSpec(cycles=1, first_capacity=capacity, interval=600))[0]
        conditions = {"temperature": "80 °C"}
        receive_file(actor=owner, subject=cell, name="a.csv", chunks=[content], conditions=conditions)
    create_comparison(actor=owner, project=project, slug="mine", title="Mine", columns=COLUMNS)
    assert Membership.objects.get(user=owner).role == "owner"
    return owner, cells


def test_a_comparison_is_made_looked_at_shared_frozen_and_told_what_changed(open_page, lab, screenshots):
    owner, cells = lab
    opened = open_page(user=owner)
    page = opened.goto("/comparisons/mine/")
    page.set_default_timeout(8000)
    for cell in cells:
        page.get_by_label("Add by the code of a cell").fill(cell.code)
        page.get_by_role("button", name=f"Add {cell.code}").click()
        page.get_by_text("was added").wait_for()
    page.get_by_text("Look at it in another way").click()
    page.get_by_label("Of", exact=True).select_option("ancestor(process:co-sintering)")
    page.get_by_label("What", exact=True).fill("temperature")
    page.get_by_label("Unit", exact=True).fill("K")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Temperature of co-sintering (K)", exact=True).wait_for()
    page.get_by_label("Only what differs").check()
    page.get_by_label("Hold against").select_option(cells[0].code)
    page.get_by_role("button", name="Show").click()
    page.locator("#caption", has_text="Same for all").wait_for()
    assert "Temperature of co-sintering (K) 973.1" in page.locator("#caption").inner_text()
    page.get_by_text("is simulated; nothing is held against it unless simulated rows count").wait_for()
    page.get_by_label("Simulated rows count").check()
    page.get_by_role("button", name="Show").click()
    assert page.locator(".deviation").first.inner_text().startswith("−18.8")
    page.get_by_label("Draw").select_option("bars")
    page.get_by_label("y (two columns, bars)").select_option("initial_discharge_capacity")
    page.get_by_role("button", name="Show").click()
    page.locator(".chart__bar-of").nth(1).wait_for()
    page.screenshot(path=screenshots / "comparison-view.png", full_page=True)
    page.get_by_label("Draw").select_option("cycles")
    page.get_by_label("Panels by").select_option("initial_discharge_capacity")
    page.get_by_role("button", name="Show").click()
    page.locator(".panels .chart svg").nth(1).wait_for()
    page.screenshot(path=screenshots / "comparison-overlay.png", full_page=True)
    page.get_by_role("button", name="Save this view for everybody").click()
    page.get_by_text("everybody sees the comparison like this first").wait_for()
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#new-share").input_value()
    stranger = open_page()
    shown = stranger.goto(link.removeprefix(stranger.address))
    shown.get_by_text("Same for all").wait_for()
    shown.locator(".panels .chart svg").nth(1).wait_for()
    own = shown.locator(".title__actions a, .sheet__foot a[download]")
    assert shown.locator("a").count() == own.count() > 0
    page.get_by_label("What for").fill("as submitted")
    page.get_by_role("button", name="Freeze this table").click()
    page.get_by_text("Every number would be the same today.").wait_for()
    page.locator(".panels .chart svg").nth(1).wait_for()
    frozen = page.url
    page = opened.goto(cells[0].get_absolute_url())
    page.get_by_label("Active mass", exact=True).fill("2.80 mg")
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    page.wait_for_load_state("networkidle")
    page = opened.goto(frozen.removeprefix(opened.address))
    page.get_by_text("1 number would change today").wait_for()
    changes = page.locator("section", has=page.get_by_role("heading", name="What would be different today"))
    assert "Active mass was 2.1 mg and is 2.8 mg" in changes.inner_text()
    page.screenshot(path=screenshots / "comparison-frozen.png", full_page=True)
    opened.assert_clean()
    stranger.assert_clean()
