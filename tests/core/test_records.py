"""Writing records: validated whole, versions counted by the database, nobody overwrites what they have not seen."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from core import records
from samples.models import Material
from tests import factories

pytestmark = pytest.mark.django_db


def test_versions_are_counted_by_the_database_at_any_door():
    material = factories.material("LLZTO")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE samples_material SET note = 'by hand' WHERE id = %s", [material.pk])
    material.refresh_from_db()
    assert material.version == 2
    assert material.updated_at > material.created_at


def test_a_stale_change_is_refused_and_loses_nothing():
    material = factories.material("LLZTO")
    records.change(material, expected_version=1, note="first")
    with pytest.raises(records.StaleVersionError, match="at version 2; your change was made on version 1"):
        records.change(material, expected_version=1, note="second")
    material.refresh_from_db()
    assert material.note == "first"


def test_a_field_that_does_not_exist_is_named():
    with pytest.raises(ValidationError, match="no such field"):
        records.change(factories.material("LLZTO"), colour="white")


def test_a_material_s_name_is_unique_whatever_its_case():
    factories.material("LLZTO")
    with pytest.raises(ValidationError):
        records.create(Material(name="llzto"), actor=None)
