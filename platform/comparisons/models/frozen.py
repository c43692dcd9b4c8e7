"""Frozen comparisons: what a table said on one day, with the results behind each cell. Nothing of it ever changes."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.access import ScopedQuerySet
from analysis_tasks.models import AnalysisRun, Result
from comparisons.models.comparison import Comparison
from core.models import Immutable
from samples.models import Sample


class FrozenComparison(Immutable):
    """A comparison as it stood when somebody froze it.

    Its hash is also written to the audit trail, whose chain is sealed: a snapshot that is changed past the triggers,
    hash and all, is found by `manage.py verify`.
    """

    project_lookup: ClassVar[str] = "comparison__project"

    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="frozen")
    number = models.PositiveSmallIntegerField(help_text="Counts the snapshots of one comparison.")
    title = models.CharField(max_length=300)
    definition = models.JSONField(help_text="Rows, columns and view, by which the table can be filled again.")
    content = models.JSONField(help_text="The table as it was shown, each number with its origin.")
    sha256 = models.CharField(max_length=64, help_text="Over the canonical JSON of the content.")
    reason = models.CharField(max_length=500, blank=True, help_text="What for, such as: as submitted.")
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["comparison", "number"], name="frozen_number_once")]
        ordering = ["comparison", "-number"]
        triggers = [
            *Immutable.Meta.triggers,
            pgtrigger.Trigger(
                name="audited",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=(
                    "PERFORM core_write_audit(TG_TABLE_NAME, TG_OP, NULL, to_jsonb(NEW) - 'content' - 'definition');"
                    " RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, frozen {self.number}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("frozen", args=[self.comparison.slug, self.number])


class FrozenNumber(Immutable):
    """A result that stands behind one cell of a frozen table, so that lineage finds the table from the result."""

    project_lookup: ClassVar[str] = "frozen__comparison__project"

    frozen = models.ForeignKey(FrozenComparison, on_delete=models.PROTECT, related_name="numbers")
    row = models.CharField(max_length=200, help_text="Which row of the table.")
    column = models.CharField(max_length=200, help_text="Which column of the table.")
    subject = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="frozen_numbers")
    result = models.ForeignKey(
        Result, null=True, on_delete=models.PROTECT, related_name="frozen_in", help_text="Empty: a fact of a record."
    )
    run = models.ForeignKey(AnalysisRun, null=True, on_delete=models.PROTECT, related_name="frozen_in")

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        ordering = ["frozen", "row", "column"]

    def __str__(self) -> str:
        return f"{self.column} of {self.row}"
