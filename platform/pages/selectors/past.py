"""Records by kind and id, for pages that are the same for every kind: history, comparing, restoring, withdrawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404

from accounts.models import Project
from comparisons.models import Comparison
from core.history import History, history_of, history_of_deleted
from core.withdrawal import can_be_withdrawn
from measurements.models import Measurement, RawFile
from notes.models import Attachment, Comment
from samples.models import Cell, Instrument, Material, Process, Protocol, Publication, Sample, Term

KINDS: dict[str, type[Any]] = {
    "sample": Sample,
    "cell": Cell,
    "process": Process,
    "measurement": Measurement,
    "file": RawFile,
    "material": Material,
    "publication": Publication,
    "comparison": Comparison,
    "project": Project,
    "instrument": Instrument,
    "protocol": Protocol,
    "term": Term,
    "comment": Comment,
    "attachment": Attachment,
}


@dataclass(frozen=True)
class Past:
    """A record with its history.

    Attributes:
        kind: Key in `KINDS`.
        record: As it is now; None where it was deleted.
        history: All its changes, newest first.
        title: What people call it.
    """

    kind: str
    record: Any
    history: History
    title: str

    @property
    def version(self) -> int:
        """Which version of the record a person is shown."""
        return getattr(self.record, "version", 1)

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether records of its kind can be withdrawn."""
        return self.record is not None and can_be_withdrawn(type(self.record))

    @property
    def address(self) -> str:
        """Its page; empty where it has none."""
        of = self.record.measurement if self.kind == "file" else self.record
        found = getattr(of, "get_absolute_url", None)
        return found() if found else ""


def past_of(kind: str, pk: UUID, user: Any) -> Past:
    """A record that this person may see, or might have seen before it was deleted.

    Raises:
        Http404: There is none.
    """
    model = KINDS.get(kind)
    if model is None:
        raise Http404
    record = model.objects.visible_to(user).filter(pk=pk).first()
    if record is not None:
        return Past(kind, record, history_of(record, user), str(record))
    exists = model.objects.filter(pk=pk).exists()
    history = None if exists else history_of_deleted(model, pk, user)
    if history is None:
        raise Http404
    return Past(kind, None, history, f"a {model._meta.verbose_name} that was deleted")
