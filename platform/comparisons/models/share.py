"""Shares: an address that shows one table to people without an account, until it expires or is taken back."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.access import ScopedQuerySet
from comparisons.models.comparison import Comparison
from comparisons.models.frozen import FrozenComparison
from core.models import AUDITED, Identified


class Share(Identified):
    """Opens a comparison, or one frozen snapshot of it, to whoever has the token. Only the token's hash is stored."""

    project_lookup: ClassVar[str] = "comparison__project"

    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="shares")
    frozen = models.ForeignKey(
        FrozenComparison,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="shares",
        help_text="Empty: the table of today.",
    )
    state = models.JSONField(default=dict, blank=True, help_text="How the table of today is shown.")
    name = models.CharField(max_length=100, blank=True, help_text="For whom, such as: reviewers.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=models.F("created_at")),
                name="share_expires_later",
                violation_error_message="A share expires after it was made.",
            )
        ]
        ordering: ClassVar = ["-created_at"]
        triggers: ClassVar = [AUDITED]

    def __str__(self) -> str:
        return self.name or "link"

    def is_open(self, now: datetime) -> bool:
        """Whether it shows anything at that time."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
