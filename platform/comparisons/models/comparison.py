"""Saved comparisons: which cells, samples or measurements stand in which rows, and which columns are shown of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse

from accounts.access import ScopedQuerySet
from accounts.models import Project
from core.models import Record
from measurements.models import Measurement
from samples.models import Sample


class Comparison(Record):
    """A table of records by quantities. It holds no numbers: they come from records, publications and runs.

    Rows are chosen by hand, by a query in its `state`, or both.
    """

    class About(models.TextChoices):
        """What its rows are, by the name under which they are searched."""

        CELLS = "cells", "cells"
        SAMPLES = "samples", "samples"
        MEASUREMENTS = "measurements", "measurements"

    withdrawable: ClassVar[bool] = True
    project_lookup: ClassVar[str] = "project"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="comparisons")
    slug = models.SlugField(max_length=60, unique=True, help_text="Its address, such as table-s1.")
    title = models.CharField(max_length=300)
    caption = models.TextField(blank=True)
    about = models.CharField("rows", max_length=12, choices=About, default=About.CELLS, help_text="What its rows are.")
    columns = models.JSONField(default=list, help_text="Texts of columns, in order.")
    state = models.JSONField(default=dict, blank=True, help_text="How it is looked at: query, order, groups ...")

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("comparison", args=[self.slug])


class ComparisonRow(Record):
    """A cell or another sample in a comparison, with the measurement its numbers come from where a person chose one."""

    project_lookup: ClassVar[str] = "comparison__project"

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveSmallIntegerField()
    subject = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="comparison_rows")
    measurement = models.ForeignKey(
        Measurement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="comparison_rows",
        help_text="Empty: the latest with results.",
    )
    emphasised = models.BooleanField(default=False, help_text="Printed in bold, as papers do with their own row.")
    note = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "position"],
                name="row_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["comparison", "subject", "measurement"], name="row_once", nulls_distinct=False
            ),
        ]
        ordering = ["comparison", "position"]

    @property
    def cell(self) -> Sample | None:
        """Its subject, where that is a battery cell."""
        return self.subject if self.subject.kind == Sample.Kind.CELL else None

    def __str__(self) -> str:
        return f"{self.measurement or self.subject} in {self.comparison}"
