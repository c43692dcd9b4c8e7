"""Reads of what lies beside one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models

from core.withdrawal import with_withdrawal
from notes.models import Attachment, Comment, Notice
from notes.targets import kind_of


@dataclass(frozen=True)
class BesideRecord:
    """What lies beside a record, oldest first; the withdrawn among it says so.

    Attributes:
        kind: Key of the record's kind.
        record: The record.
        comments: What people said.
        attachments: Files that are kept with it.
    """

    kind: str
    record: Any
    comments: list[Comment]
    attachments: list[Attachment]


def beside(record: models.Model) -> BesideRecord:
    """Comments and attachments of a record that the reader may see: two queries, however many there are."""
    comments = with_withdrawal(Comment.objects.filter(record_id=record.pk))
    attachments = with_withdrawal(Attachment.objects.filter(record_id=record.pk))
    return BesideRecord(
        kind_of(record),
        record,
        list(comments.select_related("created_by").order_by("created_at")),
        list(attachments.select_related("created_by", "blob").order_by("created_at")),
    )


def unread_count(user: Any) -> int:
    """How many notices a person has not seen."""
    return Notice.objects.filter(user=user, read_at=None).count()
