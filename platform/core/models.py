"""What every stored record has in common: identity, version, who and when, and whether it may ever change."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone


class Identified(models.Model):
    """A row with a UUID that never changes and may be published."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class Record(Identified):
    """A row that people edit. The database counts its versions, so that a lost update is impossible at any door."""

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
            )
        ]


class Immutable(Identified):
    """A row that never changes once stored; the database refuses, whoever asks."""

    immutable: ClassVar[bool] = True

    class Meta:
        abstract = True
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete),
        ]
