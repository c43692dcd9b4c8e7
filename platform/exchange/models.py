"""Spreadsheets that people bring: what their rows say, and what was written because of them."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.urls import reverse

from accounts.models import Project
from core.models import Record


class SheetImportQuerySet(models.QuerySet[Any]):
    """Imports; each is the person's alone who brought the spreadsheet."""

    def visible_to(self, user: Any) -> Self:
        """One's own."""
        return self.filter(created_by_id=user.pk) if user.is_authenticated and user.is_active else self.none()


class SheetImport(Record):
    """A spreadsheet with rows of one kind of record. Nothing of it is written before it is applied."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", "not applied"
        APPLIED = "applied", "applied"
        UNDONE = "undone", "undone"

    kind = models.CharField(max_length=20, editable=False, help_text="List that its rows belong to.")
    name = models.CharField(max_length=255, editable=False)
    project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Of new records whose row names none.",
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN, editable=False)
    columns = models.JSONField(default=list, editable=False)
    rows = models.JSONField(default=list, editable=False, help_text="Line and cells of each row.")
    written = models.JSONField(
        default=list, blank=True, editable=False, help_text="Records that were written, in order, with their version."
    )

    objects = SheetImportQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("sheet", args=[self.pk])
