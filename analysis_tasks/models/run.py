"""Which code ran on which bytes with which values, and what is current. Nothing here changes once a run has ended."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.access import ScopedQuerySet
from core.jobs import Job, State
from core.models import AUDITED, Identified, Immutable
from measurements.models import Dataset, Measurement
from samples.models import Sample


class KernelRelease(Immutable):
    """A kernel in one version with the fingerprint of its code."""

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=20)
    fingerprint = models.CharField(
        max_length=80, help_text="Over the kernel's code and what it calls, not over comments."
    )
    parameters = models.JSONField(default=list)
    yields = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Immutable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["name", "version", "fingerprint"], name="kernel_release_once"),
        ]
        ordering = ["name", "-created_at"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class InstalledKernel(models.Model):
    """Which release of a kernel the workers have; runs of another one are stale."""

    name = models.CharField(primary_key=True, max_length=80)
    release = models.ForeignKey(KernelRelease, on_delete=models.PROTECT, related_name="+")
    installed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.release)


class AnalysisRun(Job):
    """One execution of a kernel: queue entry, memo key and record in one row."""

    project_lookup: ClassVar[str] = "measurement__sample__project"

    release = models.ForeignKey(KernelRelease, on_delete=models.PROTECT, related_name="runs")
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="runs")
    subject = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="runs")
    preset = models.CharField(max_length=60, default="default", help_text="Name of a set of parameters a person chose.")
    given = models.JSONField(default=dict, blank=True, help_text="Parameters that a person set.")
    parameters = models.JSONField(default=dict, help_text="Frozen: what a person set, and the record values it read.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="requested_runs"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was requested.")
    key = models.CharField(max_length=64, editable=False, db_index=True)
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    verifies = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="verifications")
    forced = models.BooleanField(default=False)
    environment = models.JSONField(default=dict, editable=False)
    warnings = models.JSONField(default=list, editable=False)
    seconds = models.FloatField(null=True, editable=False, help_text="CPU time of the kernel.")
    output_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    changes = models.JSONField(
        default=list, editable=False, help_text="Numbers that differ from the run it supersedes: old, new, relative."
    )

    objects = ScopedQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(
                fields=["key"],
                name="run_key_once",
                condition=Q(
                    state__in=[State.QUEUED, State.RUNNING, State.SUCCEEDED],
                    verifies__isnull=True,
                    forced=False,
                ),
            ),
            models.CheckConstraint(
                name="run_success_has_output", condition=~Q(state=State.SUCCEEDED) | ~Q(output_sha256="")
            ),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["measurement", "-queued_at"]),
            models.Index(fields=["-queued_at"], name="run_newest_first"),
        ]
        ordering = ["-queued_at"]
        triggers = [
            *Job.Meta.triggers,
            pgtrigger.ReadOnly(
                name="request_never_changes",
                fields=[
                    "id",
                    "release",
                    "measurement",
                    "subject",
                    "preset",
                    "given",
                    "parameters",
                    "requested_by",
                    "reason",
                    "key",
                    "supersedes",
                    "verifies",
                    "forced",
                    "queued_at",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release} on {self.measurement}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("run", args=[self.pk])


class RunInput(Immutable):
    """A dataset that a run reads, with the hash it had."""

    project_lookup: ClassVar[str] = "run__measurement__sample__project"

    run = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="inputs")
    order = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=40, default="data")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="uses")
    sha256 = models.CharField(max_length=64)

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["run", "role", "order"], name="run_input_once")]
        ordering = ["run", "role", "order"]

    def __str__(self) -> str:
        return f"{self.role} {self.order}"


class RunSource(Immutable):
    """An earlier run whose results a run reads, of this cell or of one like it, with the hash that they had."""

    project_lookup: ClassVar[str] = "run__measurement__sample__project"

    run = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="sources")
    order = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=40, help_text="What the other cell is to this one: own, twin, replicate.")
    source = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="readers")
    sha256 = models.CharField(max_length=64, help_text="Of the outputs of the other run.")
    facts = models.JSONField(default=dict, help_text="Frozen: what was known of the other cell and its test.")

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["run", "order"], name="run_source_once")]
        ordering = ["run", "order"]

    def __str__(self) -> str:
        return f"{self.role} {self.facts.get('cell', '')}"


class RunContext(Immutable):
    """A record value that a run read (`active_mass` of a cell), so that an edit finds the runs it makes stale."""

    run = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="context")
    parameter = models.CharField(max_length=60)
    record = models.CharField(max_length=60, help_text="Model, such as samples.cell.")
    record_id = models.UUIDField()
    field = models.CharField(max_length=60)
    value = models.JSONField(null=True)

    class Meta(Immutable.Meta):
        constraints = [models.UniqueConstraint(fields=["run", "parameter"], name="run_context_once")]
        indexes = [models.Index(fields=["record_id", "field"])]

    def __str__(self) -> str:
        return self.parameter


class Staleness(models.Model):
    """Why the current run of a slot does not answer today's question: a view, computed when it is asked."""

    class Reason(models.TextChoices):
        """What has moved on."""

        CODE = "code", "the kernel's code has changed"
        METADATA = "metadata", "a value that it read has changed"
        INPUT = "input", "the file has been read anew"
        UPSTREAM = "upstream", "results of another run that it read have changed"

    pk = models.CompositePrimaryKey("slot", "reason", "field")
    slot = models.ForeignKey("Slot", on_delete=models.DO_NOTHING, related_name="staleness")
    run = models.ForeignKey(AnalysisRun, on_delete=models.DO_NOTHING, related_name="staleness")
    reason = models.CharField(max_length=10, choices=Reason)
    field = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "analysis_tasks_staleness"

    def __str__(self) -> str:
        if self.reason == self.Reason.METADATA:
            return f"{self.field.replace('_', ' ')} was {_said(self.old)} and is {_said(self.new)}"
        if self.reason == self.Reason.UPSTREAM:
            return f"the results of {self.field} that it read have changed ({_said(self.old)} → {_said(self.new)})"
        return f"{self.get_reason_display()} ({_said(self.old)} → {_said(self.new)})"


def _said(value: object) -> str:
    return "unknown" if value is None else str(value)


class Slot(Identified):
    """`The` analysis of a measurement by a kernel: what a table points at when it wants today's answer."""

    project_lookup: ClassVar[str] = "measurement__sample__project"

    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="slots")
    kernel = models.CharField(max_length=80)
    preset = models.CharField(max_length=60, default="default")
    current_run = models.ForeignKey(AnalysisRun, null=True, on_delete=models.PROTECT, related_name="current_in")
    pinned = models.BooleanField(default=False, help_text="A person decided: new runs do not become current.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measurement", "kernel", "preset"], name="slot_once")]
        triggers = [AUDITED]

    def __str__(self) -> str:
        return f"{self.kernel} of {self.measurement}"
