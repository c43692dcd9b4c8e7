"""Cells and catalogue in the admin: layers as rows or as one text, quantities with any unit, unknown names refused."""

import pytest
from django.test import Client

from samples.models import Cell, Material, Process
from samples.selectors import configuration_text
from tests import factories
from tests.admin_pages import add_page, browser, change_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(project):
    return browser(factories.member(project, "editor"))


@pytest.fixture
def page(editor, project):
    for name in ("NCM622", "LBO", "LLZTO", "Gel", "Li"):
        factories.material(name, factories.owner_of(project))
    return add_page(editor, "samples_cell")


def test_a_cell_from_its_configuration_text(page):
    page.send(code="C-1", configuration="NCM622+LBO+LLZTO/LLZTO/Gel/Li", active_mass="0.00210 g")
    cell = Cell.objects.get(code="C-1")
    assert configuration_text(cell) == "NCM622+LBO+LLZTO/LLZTO/Gel/Li"
    assert [layer.role for layer in cell.layers.all()] == ["cathode", "electrolyte", "interlayer", "anode"]
    assert cell.active_mass == pytest.approx(2.10)
    assert cell.active_mass_text == "0.00210 g"


def test_a_cell_from_samples_is_assembled(page, project):
    composite = factories.composite(project)
    rows = [
        {"role": "cathode", "sample": str(composite.pk)},
        {"role": "electrolyte", "materials": "LLZTO", "thickness": "1 mm"},
        {"role": "anode", "materials": "Li"},
    ]
    page.send(code="C-2", cathode_mass="4.8837 mg", **page.rows("layers", rows, start=0))
    cell = Cell.objects.get(code="C-2")
    assert configuration_text(cell) == "NCM622+LLZTO+LBO/LLZTO/Li"
    assert cell.active_fraction == pytest.approx(0.43)
    assert cell.active_mass == pytest.approx(2.10, abs=1e-4)
    assert cell.layers.get(role="electrolyte").thickness == pytest.approx(1000)
    assert cell.production.process.kind == "cell_assembly"


