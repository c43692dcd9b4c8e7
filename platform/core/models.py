"""What every stored record has in common: identity, version, who and when, and whether it may ever change."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class Identified(models.Model):
    """A row with a UUID that never changes and may be published."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


AUDITED = pgtrigger.Trigger(
    name="audited",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="PERFORM core_write_audit(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL;",
)
"""Writes an audit event for each change of a row, whoever makes it; see `core.audit`."""


class Record(Identified):
    """A row that people edit. The database counts its versions, so that a lost update is impossible at any door.

    Attributes:
        withdrawable: Whether it is withdrawn instead of deleted where others rest on it; parts of records are not.
    """

    withdrawable: ClassVar[bool] = False

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    class Meta:
        abstract = True
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="count_version",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="NEW.version := OLD.version + 1; NEW.updated_at := clock_timestamp(); RETURN NEW;",
            ),
            AUDITED,
        ]

    def resting(self) -> list[models.Model]:
        """Records that would lose what they rest on with this one, beside those that the database protects."""
        return []


class Immutable(Identified):
    """A row that never changes once stored; the database refuses, whoever asks."""

    immutable: ClassVar[bool] = True

    class Meta:
        abstract = True
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
        ]


class Tombstone(models.Model):
    """Says that a record was withdrawn and why. The record stays, with all that rests on it; lists leave it out.

    One table for every kind of record: ids are unique across tables, and a cell has the id of its sample.
    """

    id = models.UUIDField(primary_key=True, editable=False, help_text="Of the record that was withdrawn.")
    model = models.CharField(max_length=100, editable=False, help_text="Its kind, such as samples.sample.")
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.CharField(max_length=150, editable=False)
    reason = models.CharField(max_length=500)
    successor = models.UUIDField(null=True, blank=True, help_text="Of the record that takes its place.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(reason=""),
                name="tombstone_has_reason",
                violation_error_message="Say why it is withdrawn.",
            ),
            models.CheckConstraint(
                condition=models.Q(successor__isnull=True) | ~models.Q(successor=models.F("id")),
                name="tombstone_not_its_own_successor",
                violation_error_message="A record cannot take its own place.",
            ),
        ]
        triggers: ClassVar = [AUDITED]
        verbose_name = "withdrawal"

    def __str__(self) -> str:
        return self.reason


class AuditSeal(models.Model):
    """A link of the hash chain over audit events."""

    immutable: ClassVar[bool] = True

    previous = models.CharField(max_length=64, unique=True)
    root = models.CharField(max_length=64, unique=True)
    events = models.PositiveIntegerField()
    leaves = models.BinaryField(
        default=b"", help_text="The first eight bytes of each event's hash, so that one that was changed can be named."
    )
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers: ClassVar = [pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"seal {self.pk}"


class AuditEvent(models.Model):
    """One change of one row: written by a trigger, sealed once, never changed."""

    immutable: ClassVar[bool] = True
    written_by_database: ClassVar[bool] = True

    class Operation(models.TextChoices):
        """What happened to the row."""

        INSERT = "INSERT", "created"
        UPDATE = "UPDATE", "changed"
        DELETE = "DELETE", "deleted"

    transaction = models.BigIntegerField(help_text="Groups the events of one transaction.")
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    door = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    model = models.CharField(max_length=63, help_text="Table of the row.")
    operation = models.CharField(max_length=6, choices=Operation)
    record_id = models.CharField(max_length=64)
    changes = models.JSONField(help_text="Old and new value by field; the whole row where it was created or deleted.")
    seal = models.ForeignKey(AuditSeal, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["record_id", "id"]),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(seal__isnull=True)),
            models.Index(fields=["-at"]),
            GinIndex(
                fields=["changes"],
                name="audit_parts",
                opclasses=["jsonb_path_ops"],
                condition=models.Q(operation="INSERT"),
            ),
        ]
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_operation_display()} by {self.actor}"


class QueuePause(Identified):
    """Somebody has stopped a queue of background work; the row goes when it is resumed, the audit trail keeps it."""

    queue = models.CharField(max_length=11, unique=True)
    paused_at = models.DateTimeField(default=timezone.now)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()

    class Meta:
        triggers: ClassVar = [AUDITED]

    def __str__(self) -> str:
        return f"{self.queue} is paused: {self.reason}"


class KeptAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered, so that sending it again does nothing twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="Hash of address and body of the request.")
    status = models.PositiveSmallIntegerField()
    location = models.TextField(blank=True)
    body = models.JSONField(null=True, help_text="What was answered; nothing where that was long.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="kept_answer_once")]

    def __str__(self) -> str:
        return self.key
