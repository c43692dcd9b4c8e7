"""A scientist's walk through the admin in Chromium, on a whole site: from powders to the capacity of a cell."""

import re

import pytest

from tests.running_site import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.services]

FILE = "electrochemistry/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"
ACTIVE_MASS = 2.10e-3  # g


@pytest.fixture
def page(chromium, running_site):
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, color_scheme="light")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    problems = []
    opened.on("pageerror", lambda error: problems.append(error.stack or str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.site = f"http://127.0.0.1:{running_site.port}"
    sign_in(opened)
    yield opened
    context.close()
    assert not problems


def sign_in(page):
    page.goto(f"{page.site}/admin/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_selector("text=Newest files")


def choose(page, field, text):
    """Types into an autocomplete and takes what it offers."""
    page.locator(f"select[name='{field}'] + .select2 .select2-selection").click()
    page.locator(".select2-search__field").last.fill(text)
    page.locator(".select2-results__option:not(.loading-results)", has_text=text).first.click()


def save(page):
    page.click("[name=_save]")
    page.wait_for_load_state()


def picture(page, folder, name):
    page.screenshot(path=folder / f"admin-{name}.png", full_page=True)


def value_of(page, quantity, unit):
    row = page.locator("tr", has=page.get_by_role("cell", name=quantity, exact=True)).first
    found = re.search(rf"([\d.]+)\s*{re.escape(unit)}", row.inner_text())
    assert found, row.inner_text()
    return float(found[1])


def record_the_composite(page, folder):
    page.goto(f"{page.site}/admin/")
    page.click("text=Record a process")
    page.select_option("[name=project]", label="Demo lab")
    page.select_option("[name=kind]", "co-sintering")
    for row, material in enumerate(("NCM622", "LLZTO", "LBO")):
        choose(page, f"inputs-{row}-material", material)
    page.fill("[name=ratio_text]", "43%:35%:25%")
    assert "percentages must add to 100" in page.locator(".co-ratio").inner_text()
    page.fill("[name=thermal_steps-0-target]", "100 degC")
    page.click("#thermal_steps-group .add-row >> visible=true")
    page.fill("[name=thermal_steps-1-target]", "700 kg")
    page.click("#thermal_steps-group .delete-template >> visible=true >> nth=0")
    assert page.input_value("[name=thermal_steps-0-target]") == "700 kg"  # what was typed below a row that goes stays
    page.fill("[name=thermal_steps-0-dwell]", "1 h")
    page.fill("[name=outputs-0-new_code]", "CC-WALK")
    page.select_option("[name=outputs-0-new_kind]", "composite_cathode")
    save(page)
    picture(page, folder, "process-refused")
    assert page.locator("text=is a mass; a temperature").count() == 1
    assert page.locator('text=of "43%:35%:25%" add to 103, not to 100').count() == 1
    page.fill("[name=ratio_text]", "43:35:22")
    page.fill("[name=thermal_steps-0-target]", "700 degC")
    said = page.locator(".co-ratio").inner_text()
    assert "NCM622 43 % · LLZTO 35 % · LBO 22 %" in said
    save(page)
    page.wait_for_selector("text=added successfully")


def build_the_cell(page, folder):
    page.goto(f"{page.site}/admin/samples/cell/add/")
    page.select_option("[name=project]", label="Demo lab")
    page.fill("[name=code]", "CELL-WALK")
    page.select_option("[name=cell_type]", "cathode|Li")
    page.fill("[name=active_mass]", "2.10 mg")
    page.fill("[name=configuration]", "NCM622/LLZT/Li")
    page.wait_for_selector("text=LLZT is not a known material; did you mean LLZTO")
    page.click("text=write LLZTO")
    page.wait_for_function("document.querySelector('[name=layers-2-materials]')?.value === 'Li'")
    roles = [page.input_value(f"[name=layers-{row}-role]") for row in range(3)]
    assert roles == ["cathode", "electrolyte", "anode"]
    page.fill("[name=layers-0-materials]", "")
    choose(page, "layers-0-sample", "CC-WALK")
    page.wait_for_function("document.querySelector('[name=configuration]').value === 'NCM622+LLZTO+LBO/LLZTO/Li'")
    save(page)
    page.wait_for_selector("text=added successfully")
    page.click("#result_list a:has-text('CELL-WALK')")
    assert page.locator(".co-configuration").inner_text() == "NCM622+LLZTO+LBO/LLZTO/Li"
    picture(page, folder, "cell")


def drop_the_file(page, folder, path):
    page.goto(f"{page.site}/admin/measurements/celltest/add/")
    page.select_option("[name=sample]", label="CELL-WALK")
    page.fill("[name=temperature]", "298.15 K")
    page.set_input_files("[name=files]", path)
    assert "C09.mpr" in page.locator("[data-drop-list]").inner_text()
    save(page)
    # From here on nobody touches the page: it follows the worker by itself.
    page.wait_for_selector("td:has-text('Initial discharge capacity')", timeout=60_000)
    page.wait_for_selector("[data-live]", state="detached", timeout=60_000)
    page.wait_for_selector("option[value=cycling][selected]", state="attached")
    picture(page, folder, "cell-test")


def test_from_powders_to_the_capacity_of_a_cell(page, shared_data, screenshots):
    record_the_composite(page, screenshots)
    build_the_cell(page, screenshots)
    drop_the_file(page, screenshots, shared_data / FILE)
    per_mass = value_of(page, "Initial discharge capacity", "mAh/g")
    total = value_of(page, "Initial discharge capacity (total)", "mAh")
    assert per_mass == pytest.approx(total / ACTIVE_MASS, rel=2e-3)
    assert 0.7 < total < 0.9
    assert page.locator("text=exceeds theoretical capacity").count() >= 1
    page.click("a:has-text('run of cycling.capacity') >> nth=0")
    page.wait_for_selector("text=Values it read")
    picture(page, screenshots, "run")

    page.goto(f"{page.site}/admin/comparisons/comparison/add/")
    page.select_option("[name=project]", label="Demo lab")
    page.fill("[name=title]", "The walk")
    choose(page, "rows-0-subject", "CELL-WALK")
    page.click("[name=_continue]")
    page.wait_for_selector(".co-headline td:has-text('NCM622+LLZTO+LBO/LLZTO/Li')")
    assert str(round(per_mass, 1)) in page.locator(".co-headline table").inner_text()
    picture(page, screenshots, "comparison")
