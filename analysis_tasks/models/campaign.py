"""A campaign: a named choice of stale analyses that a person has computed again, with what has become of each.

The entries are written when it starts; the sweeper asks for their runs, so that a campaign of any size starts at once
and survives whatever dies meanwhile.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.access import ScopedQuerySet
from accounts.models import Project
from analysis_tasks.models.run import AnalysisRun, Slot
from core.models import AUDITED, Identified


class Campaign(Identified):
    """Analyses that are computed again together. Without a project it spans all of them, and is the administrators'."""

    project_lookup: ClassVar[str] = "project"

    name = models.CharField(max_length=120, help_text="What for, such as: capacities after the new mass of batch 7.")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns", help_text="Empty: all."
    )
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    selection = models.JSONField(default=dict, editable=False, help_text="What it was narrowed to, in words.")
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_because = models.CharField(max_length=500, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="campaign_has_name"),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | ~Q(cancelled_because=""), name="campaign_cancelled_has_words"
            ),
        ]
        ordering = ["-created_at"]
        triggers = [AUDITED]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("campaign", args=[self.pk])


class CampaignEntry(Identified):
    """One analysis of a campaign: why it was stale, and the run that answers it now."""

    project_lookup: ClassVar[str] = "slot__measurement__sample__project"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="entries")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="campaign_entries")
    before = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="+")
    why = models.TextField(help_text="Why the run before was stale.")
    run = models.ForeignKey(AnalysisRun, null=True, on_delete=models.PROTECT, related_name="campaign_entries")
    reused = models.BooleanField(default=False, help_text="The same work was waiting or had been done already.")
    refused = models.TextField(blank=True, help_text="Why no run could be asked for.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "slot"], name="campaign_entry_once")]
        indexes = [models.Index(fields=["id"], name="campaign_unasked", condition=Q(run__isnull=True, refused=""))]
        ordering = ["campaign", "slot"]

    def __str__(self) -> str:
        return f"{self.slot} in {self.campaign}"
