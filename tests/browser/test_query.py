"""Typing a query: proposals by the keyboard, the parse shown back, a fault in its place, and the list that is found."""

import pytest

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_query_is_completed_understood_and_asked(open_page, screenshots):
    project = factories.project()
    cell, other = factories.cell(project), factories.cell(project, active_mass="0.5 mg")
    opened = open_page("desktop-light", factories.owner_of(project))
    page = opened.goto("/cells/")
    box = page.get_by_label("Query", exact=True)
    box.click()
    page.keyboard.type("materi")
    page.get_by_role("option", name="material:").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert box.input_value() == "material:"
    page.keyboard.type("LLZ")
    page.get_by_role("option", name="LLZTO").click()
    page.keyboard.type("and active_mass > 1 degC")
    page.get_by_text("a mass such as 2.10 mg or 0.0021 g is needed").wait_for()
    assert page.locator(".query__mark mark").inner_text() == "1 degC"
    page.screenshot(path=screenshots / "query-fault.png")
    for _ in "degC":
        page.keyboard.press("Backspace")
    page.keyboard.type("mg")
    page.get_by_text("Found by: material = LLZTO and active mass > 1 mg").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=material**")
    assert page.get_by_role("link", name=cell.code).is_visible()
    assert page.get_by_role("link", name=other.code).count() == 0
    page.screenshot(path=screenshots / "query-found.png")
    opened.problems[:] = [one for one in opened.problems if "422" not in one]
    opened.assert_clean()
