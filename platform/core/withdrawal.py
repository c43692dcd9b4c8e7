"""Withdrawn records: they stay with all that rests on them, lists leave them out, and their pages say why.

A tombstone under a record's id withdraws it. Lists of every door begin with `standing`; `accounts.writing` writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.dateparse import parse_datetime

from core.models import Tombstone

Rows = TypeVar("Rows", bound=QuerySet[Any])


def can_be_withdrawn(model: Any) -> bool:
    """Whether records of this kind can be withdrawn: those that people find in lists, not their parts."""
    return bool(getattr(model, "withdrawable", False))


def standing(rows: Rows) -> Rows:
    """The rows that nobody withdrew."""
    return rows.exclude(_is_withdrawn())


def withdrawn(rows: Rows) -> Rows:
    """The rows that somebody withdrew."""
    return rows.filter(_is_withdrawn())


def with_withdrawal(rows: Any) -> Any:
    """Rows that know when, by whom and why they were withdrawn, without a query for each: see `withdrawal_of`."""
    told = JSONObject(at="at", by="by", reason="reason", successor="successor")
    return rows.annotate(withdrawal_=Subquery(Tombstone.objects.filter(pk=OuterRef("pk")).values(told=told)))


def withdrawal_of(record: Model) -> dict[str, Any] | None:
    """`at`, `by`, `reason` and `successor` of a withdrawal; None of a record that stands."""
    if hasattr(record, "withdrawal_"):
        told: dict[str, Any] | None = record.withdrawal_
        return told and {**told, "at": _moment(told["at"])}
    found: Any = Tombstone.objects.filter(pk=record.pk).values("at", "by", "reason", "successor").first()
    return None if found is None else dict(found)


def _moment(text: str | datetime) -> datetime | None:
    return text if isinstance(text, datetime) else parse_datetime(text)


def _is_withdrawn() -> Exists:
    return Exists(Tombstone.objects.filter(pk=OuterRef("pk")))
