"""Comments and attachments beside any record. Both can be withdrawn, neither is erased."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.access import project_of
from core.models import Identified, Record
from measurements.models import Blob
from notes.targets import KIND_CHOICES, KINDS, BesideQuerySet

MOST_CHARACTERS = 10_000


class Beside(Record):
    """A row that lies beside a record and is open to those who see that record."""

    withdrawable: ClassVar[bool] = True
    project_lookup: ClassVar[str] = "project"

    kind = models.CharField(max_length=20, choices=KIND_CHOICES, editable=False)
    record_id = models.UUIDField(editable=False)

    objects = BesideQuerySet.as_manager()

    class Meta(Record.Meta):
        abstract = True

    @property
    def record(self) -> Any:
        """What it lies beside."""
        if not hasattr(self, "_record"):
            self._record = KINDS[self.kind]._base_manager.get(pk=self.record_id)
        return self._record

    @property
    def project(self) -> Any:
        """The project that decides who sees it; None beside what the laboratory shares."""
        return project_of(self.record)


class Comment(Beside):
    """What somebody said about a record."""

    text = models.TextField(max_length=MOST_CHARACTERS)

    class Meta(Beside.Meta):
        abstract = False
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(text=""), name="comment_has_text", violation_error_message="A comment needs words."
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["record_id", "created_at"], name="comment_of_record")]
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.text if len(self.text) <= 80 else f"{self.text[:79]}…"

    @property
    def is_edited(self) -> bool:
        """Whether its text is not the first one."""
        return self.version > 1


class Notice(Identified):
    """Something that a person should know, until they have seen it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    address = models.CharField(max_length=300, blank=True, help_text="Of the page that it is about.")
    cause = models.UUIDField(help_text="Id of the run or reading; one notice for each.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "cause"], name="notice_once")]
        indexes: ClassVar = [
            models.Index(fields=["user"], name="notice_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["user", "-created_at"], name="notice_of_user"),
        ]
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.title


class Attachment(Beside):
    """A file of any kind that is kept beside a record and not read as data of an instrument."""

    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", editable=False)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100, blank=True, editable=False)
    description = models.CharField(max_length=500, blank=True)
    reader = models.CharField(
        max_length=50, blank=True, editable=False, help_text="The reader that would take it as data of an instrument."
    )

    class Meta(Beside.Meta):
        abstract = False
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record_id", "blob"],
                name="attachment_once_at_record",
                violation_error_message="The same bytes are attached to this record already.",
            ),
        ]
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where its bytes are sent from."""
        return reverse("attachment", args=[self.pk])
