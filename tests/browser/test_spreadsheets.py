"""A spreadsheet with three mistakes in a real browser: named, mended, applied, undone; the labels beside it."""

import io

import pytest
import xlsxwriter

from samples.models import Sample
from tests import factories
from tests.browser.conftest import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROWS = [
    ("code", "kind", "material", "amount (mg)"),
    ("P 1", "powder", "LBO", "250"),
    ("P-2", "powder", "LBX", "250"),
    ("P-3", "powder", "LBO", "two"),
    ("P-4", "powder", "LBO", "250"),
]


def workbook():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(ROWS):
            sheet.write_row(line, 0, row)
    return buffer.getvalue()


def test_three_mistakes_are_named_mended_applied_and_undone(open_page, screenshots):
    project = factories.project()
    factories.material("LBO")
    opened = open_page("desktop-light", factories.member(project, "editor"))
    page = opened.goto("/spreadsheets/")
    file = {"name": "powders.xlsx", "mimeType": "application/octet-stream", "buffer": workbook()}
    page.set_input_files("input[name=file]", file)
    page.select_option("select[name=project]", project.slug)
    page.screenshot(path=screenshots / "sheets-desktop-light.png", full_page=True)
    page.click("text=See what it does")
    assert page.locator("tr[data-does=wrong]").count() == 3
    assert page.locator("tr[data-does=new]").count() == 1
    said = page.locator(".field__error").all_inner_texts()
    assert ["no spaces" in said[0], "no material LBX" in said[1], "two" in said[2]] == [True] * 3
    for look in LOOKS:
        page.set_viewport_size(LOOKS[look]["viewport"])
        page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
        page.screenshot(path=screenshots / f"sheet-wrong-{look}.png", full_page=True)
        opened.assert_clean()
    for label, text in (("code", "P-1"), ("material", "LBO"), ("amount (mg)", "0.25 g")):
        page.get_by_label(label, exact=True).fill(text)
    page.click("text=Look again")
    assert page.locator("tr[data-does=new]").count() == 4
    page.screenshot(path=screenshots / "sheet-right.png", full_page=True)
    assert not Sample.objects.exists()
    page.click("text=Apply all 4 rows")
    page.wait_for_selector("text=powders.xlsx was applied.")
    assert [sample.amount for sample in Sample.objects.all()] == [0.25] * 4
    page.click("text=Undo this import")
    page.wait_for_selector("text=powders.xlsx was undone.")
    assert not Sample.objects.exists()
    page.screenshot(path=screenshots / "sheet-undone.png", full_page=True)
    opened.assert_clean()
