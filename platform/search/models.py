"""The side table that queries are answered from, and queries that people keep under a name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from accounts.access import ScopedQuerySet
from accounts.models import Project
from core.models import Record


class IndexedValue(models.Model):
    """One value of one record: a number in its canonical unit, a text or a reference, with its origin.

    Triggers write it in the transaction that writes the record, whatever the door (`search.install`). It carries no
    project: who may see a value is decided on the record itself, where it cannot fall out of step.
    """

    written_by_database: ClassVar[bool] = True

    feed = models.CharField(max_length=40)
    owner = models.UUIDField(help_text="Key of the row that it was read from.")
    level = models.CharField(max_length=12, help_text="What it is recorded of.")
    record = models.UUIDField(help_text="Key of the record that it is recorded of.")
    sample = models.UUIDField(null=True)
    measurement = models.UUIDField(null=True)
    field = models.CharField(max_length=120)
    number = models.FloatField(null=True)
    uncertainty = models.FloatField(null=True)
    text = models.TextField(null=True)  # noqa: DJ001 (no text is not an empty text here)
    ref = models.UUIDField(null=True)
    origin = models.CharField(max_length=12)

    class Meta:
        db_table = "search_value"

    def __str__(self) -> str:
        return f"{self.field} of {self.level} {self.record}"


class SavedQuery(Record):
    """A query under a name, for everybody in its project."""

    project_lookup: ClassVar[str] = "project"

    class About(models.TextChoices):
        """Which list it is a query of."""

        SAMPLES = "samples", "samples"
        CELLS = "cells", "cells"
        PROCESSES = "processes", "processes"
        MEASUREMENTS = "measurements", "measurements"
        RESULTS = "results", "results"
        COMPARISONS = "comparisons", "comparisons"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="saved_queries")
    name = models.CharField(max_length=100)
    about = models.CharField(max_length=12, choices=About, default=About.CELLS)
    text = models.TextField(help_text="Such as material:LLZTO and initial_discharge_capacity > 120 mAh/g.")
    note = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                "project",
                Lower("name"),
                name="saved_query_name_once",
                violation_error_message="The project has a query of this name already, perhaps in another case.",
            )
        ]
        ordering = ["name"]
        verbose_name_plural = "saved queries"

    def __str__(self) -> str:
        return self.name
