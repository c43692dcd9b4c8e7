"""The audit trail: every change with who, why and through which door; sealed by hash; tampering is found and named."""

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from core import records
from core.audit import acting, attribute, seal_audit, verify_audit
from core.models import AuditEvent, AuditSeal
from samples.models import Cell, Material
from tests import factories

pytestmark = pytest.mark.django_db


def events(record, **filters):
    return AuditEvent.objects.filter(record_id=str(record.pk), **filters).order_by("id")


def test_a_change_is_recorded_with_old_and_new_value_and_reason():
    actor = factories.admin()
    cell = factories.cell(factories.project())
    with acting(door="rest", reason="weighed again"):
        records.change(cell, actor=actor, active_mass="2.20 mg")
    event = events(cell, model="samples_cell", operation="UPDATE").get()
    assert event.changes == {"active_mass": [2.1, 2.2], "active_mass_text": ["2.10 mg", "2.20 mg"]}
    assert (event.actor, event.door, event.reason) == (actor.username, "rest", "weighed again")


def test_bulk_edits_and_plain_sql_are_recorded_too():
    material = factories.material("LLZTO")
    Material.objects.filter(pk=material.pk).update(note="in bulk")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE samples_material SET note = 'by hand' WHERE id = %s", [material.pk])
    assert [event.changes["note"] for event in events(material, operation="UPDATE")] == [
        ["", "in bulk"],
        ["in bulk", "by hand"],
    ]


def test_whoever_did_not_say_who_they_are_is_named_by_their_database_role():
    attribute()
    material = Material.objects.create(name="LCO")
    assert events(material).get().actor.startswith("database role ")


def test_deletion_keeps_the_whole_row():
    material = factories.material("LCO", note="bought in May")
    key = str(material.pk)
    material.delete()
    assert AuditEvent.objects.get(record_id=key, operation="DELETE").changes["note"] == "bought in May"


def test_secrets_are_not_recorded():
    person = factories.user("ada")
    person.set_password("another one")
    person.save()
    changed = events(person, model="accounts_user").last()
    assert changed.changes["password"] == ["…", "…"]
    assert "argon2" not in str([event.changes for event in events(person)])
    assert "password" not in events(person).first().changes


def test_seals_form_a_chain_that_verifies():
    factories.material("LCO")
    assert seal_audit() > 0
    factories.material("LBO")
    assert seal_audit() > 0
    assert seal_audit() == 0
    assert AuditSeal.objects.count() == 2
    assert verify_audit() == []


def test_events_and_seals_refuse_to_change():
    factories.material("LCO")
    seal_audit()
    for statement in (
        lambda: AuditEvent.objects.update(actor="nobody"),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
        lambda: AuditSeal.objects.update(events=0),
    ):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            statement()


@pytest.mark.django_db(transaction=True)
@pytest.mark.servers
def test_a_superuser_who_switches_the_triggers_off_is_found_out():
    factories.material("LCO")
    seal_audit()
    victim = AuditEvent.objects.filter(model="samples_material").get()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditevent SET actor = 'somebody else' WHERE id = %s", [victim.pk])
        cursor.execute("ALTER TABLE core_auditevent ENABLE TRIGGER USER")
    assert f"Audit event {victim.pk} (created samples_material {victim.record_id}) under seal" in verify_audit()[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.servers
def test_the_site_s_own_role_is_recorded_but_cannot_write_events(app_role):
    material = factories.material("LCO")
    app_role.execute("UPDATE samples_material SET note = 'as the site' WHERE id = %s", [material.pk])
    assert events(material, operation="UPDATE").get().changes["note"] == ["", "as the site"]
    for statement in (
        "INSERT INTO core_auditevent (transaction, at, actor, door, reason, model, operation, record_id, changes) "
        "VALUES (1, now(), 'x', '', '', 'x', 'INSERT', '', '{}')",
        "UPDATE core_auditevent SET actor = 'x'",
        "DELETE FROM core_auditevent",
        "ALTER TABLE core_auditevent DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(psycopg.Error):
            app_role.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.servers
def test_an_event_numbered_early_and_committed_late_goes_under_the_next_seal(app_role):
    early, late = factories.material("LCO"), factories.material("LBO")
    seal_audit()
    with app_role.transaction():
        app_role.execute("UPDATE samples_material SET note = 'slow' WHERE id = %s", [early.pk])
        Material.objects.filter(pk=late.pk).update(note="quick")
        seal_audit()
        assert verify_audit() == []
    assert seal_audit() == 1
    assert verify_audit() == []


def test_a_cell_s_own_fields_are_audited_beside_its_sample_s():
    cell = factories.cell(factories.project())
    Cell.objects.filter(pk=cell.pk).update(housing="PEEK die")
    assert events(cell, model="samples_cell", operation="UPDATE").get().changes == {"housing": ["", "PEEK die"]}
