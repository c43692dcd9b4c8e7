"""The row of a job: its state, attempts, lease, progress, log and error, and the rules that the database keeps.

The concrete jobs (reading a file, running a kernel) inherit it and add what they are about.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models import Identified
from core.queues import Queue


class State(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)


class Job(Identified):
    """A piece of work with its state, attempts, lease, log and error on its own row."""

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, editable=False)
    queue = models.CharField(max_length=11, choices=Queue, default=Queue.INTERACTIVE, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    max_attempts = models.PositiveSmallIntegerField(default=3, editable=False)
    token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    not_before = models.DateTimeField(
        null=True, editable=False, help_text="A job that waits for the disk or the database is not tried again sooner."
    )
    queued_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    worker = models.CharField(max_length=200, blank=True, editable=False)
    progress = models.CharField(
        max_length=200, blank=True, editable=False, help_text="What is being done now, or what it waits for."
    )
    error = models.TextField(blank=True, editable=False, help_text="What went wrong, for the scientist")
    log = models.TextField(blank=True, editable=False, help_text="What happened to each attempt, for the engineer")

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_running_is_claimed",
                condition=~Q(state=State.RUNNING)
                | Q(token__isnull=False, lease_until__isnull=False, started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_ended_has_time",
                condition=~Q(state__in=ENDED) | Q(finished_at__isnull=False, token__isnull=True),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_failure_has_words",
                condition=~Q(state=State.FAILED) | ~Q(error=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["queued_at"],
                name="%(class)s_unfinished",
                condition=Q(state__in=[State.QUEUED, State.RUNNING]),
            ),
            models.Index(fields=["queued_at"], name="%(class)s_failed", condition=Q(state=State.FAILED)),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="state_moves",
                field="state",
                transitions=[
                    ("queued", "running"),
                    ("queued", "cancelled"),
                    ("queued", "failed"),
                    ("running", "queued"),
                    ("running", "succeeded"),
                    ("running", "failed"),
                    ("running", "cancelled"),
                ],
            ),
            pgtrigger.Protect(
                name="ended_never_changes",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["succeeded", "failed", "cancelled"]),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]
