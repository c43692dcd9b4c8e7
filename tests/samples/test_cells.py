"""Cells: configuration both ways, active mass from the recipe, assembly in the lineage."""

import pytest
from django.core.exceptions import ValidationError

from samples.models import Cell, Material
from samples.selectors import ancestor_ids, configuration_text
from samples.services import LayerSpec, change_cell, create_cell
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(project):
    return factories.owner_of(project)


def test_configuration_is_written_from_the_layers(project):
    assert configuration_text(factories.cell(project)) == "NCM622+LLZTO+LBO/LLZTO/Li"


def test_configuration_is_parsed_into_layers(project, actor):
    for name in ("NCM622", "LBO", "LLZTO", "Gel", "Li"):
        factories.material(name)
    text = "NCM622+LBO+LLZTO/LLZTO/Gel/Li"
    cell = create_cell(actor=actor, project=project, code="C", configuration=text)
    assert configuration_text(cell) == text
    assert [layer.role for layer in cell.layers.all()] == ["cathode", "electrolyte", "interlayer", "anode"]


def test_an_unknown_material_asks_and_is_never_invented(project, actor):
    for name in ("NCM622", "LLZTO", "Li"):
        factories.material(name)
    with pytest.raises(ValidationError, match="LLZO is not a known material; did you mean LLZTO"):
        create_cell(actor=actor, project=project, code="C", configuration="NCM622/LLZO/Li")
    assert not Cell.objects.exists()
    assert not Material.objects.filter(name="LLZO").exists()


def test_active_mass_is_cathode_mass_times_active_fraction(project):
    cell = factories.cell(project, active_mass=None, cathode_mass="5.0 mg")
    assert cell.active_fraction == pytest.approx(0.43)
    assert cell.active_mass == pytest.approx(2.15)


def test_the_uuid_of_a_cell_is_that_of_its_sample(project):
    cell = factories.cell(project)
    assert cell.sample_ptr.pk == cell.pk


def test_assembly_stands_in_the_lineage(project):
    cell = factories.cell(project)
    composite = cell.layers.get(role="cathode").sample
    assert composite.pk in ancestor_ids([cell.pk])
    assert cell.production.process.kind == "cell_assembly"
    assert len(ancestor_ids([cell.pk])) == 4


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("active_mass", "-2.1 mg", "-2.1 mg"),
        ("active_mass", "2.1 cm", "2.1 cm"),
        ("electrode_area", "0 cm^2", "greater than zero"),
    ],
)
def test_impossible_values_are_refused_in_words(project, field, text, message):
    with pytest.raises(ValidationError, match=message):
        factories.cell(project, **{field: text})
    assert not Cell.objects.exists()


def test_layers_can_be_replaced(project, actor):
    cell = factories.cell(project)
    factories.material("Gel")
    change_cell(cell, actor=actor, configuration="NCM622/LLZTO/Gel/Li")
    assert configuration_text(Cell.objects.get(pk=cell.pk)) == "NCM622/LLZTO/Gel/Li"
    assert not hasattr(Cell.objects.get(pk=cell.pk), "production")


def test_a_literature_cell_needs_no_process(project, actor):
    cell = create_cell(
        actor=actor,
        project=project,
        code="LIT",
        source="literature",
        layers=[LayerSpec("cathode", materials=[factories.material("LCO")])],
    )
    assert not hasattr(cell, "production")
    assert cell.kind == "cell"


def test_a_changed_cathode_changes_the_mass_that_follows_from_it(project, actor):
    cell = factories.cell(project, active_mass=None, cathode_mass="5.0 mg")
    assert change_cell(cell, actor=actor, cathode_mass="6.0 mg").active_mass == pytest.approx(2.58)


def test_a_mass_that_somebody_entered_stays(project, actor):
    cell = factories.cell(project, cathode_mass="5.0 mg")
    assert change_cell(cell, actor=actor, cathode_mass="6.0 mg").active_mass == 2.10
