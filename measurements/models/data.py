"""What readers made of files: the reading as a job, and the dataset it gave."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.access import ScopedQuerySet
from core.jobs import Job
from core.models import Immutable
from measurements.models.files import Blob, RawFile
from measurements.models.measurement import Measurement


class FileReading(Job):
    """The job of recognising and reading a file. A second one supersedes the first: other options, newer reader."""

    project_lookup: ClassVar[str] = "file__measurement__sample__project"

    file = models.ForeignKey(RawFile, on_delete=models.PROTECT, related_name="readings")
    options = models.JSONField(
        default=dict, blank=True, help_text="What a person told the reader, such as a column mapping."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    reason = models.CharField(max_length=500, blank=True, editable=False, help_text="Why it was read again.")
    match_report = models.JSONField(default=dict, editable=False, help_text="How well each reader fits, and why.")
    proposal = models.JSONField(
        default=dict, editable=False, help_text="Columns found in a table that needs a mapping."
    )
    format = models.CharField(max_length=50, blank=True, editable=False)
    reader = models.CharField(max_length=50, blank=True, editable=False)
    reader_version = models.CharField(max_length=20, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta(Job.Meta):
        ordering = ["-queued_at"]

    def __str__(self) -> str:
        return f"reading of {self.file}"


class Dataset(Immutable):
    """Named tables that one reader, in one version, made of one file."""

    project_lookup: ClassVar[str] = "measurement__sample__project"

    reading = models.OneToOneField(FileReading, on_delete=models.PROTECT, related_name="dataset")
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="datasets")
    file = models.ForeignKey(RawFile, on_delete=models.PROTECT, related_name="datasets")
    reader = models.CharField(max_length=50)
    reader_version = models.CharField(max_length=20)
    technique = models.CharField(max_length=10)
    metadata = models.JSONField(default=dict, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    sha256 = models.CharField(max_length=64, help_text="Of all its tables: names, units, types, values.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.file} by {self.reader} {self.reader_version}"


class DatasetTable(Immutable):
    """One table of a dataset: its columns described, its values and its preview as Parquet."""

    project_lookup: ClassVar[str] = "dataset__measurement__sample__project"

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="tables")
    name = models.CharField(max_length=50)
    rows = models.PositiveBigIntegerField()
    columns = models.JSONField(help_text="Name, label, unit, type, first, last, smallest, largest, mean of each.")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    preview = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="dataset_table_once")]
        ordering = ["dataset", "name"]

    def __str__(self) -> str:
        return self.name
