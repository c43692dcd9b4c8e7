"""What verification found, one row for each thing that is verified: its last answer, and since when it is that."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone


class Verification(models.Model):
    """The last verification of a run or a stored file, or of what is verified whole, such as the audit trail."""

    class Subject(models.TextChoices):
        """What was verified."""

        RUN = "run", "run"
        FILE = "file", "stored file"
        AUDIT = "audit", "audit trail"
        LINEAGE = "lineage", "lineage"
        FROZEN = "frozen", "frozen comparisons"
        SEARCH = "search", "values that queries are answered from"

    subject = models.CharField(max_length=10, choices=Subject)
    key = models.CharField(max_length=64, blank=True, help_text="Id of the run, hash of the file; else empty.")
    label = models.CharField(max_length=400)
    verdict = models.CharField(max_length=20)
    detail = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(default=timezone.now, help_text="Since when the verdict is this one.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["subject", "key"], name="verification_once")]
        indexes: ClassVar = [models.Index(fields=["subject", "at"]), models.Index(fields=["verdict", "-at"])]
        ordering: ClassVar = ["-at"]

    def __str__(self) -> str:
        return f"{self.label}: {self.verdict}"
