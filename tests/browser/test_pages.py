"""Every page in a real browser: nothing on the console, no policy violated, nothing wider than the window."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from accounts import writing
from accounts.services import create_project
from comparisons.models import Comparison
from demo import lab as demo
from demo import simulated
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import CellTest, Measurement, RawFile
from measurements.services import receive_file
from samples.models import Cell, Process, Publication, Sample
from samples.services import create_cell
from tests import factories
from tests.browser.conftest import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DROP = """
    ([files, target]) => {
        const data = new DataTransfer();
        for (const [name, text] of files) data.items.add(new File([text], name));
        for (const type of ["dragenter", "dragover", "drop"]) {
            const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
            document.querySelector(target).dispatchEvent(event);
        }
    }
"""
SIDEWAYS = """
    [...document.querySelectorAll(".simplebar-content-wrapper")]
        .filter((part) => part.scrollWidth > part.clientWidth + 1).length
"""
SKIN: tuple[str, ...] = ()
"""Rules of axe that the admin's skin breaks by itself."""
TABLE = "a,b,c\n0,3.0,1.5\n1,3.1,1.5\n2,3.2,1.5\n3,3.3,1.5\n"


@pytest.fixture
def anna(settings, transactional_db):
    """Who may do everything."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    return get_user_model().objects.create_superuser("anna", "", "password")


@pytest.fixture
def small_lab(anna) -> SimpleNamespace:
    """A project with a composite, and what `lab` has beside the demo lab."""
    project = create_project(actor=anna, slug="demo", name="Demo lab")
    for name in ("NCM622", "LLZTO", "Li"):
        factories.material(name, anna)
    writing.create(Sample(project=project, code="CC-433522", kind="composite_cathode"), actor=anna)
    return with_open_ends(project, anna)


@pytest.fixture
def lab(monkeypatch, anna) -> SimpleNamespace:
    """The demo lab, a cell without mass, a table that needs its columns named and a file nobody can read."""
    monkeypatch.setattr(
        simulated, "TESTS", [test for test in simulated.TESTS if test.figure in {"Fig. S7a", "Fig. S8b"}]
    )
    return with_open_ends(demo.load(), anna)


def with_open_ends(project, admin) -> SimpleNamespace:
    """A cell without mass, a table that needs its columns named and a file nobody can read."""
    massless = create_cell(
        actor=admin, project=project, code="NCM-17", configuration="NCM622/LLZTO/Li", cell_type="cathode|Li"
    )
    asking = receive_file(actor=admin, subject=massless, name="cycler-export.csv", chunks=[TABLE.encode()])
    picture = b"\x89PNG\r\n\x1a\n" + bytes(200)
    receive_file(actor=admin, subject=massless, name="NCM-17_C03.mpr", chunks=[picture], technique="eis")
    return SimpleNamespace(user=admin, project=project, massless=massless, asking=asking.measurement)


def pages(lab) -> dict[str, str]:
    """A name and the address of every page that people work in."""
    cell = Cell.objects.get(code="SIM-solid-433522")
    measurement = Measurement.objects.get(sample=cell, technique="cycling")
    return {
        "home": "/",
        "samples": "/samples/",
        "sample": Sample.objects.get(code="CC-433522").get_absolute_url(),
        "sample-simulated": Sample.objects.get(code="SIM-CC-433522").get_absolute_url(),
        "process": Process.objects.filter(kind="co-sintering").first().get_absolute_url(),
        "cells": "/cells/",
        "cell": cell.get_absolute_url(),
        "cell-massless": lab.massless.get_absolute_url(),
        "measurements": "/measurements/",
        "measurement": measurement.get_absolute_url(),
        "measurement-asks": lab.asking.get_absolute_url(),
        "measurement-reported": Measurement.objects.filter(publication__label="[46]").get().get_absolute_url(),
        "run": measurement.runs.get(release__name="cycling.capacity").get_absolute_url(),
        "runs": "/runs/",
        "upload": "/upload/",
        "comparisons": "/comparisons/",
        "table-s1": "/comparisons/table-s1/",
        "simulated-cells": "/comparisons/simulated-cells/",
        "materials": "/materials/",
        "material": "/materials/NCM622/",
        "publications": "/publications/",
        "publication": Publication.objects.get(label="[45]").get_absolute_url(),
        "search": "/search/?q=LLZTO",
        "new-process": "/new/process/",
        "change-process": f"/change/process/{Process.objects.filter(kind='co-sintering').first().pk}/",
        "change-cell": f"/change/cell/{cell.pk}/",
        "new-test": "/new/test/",
    }


def test_every_page_in_every_look(lab, open_page, screenshots):
    addresses, barriers = pages(lab), []
    for look in LOOKS:
        opened = open_page(look, lab.user)
        for name, address in addresses.items():
            page = opened.goto(address)
            if name == "measurement":
                page.wait_for_selector("figure.chart svg .chart__axis")
            page.screenshot(path=screenshots / f"{name}-{look}.png", full_page=True)
            opened.assert_clean()
            if look != "phone":
                barriers += opened.barriers()
    assert not barriers, "\n".join(barriers)


def admin_pages() -> dict[str, str]:
    """A name and the address of the admin's pages that a scientist works in."""

    def change(record) -> str:
        meta = record._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])

    cell = Cell.objects.get(code="SIM-solid-433522")
    test = CellTest.objects.get(sample=cell, technique="cycling")
    records = {
        "sample": Sample.objects.get(code="CC-433522"),
        "process": Process.objects.filter(kind="co-sintering").first(),
        "cell": cell,
        "cell-test": test,
        "run": test.runs.get(release__name="cycling.capacity"),
        "user": get_user_model().objects.get(username="anna"),
    }
    lists = ("samples_sample", "samples_process", "samples_cell", "measurements_celltest", "analysis_tasks_result")
    return {
        "start": reverse("admin:index"),
        **{f"list-{name}": reverse(f"admin:{name}_changelist") for name in lists},
        "process-new": reverse("admin:samples_process_add"),
        "cell-new": reverse("admin:samples_cell_add"),
        "token-new": reverse("admin:accounts_token_add"),
        **{name: change(record) for name, record in records.items()},
    }


