"""A student's first day in Chromium, from an empty project to the comparison: by mouse, on a phone, by keyboard only.

`DOCS_IMAGES=1` has the walk on the desktop write the pictures of the how-to guides.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo.simulate import CyclingSpec, simulate_cycling
from tests.browser.conftest import LOOKS
from tests.running_site import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.services]

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
CAPACITY = 138.8  # mAh/g, of the simulated cell
TABS = 150
POWDERS = ("NCM622", "LLZTO", "LBO")


class Mouse:
    """A person who points, on a screen or with a finger."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def fill(self, name: str, text: str) -> None:
        self.page.fill(f"[name={name}]", text)

    def select(self, name: str, label: str) -> None:
        self.page.select_option(f"[name={name}]", label=label)

    def press(self, label: str) -> None:
        """Presses a button or follows a link of that name."""
        self.page.locator(f"button:visible:text-is('{label}'), a:visible:text-is('{label}')").first.click()

    def choose_file(self, path: Path) -> None:
        self.page.set_input_files("input[type=file]", path)


class Keyboard(Mouse):
    """A person who only types: every field and button is reached by the tab key."""

    def fill(self, name: str, text: str) -> None:
        self._go_to(f"e.name === '{name}'")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def select(self, name: str, label: str) -> None:
        self._go_to(f"e.name === '{name}'")
        chosen = "document.activeElement.selectedOptions[0].textContent.trim()"
        self.page.keyboard.press("Home")
        for _ in range(TABS):
            if self.page.evaluate(chosen) == label:
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{self.page.url}: the arrow keys do not lead to {label} in {name}")

    def press(self, label: str) -> None:
        self._go_to(f"['A', 'BUTTON'].includes(e.tagName) && e.textContent.trim() === '{label}'")
        self.page.keyboard.press("Enter")

    def choose_file(self, path: Path) -> None:
        self.page.on("filechooser", lambda chooser: chooser.set_files(path))
        self._go_to("e.type === 'file'")
        self.page.keyboard.press("Enter")

    def _go_to(self, wanted: str) -> None:
        for _ in range(TABS):
            if self.page.evaluate(f"(e => Boolean({wanted}))(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{self.page.url}: the tab key does not lead to what is {wanted}")


WALKS = {
    "desktop-light": (LOOKS["desktop-light"], Mouse),
    "phone-dark": (LOOKS["phone"] | {"color_scheme": "dark"}, Mouse),
    "keyboard": (LOOKS["desktop-dark"], Keyboard),
}


@pytest.fixture(params=WALKS)
def walk(request, chromium, running_site, screenshots):
    """A page of the site, the person who uses it, the name of the walk and where pictures go."""
    look, kind = WALKS[request.param]
    context = chromium.new_context(**look, base_url=f"http://127.0.0.1:{running_site.port}")
    page = context.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(error.stack or str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    name = request.param

    def picture(title: str) -> None:
        if name == "desktop-light" and os.environ.get("DOCS_IMAGES"):
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=IMAGES / f"{title}.png")
        page.screenshot(path=screenshots / f"day-{title}-{name}.png", full_page=True)

    yield page, kind(page), str(1 + list(WALKS).index(name)), picture
    context.close()
    assert not problems


def save(page: Page, person: Mouse) -> None:
    person.press("Save")
    page.locator(".notice--good", has_text="is recorded").wait_for()


def pictures_of_the_demo(page: Page, picture: Callable[[str], None], comparison: str) -> None:
    """What the first page of the project's own description shows."""
    page.goto(comparison)
    picture("table-s1")
    page.goto("/cells/demo/SIM-solid-433522/")
    page.get_by_role("link", name="galvanostatic cycling").first.click()
    page.wait_for_selector("figure.chart svg .chart__axis")
    picture("measurement")
    page.goto("/lineage/comparison/simulated-cells/?direction=up")
    page.wait_for_load_state("networkidle")
    picture("lineage")


def test_from_an_empty_project_to_the_comparison(walk, tmp_path):
    page, person, number, picture = walk
    project, slug = f"First day {number}", f"first-day-{number}"
    page.goto("/")
    person.fill("username", "admin")
    person.fill("password", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Sign in").wait_for(state="detached")

    page.goto("/projects/")
    person.fill("name", project)
    person.fill("slug", slug)
    person.press("Begin")
    page.wait_for_url(f"**/projects/{slug}/")

    page.goto("/new/sample/")
    person.select("project", project)
    person.fill("code", f"LBO-{number}")
    person.select("kind", "powder")
    person.fill("material", "LBO")
    picture("add-sample")
    save(page, person)

    page.goto("/new/process/")
    person.select("project", project)
    person.select("kind", "co-sintering")
    for row, material in enumerate(POWDERS):
        person.fill(f"inputs-{row}-material", material)
    person.fill("ratio_text", "43:35:22")
    person.fill("thermal_steps-0-target", "700 degC")
    person.fill("thermal_steps-0-dwell", "1 h")
    person.fill("outputs-0-new_code", f"CC-{number}")
    person.select("outputs-0-new_kind", "composite cathode")
    assert "NCM622 43 % · LLZTO 35 % · LBO 22 %" in page.locator(".co-ratio").inner_text()
    picture("add-process")
    save(page, person)

    page.goto("/new/cell/")
    person.select("project", project)
    person.fill("code", f"CELL-{number}")
    person.fill("configuration", "NCM622/LLZTO/Li")
    person.fill("active_mass", "2.10 mg")
    expect(page.locator("[name=layers-2-materials]")).to_have_value("Li")  # the layers follow the text
    picture("add-cell")
    save(page, person)

    file = tmp_path / f"CELL-{number}_C01.csv"
    file.write_bytes(simulate_cycling(CyclingSpec(first_capacity=CAPACITY, cycles=2, interval=600))[0])
    page.goto("/upload/")
    person.choose_file(file)
    expect(page.locator(".files input").first).to_have_value(f"{slug}/CELL-{number}")
    picture("upload")
    person.press("Send")
    page.get_by_text("Recognised as").first.wait_for()

    page.goto(f"/cells/{slug}/CELL-{number}/")
    expect(page.locator("main")).to_contain_text("138.8", timeout=90_000)  # the page follows the worker
    expect(page.locator("#measurements-live [data-state=running]")).to_have_count(0, timeout=90_000)
    picture("cell")

    page.goto("/comparisons/table-s1/")
    person.fill("title", f"My cells {number}")
    person.fill("slug", f"my-cells-{number}")
    person.press("Save the copy")
    page.wait_for_url(f"**/comparisons/my-cells-{number}/")
    person.fill("find", f"CELL-{number}")
    page.get_by_role("button", name=f"Add CELL-{number}").wait_for()
    person.press("Add")
    page.locator(".notice--good").wait_for()
    row = page.locator("tbody tr", has_text=re.compile("NCM622")).last
    expect(row).to_contain_text("138.8")
    picture("compare")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    if os.environ.get("DOCS_IMAGES"):
        pictures_of_the_demo(page, picture, f"/comparisons/my-cells-{number}/")