@pytest.mark.parametrize(
    ("typed", "place", "words"),
    [
        ({"configuration": "NCM62/LLZTO/Li"}, "configuration", "NCM62 is not a known material; did you mean NCM622?"),
        ({"configuration": "NCM622"}, "configuration", "one layer"),
        ({"active_mass": "-2 mg"}, "active_mass", "below 0 mg"),
        ({"active_mass": "0 mg"}, "active_mass", "greater than zero"),
        ({"active_mass": "2 cm"}, "active_mass", "is a length; a mass"),
        ({"active_fraction": "43"}, "active_fraction", "between 0 and 1"),
        ({"layers-0-materials": "NCM622+LBX", "layers-0-role": "cathode"}, "layers-0-materials", "LBX is not a known"),
        ({"layers-0-materials": "NCM622/Li", "layers-0-role": "cathode"}, "layers-0-materials", "row of its own"),
        ({"layers-0-role": "anode"}, "layers-0-materials", "name the materials"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_stored(page, typed, place, words):
    rows = {"layers-TOTAL_FORMS": "1"} if "layers-0-role" in typed else {}
    materials = Material.objects.count()
    again = page.send(code="C-3", **rows, **typed)
    assert words in " ".join(again.errors[place])
    assert not Cell.objects.exists()
    assert not Process.objects.exists()
    assert Material.objects.count() == materials


def test_text_and_rows_that_differ_are_refused(page):
    rows = page.rows("layers", [{"role": "anode", "materials": "Li"}], start=0)
    again = page.send(code="C-4", configuration="NCM622/LLZTO/Li", **rows)
    assert again.errors["configuration"] == [
        "The layers read Li, the text NCM622/LLZTO/Li. Change one of the two, not both."
    ]
    assert not Cell.objects.exists()


def test_text_and_rows_that_say_the_same_are_stored_with_their_samples(editor, page, project):
    composite = factories.composite(project)
    typed = [
        {"role": "cathode", "sample": str(composite.pk)},
        {"role": "electrolyte", "materials": "LLZTO", "thickness": "1 mm"},
        {"role": "anode", "materials": "Li"},
    ]
    page.send(code="C-5", configuration="ncm622+LLZTO+LBO/LLZTO/Li", **page.rows("layers", typed, start=0))
    cell = Cell.objects.get(code="C-5")
    assert (cell.layers.first().sample, cell.layers.all()[1].thickness) == (composite, 1000)
    again = change_page(editor, cell)
    again.send(configuration="NCM622+LLZTO+LBO/LBO/Li", **{"layers-1-materials": "LBO"})
    assert configuration_text(Cell.objects.get(pk=cell.pk)) == "NCM622+LLZTO+LBO/LBO/Li"


def ask(client, text, *rows):
    """What the form of a cell asks while it is typed; each row is role, sample, materials."""
    columns = dict(zip(("role", "sample", "materials"), zip(*rows, strict=True), strict=True)) if rows else {}
    return client.get("/admin/samples/cell/configuration/", {"text": text, **columns}).json()


def test_a_text_is_told_as_layers_and_rows_that_say_the_same_keep_their_samples(editor, page, project):
    composite = factories.composite(project)
    assert ask(editor, "NCM622+LBO+LLZTO/LLZTO/Gel/Li")["layers"] == [
        {"role": role, "materials": materials, "row": None, "thickness_of": None}
        for role, materials in (
            ("cathode", "NCM622+LBO+LLZTO"), ("electrolyte", "LLZTO"), ("interlayer", "Gel"), ("anode", "Li"),
        )
    ]  # fmt: skip
    rows = [("cathode", str(composite.pk), ""), ("electrolyte", "", "LLZTO"), ("anode", "", "Li")]
    told = ask(editor, "NCM622+LLZTO+LBO/Gel/LLZTO/Li", *rows)["layers"]
    assert [(layer["role"], layer["row"]) for layer in told] == [
        ("cathode", 0), ("electrolyte", None), ("electrolyte", 1), ("anode", 2)
    ]  # fmt: skip
    told = ask(editor, "NCM622+LLZTO+LBO/LLZTO+LBO/Li", *rows)["layers"]
    assert [(layer["row"], layer["thickness_of"]) for layer in told] == [(0, 0), (None, 1), (2, 2)]


def test_rows_are_told_as_a_text(editor, page, project):
    composite = factories.composite(project)
    rows = [("cathode", str(composite.pk), ""), ("", "", ""), ("electrolyte", "", "llzto"), ("anode", "", "Li")]
    assert ask(editor, "", *rows) == {"text": "NCM622+LLZTO+LBO/LLZTO/Li"}
    assert ask(editor, "", *rows[:2]) == {"text": ""}  # one layer is no configuration yet
    assert ask(editor, "") == {"text": ""}


def test_an_unknown_material_is_asked_about_and_never_made(editor, page):
    before = Material.objects.count()
    assert ask(editor, "NCM62/LLZTO/Li") == {
        "fault": "NCM62 is not a known material; did you mean NCM622? Create it first.",
        "unknown": "NCM62",
        "near": ["NCM622"],
    }
    assert ask(editor, "", ("cathode", "", "NCM62"), ("anode", "", "Li"))["unknown"] == "NCM62"
    assert "one layer" in ask(editor, "NCM622")["fault"]
    assert Material.objects.count() == before


def test_what_a_sample_one_may_not_see_is_made_of_is_not_told(page, project):
    hidden = factories.composite(factories.project())
    editor = browser(factories.member(project, "editor"))
    told = ask(editor, "", ("cathode", str(hidden.pk), ""), ("electrolyte", "", "LLZTO"), ("anode", "", "Li"))
    assert told == {"text": "LLZTO/Li"}
    assert Client().get("/admin/samples/cell/configuration/").status_code == 302


def test_a_full_number_survives_being_shown(editor, project):
    cell = factories.cell(project, active_mass=599.206134)
    page = change_page(editor, cell)
    assert page.fields["active_mass"] == "599.206134 mg"
    page.send(name="renamed")
    assert Cell.objects.get(pk=cell.pk).active_mass == 599.206134


def test_layers_are_shown_and_changed(editor, project):
    cell = factories.cell(project)
    page = change_page(editor, cell)
    assert page.fields["configuration"] == "NCM622+LLZTO+LBO/LLZTO/Li"
    assert page.fields["layers-0-materials"] == ""  # the sample's own
    assert page.fields["layers-1-materials"] == "LLZTO"
    assert page.send().status == 200
    assert Cell.objects.get(pk=cell.pk).version == cell.version
    page = change_page(editor, cell)
    page.send(**{"layers-1-materials": "LLZTO+LBO"})
    assert configuration_text(Cell.objects.get(pk=cell.pk)) == "NCM622+LLZTO+LBO/LLZTO+LBO/Li"


def test_a_cell_among_samples_leads_to_its_own_page(editor, project):
    cell = factories.cell(project)
    response = editor.get(f"/admin/samples/sample/{cell.pk}/change/")
    assert (response.status_code, response["Location"]) == (302, f"/admin/samples/cell/{cell.pk}/change/")


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ({"name": "NCM 622"}, "name"),
        ({"formula": "LiNi0.6Xy"}, "formula"),
        ({"theoretical_capacity": "0 mAh/g"}, "theoretical_capacity"),
        ({"density": "4.7 kg"}, "density"),
        ({"cas": "12"}, "cas"),
    ],
)
def test_a_wrong_material_is_refused_at_its_field(editor, typed, place):
    again = add_page(editor, "samples_material").send(**{"name": "NCM622", **typed})
    assert again.errors[place]
    assert not Material.objects.exists()


def test_a_material_once_whatever_its_case(editor):
    add_page(editor, "samples_material").send(name="NCM622", theoretical_capacity="276.5 mAh/g")
    assert add_page(editor, "samples_material").send(name="ncm622").errors["name"]
    assert Material.objects.get().theoretical_capacity == 276.5


@pytest.mark.parametrize(
    ("model", "typed"),
    [
        ("samples_publication", {"label": "[45]", "year": "2020", "doi": "10.1021/x.1"}),
        ("samples_instrument", {"name": "Cycler 1", "kind": "cycler", "time_zone": "Asia/Shanghai"}),
        ("samples_term", {"vocabulary": "morphology", "label": "MCG"}),
        ("samples_protocol", {"name": "Co-sintering", "revision": "1"}),
        ("samples_sample", {"code": "S-1", "kind": "powder", "amount": "5 g"}),
    ],
)
def test_the_rest_of_the_catalogue_is_made_and_changed(editor, model, typed):
    made = add_page(editor, model).send(**typed)
    assert made.status == 200
    cl = editor.get(f"/admin/{model.replace('_', '/', 1)}/").context["cl"]
    record = cl.result_list[0]
    page = change_page(editor, record)
    assert {name: page.fields[name] for name in typed} == typed
    assert page.send(note="changed", location="shelf 3").status == 200