def test_the_admin_in_every_look(lab, open_page, screenshots):
    barriers = []
    for look in LOOKS:
        opened = open_page(look, lab.user)
        for name, address in {**admin_pages(), "tokens": reverse("tokens")}.items():
            page = opened.goto(address)
            page.screenshot(path=screenshots / f"admin-{name}-{look}.png", full_page=True)
            assert not opened.problems, (address, opened.problems)
            assert not page.evaluate(SIDEWAYS), (look, name, "a list scrolls sideways")
            if look != "phone":
                barriers += opened.barriers(*SKIN)
    assert not barriers, "\n".join(barriers)


def test_sign_in_by_keyboard_and_choose_the_dark(anna, open_page, screenshots):
    opened = open_page()
    page = opened.goto("/cells/")
    assert "/sign-in/" in page.url
    page.screenshot(path=screenshots / "sign-in-desktop-light.png")
    assert page.evaluate("document.activeElement.name") == "username"
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("password")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{opened.address}/cells/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop leads past the navigation"
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_text("anna", exact=True).click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    opened.assert_clean()


def test_dropped_files_are_proposed_sent_and_reported(small_lab, open_page, screenshots):
    lab = small_lab
    opened = open_page(user=lab.user)
    page = opened.goto("/upload/")
    text = simulate_cycling(CyclingSpec(cycles=2))[0].decode()
    page.evaluate(DROP, [[["2026-11_NCM-17_C01.csv", text], ["notes.csv", TABLE]], ".drop"])
    rows = page.locator(".files > li")
    rows.nth(1).wait_for()
    first = rows.nth(0)
    page.wait_for_function("document.querySelector('.files input').value === 'demo/NCM-17'")
    rows.nth(1).get_by_text("Choose the sample or cell it was measured on.").wait_for()
    rows.nth(1).get_by_role("button", name="Send").click()
    assert "Choose the sample or cell first." in rows.nth(1).inner_text()
    rows.nth(1).get_by_role("combobox").fill("demo/CC-433522")
    page.screenshot(path=screenshots / "upload-chosen-desktop-light.png", full_page=True)
    page.get_by_role("button", name="Send 2 files").click()
    first.get_by_text("Recognised as").wait_for()
    rows.nth(1).get_by_text("needs you").wait_for()
    page.screenshot(path=screenshots / "upload-sent-desktop-light.png", full_page=True)
    stored = RawFile.objects.get(name="2026-11_NCM-17_C01.csv")
    assert stored.measurement.sample == lab.massless.sample_ptr
    assert stored.measurement.runs.get(release__name="cycling.capacity").state == "succeeded"
    opened.assert_clean()


