"""Quantities on records: any fitting unit goes in, the text stays, the value is canonical."""

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory

from measurements.models import Measurement
from samples.models import Cell, Material, ThermalStep


def test_text_sets_value_and_is_kept():
    cell = Cell(active_mass="0.0021 g")
    assert (cell.active_mass, cell.active_mass_text) == (pytest.approx(2.1), "0.0021 g")


def test_number_is_canonical_and_has_no_text():
    cell = Cell(active_mass=2.1)
    assert (cell.active_mass, cell.active_mass_text) == (2.1, "")


def test_assigning_a_number_clears_the_text_that_no_longer_tells_the_truth():
    cell = Cell(active_mass="2.10 mg")
    cell.active_mass = 2.2
    assert cell.active_mass_text == ""


@pytest.mark.parametrize(("text", "value"), [("973.15 K", 700), ("700 °C", 700), ("700", 700), ("1292 degF", 700)])
def test_temperatures_convert_with_their_offset(text, value):
    assert ThermalStep(target=text).target == pytest.approx(value)


def test_words_are_kept_without_a_value():
    measurement = Measurement(temperature="RT")
    assert (measurement.temperature, measurement.temperature_text) == (None, "RT")


@pytest.mark.parametrize("text", ["700 kg", "hot", "700 degC ish", "nan", "1e999 K"])
def test_what_is_no_temperature_is_refused_in_words(text):
    with pytest.raises(ValidationError, match="target temperature"):
        ThermalStep(target=text)


@pytest.mark.django_db
def test_database_round_trip_keeps_text_and_full_precision():
    Material.objects.create(name="X", density="4.987654321 g/cm³", theoretical_capacity=1 / 3)
    stored = Material.objects.get(name="X")
    assert (stored.density, stored.density_text) == (4.987654321, "4.987654321 g/cm³")
    assert (stored.theoretical_capacity, stored.theoretical_capacity_text) == (1 / 3, "")


@pytest.mark.django_db
def test_a_form_that_is_saved_unchanged_changes_nothing():
    Material.objects.create(name="X", theoretical_capacity=1 / 3)
    form_class = modelform_factory(Material, fields=["name", "theoretical_capacity"])
    form = form_class(instance=Material.objects.get(name="X"))
    shown = form["theoretical_capacity"].value()
    saved = form_class({"name": "X", "theoretical_capacity": shown}, instance=Material.objects.get(name="X"))
    assert saved.is_valid(), saved.errors
    assert saved.save().theoretical_capacity == 1 / 3


@pytest.mark.django_db
def test_a_form_refuses_the_wrong_dimension_at_the_field():
    form = modelform_factory(Material, fields=["name", "density"])({"name": "X", "density": "5 mAh"})
    assert "density" in form.errors["density"][0]
