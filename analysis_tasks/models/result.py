"""Numbers with exactly one origin each, and the tables that came with them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.access import ScopedQuerySet
from analysis_tasks.models.run import AnalysisRun
from core.models import Immutable
from core.quantities import QUANTITIES, format_value
from measurements.models import Blob, Measurement
from samples.models import Publication, Sample


class Result(Immutable):
    """One number of one sample: computed by a run, reported in a publication, or entered by a person with a reason."""

    project_lookup: ClassVar[str] = "subject__project"

    quantity = models.CharField(max_length=60)
    value = models.FloatField()
    uncertainty = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    text = models.CharField(max_length=60, blank=True, help_text="As reported or entered; empty for computed values.")
    index = models.JSONField(default=dict, blank=True, help_text="Of what among many, such as the cycle.")
    qualifiers = models.JSONField(
        default=dict, blank=True, help_text="What a source says or leaves open: branch, mass basis."
    )
    subject = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="results")
    measurement = models.ForeignKey(
        Measurement, null=True, blank=True, on_delete=models.PROTECT, related_name="results"
    )
    run = models.ForeignKey(AnalysisRun, null=True, blank=True, on_delete=models.PROTECT, related_name="results")
    publication = models.ForeignKey(
        Publication, null=True, blank=True, on_delete=models.PROTECT, related_name="results"
    )
    locator = models.CharField(max_length=100, blank=True, help_text="Table and row in the publication.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="results"
    )
    reason = models.CharField(max_length=300, blank=True, help_text="Why a person entered it.")
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        constraints = [
            models.CheckConstraint(
                name="result_has_one_origin",
                condition=Q(run__isnull=False, publication__isnull=True, person__isnull=True)
                | Q(run__isnull=True, publication__isnull=False, person__isnull=True)
                | Q(run__isnull=True, publication__isnull=True, person__isnull=False),
            ),
            models.CheckConstraint(name="result_is_finite", condition=Q(value__gt=-1e300, value__lt=1e300)),
            models.CheckConstraint(
                name="result_uncertainty_not_negative",
                condition=Q(uncertainty__isnull=True) | Q(uncertainty__gte=0),
            ),
            models.CheckConstraint(
                name="reported_result_has_locator", condition=Q(publication__isnull=True) | ~Q(locator="")
            ),
            models.CheckConstraint(name="manual_result_has_reason", condition=Q(person__isnull=True) | ~Q(reason="")),
            models.UniqueConstraint(
                fields=["run", "quantity", "index"], name="result_once_in_run", condition=Q(run__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "quantity"]),
            models.Index(fields=["quantity", "value"]),
            models.Index(fields=["measurement", "quantity"]),
        ]
        ordering = ["-created_at", "quantity"]

    def __str__(self) -> str:
        known = QUANTITIES.get(self.quantity)
        name = known.label if known else self.quantity.replace("_", " ")
        return f"{name}: {format_value(self.value, self.unit)}"


class Artifact(Immutable):
    """A table of a run (per-cycle table, fitted curve), stored as Parquet under its hash."""

    project_lookup: ClassVar[str] = "run__measurement__sample__project"

    run = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="artifacts")
    name = models.CharField(max_length=50)
    rows = models.PositiveBigIntegerField()
    columns = models.JSONField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="artifact_once_in_run")]
        ordering = ["run", "name"]

    def __str__(self) -> str:
        return self.name