def test_a_table_is_mapped_on_the_measurements_page(small_lab, open_page):
    opened = open_page(user=small_lab.user)
    page = opened.goto(small_lab.asking.get_absolute_url())
    for column, term, unit in (
        ("a", "test_time_second", "h"),
        ("b", "voltage_volt", "V"),
        ("c", "current_ampere", "mA"),
    ):
        page.get_by_label(f"Meaning of {column}", exact=True).select_option(term)
        page.get_by_label(f"Unit of {column}", exact=True).fill(unit)
    page.get_by_label("The current is").select_option("charge-positive")
    page.get_by_role("button", name="Read with these columns").click()
    page.wait_for_selector("figure.chart svg .chart__axis")
    assert "is read with these columns" in page.inner_text("main")
    opened.assert_clean()


def test_a_cell_is_found_while_typing_and_added_to_a_copy_of_table_s1(lab, open_page):
    opened = open_page(user=lab.user)
    page = opened.goto("/comparisons/table-s1/")
    page.get_by_label("Address").fill("mine")
    page.get_by_role("button", name="Save the copy").click()
    page.wait_for_url("**/comparisons/mine/")
    page.get_by_label("Add by the code of a cell").press_sequentially("SIM-solid-4335")
    page.get_by_role("button", name="Add SIM-solid-433522").click()
    page.wait_for_selector(".notice--good")
    page.locator("tbody tr").nth(5).get_by_role("link", name="136").first.click()
    page.wait_for_url("**/runs/**")
    assert "SHA-256 of the file" in page.inner_text("main")
    assert Comparison.objects.get(slug="table-s1").rows.count() == 5
    assert Comparison.objects.get(slug="mine").rows.count() == 6
    opened.assert_clean()


def test_charts_are_read_zoomed_and_laid_over_each_other_by_the_keyboard(lab, open_page, screenshots):
    opened = open_page(user=lab.user)
    page = opened.goto(pages(lab)["measurement"])
    read_and_zoom(page)
    choose_cycles(page, screenshots)
    opened.assert_clean()


def read_and_zoom(page):
    place = "figure.chart[data-source*='/cycles/']"
    frame = page.locator(f"{place} .chart__frame")
    frame.focus()
    page.keyboard.press("Home")
    output = page.locator(f"{place} .chart__read")
    assert output.inner_text().startswith("Cycle 1")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert output.inner_text().startswith("Cycle 5")
    ticks = f"""[...document.querySelectorAll("{place} svg text")].map(t => t.textContent).join(' ')"""
    before = page.evaluate(ticks)
    page.keyboard.press("+")
    assert page.evaluate(ticks) != before
    page.keyboard.press("Escape")
    assert page.evaluate(ticks) == before


def choose_cycles(page, screenshots):
    figure = page.locator("figure.chart[data-source*='kind=curves']")
    lines = figure.locator(".chart__frame .chart__line")
    figure.locator("svg .chart__axis").wait_for()
    last = figure.locator(".chart__choice output").inner_text()
    assert lines.count() == 4, "charge and discharge of the first and the last cycle"
    figure.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    assert figure.locator(".chart__choice output").inner_text() != last
    figure.get_by_role("button", name="keep", exact=True).click()
    figure.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    assert lines.count() == 8, "three that are kept and the slider's own"
    figure.locator(".chart__frame").focus()
    page.keyboard.press("Home")
    assert re.match(r"Cycle \d+, charge +q 0 +V 3\.", figure.locator(".chart__read").inner_text())
    figure.screenshot(path=screenshots / "figure-curves.png")
    page.locator("figure.chart[data-source*='kind=differential']").screenshot(path=screenshots / "figure-dqdv.png")
