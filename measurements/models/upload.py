"""Uploads that may be interrupted: what is being sent, by whom, and until when its bytes are kept."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.models import Identified
from measurements.models.files import RawFile


class UploadQuerySet(models.QuerySet[Any]):
    """Uploads; each is its sender's alone."""

    def visible_to(self, user: Any) -> UploadQuerySet:
        """Those of this person that have not expired."""
        return self.filter(user_id=user.pk, expires_at__gt=timezone.now())


class Upload(Identified):
    """A file on its way. Its bytes lie in a spool until all have come; then it becomes a raw file."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    length = models.PositiveBigIntegerField()
    told = models.JSONField(default=dict, help_text="What the sender said of the file: sample, technique, conditions.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    file = models.ForeignKey(RawFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name
