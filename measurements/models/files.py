"""Bytes as they came. A blob is bytes under their hash; a raw file is a blob's place in a measurement."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.access import ScopedQuerySet
from core.models import AUDITED, Immutable
from measurements.models.measurement import Measurement


class Blob(models.Model):
    """Bytes, stored once under their SHA-256. It carries no access of its own and is never shown."""

    immutable: ClassVar[bool] = True

    sha256 = models.CharField(primary_key=True, max_length=64, editable=False)
    size = models.PositiveBigIntegerField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="blob_key_is_a_hash"),
        ]
        triggers = [pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.sha256[:12]


class Purge(Immutable):
    """Says that the bytes of a blob were removed on purpose, because the law asked for it. Their hash stays.

    Only the owner of the database writes it, so that the site cannot pass damage off as a purge.
    """

    written_by_database: ClassVar[bool] = True

    blob = models.OneToOneField(Blob, on_delete=models.PROTECT, related_name="purge")
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.CharField(max_length=150, editable=False)
    reason = models.CharField(max_length=500)

    class Meta(Immutable.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="purge_has_reason")]
        triggers: ClassVar = [*Immutable.Meta.triggers, AUDITED]

    def __str__(self) -> str:
        return f"purged on {self.at:%Y-%m-%d} by {self.by}: {self.reason}"


class RawFile(Immutable):
    """A file in a measurement: whose it is, what it was called, who brought it."""

    withdrawable: ClassVar[bool] = True
    project_lookup: ClassVar[str] = "measurement__sample__project"

    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="files")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100, blank=True)
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(default=timezone.now)
    version_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="later_versions",
        help_text="The first version of a running cell's file, of which this is a longer one.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["measurement", "blob"], name="file_once_in_measurement")]
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where its bytes are sent from."""
        return reverse("file", args=[self.pk])
