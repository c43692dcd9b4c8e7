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
from core.models import Immutable
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

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["measurement", "blob"], name="file_once_in_measurement")]
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where its bytes are sent from."""
        return reverse("file", args=[self.pk])
