"""Saved comparisons: which cells stand in which rows, and which columns are shown of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse

from accounts.access import ScopedQuerySet
from accounts.models import Project
from core.models import Record
from measurements.models import CellTest
from samples.models import Cell


class Comparison(Record):
    """A table of cells by quantities. It holds no numbers: they come from records, publications and runs."""

    withdrawable: ClassVar[bool] = True
    project_lookup: ClassVar[str] = "project"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="comparisons")
    slug = models.SlugField(max_length=60, unique=True, help_text="Its address, such as table-s1.")
    title = models.CharField(max_length=300)
    caption = models.TextField(blank=True)
    columns = models.JSONField(default=list, help_text="Texts of columns, in order.")
    state = models.JSONField(default=dict, blank=True, help_text="How it is looked at: order, groups, baseline ...")

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("comparison", args=[self.slug])


class ComparisonRow(Record):
    """A cell in a comparison, with the test its numbers come from where a person chose one."""

    project_lookup: ClassVar[str] = "comparison__project"

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveSmallIntegerField()
    cell = models.ForeignKey(Cell, on_delete=models.PROTECT, related_name="comparison_rows")
    test = models.ForeignKey(
        CellTest,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="comparison_rows",
        help_text="Empty: the cell's latest test with results.",
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
            models.UniqueConstraint(fields=["comparison", "cell", "test"], name="row_once", nulls_distinct=False),
        ]
        ordering = ["comparison", "position"]

    def __str__(self) -> str:
        return f"{self.cell} in {self.comparison}"
