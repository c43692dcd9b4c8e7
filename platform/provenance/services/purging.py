"""Purging: the bytes of a file, and of everything that was made of it, removed because the law asks for it.

Rows, hashes, results and the audit trail stay, so that no chain breaks and everybody sees that something was here, and
why it is gone. Only the owner of the database may write a purge; `manage.py purge` connects as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts import writing
from analysis_tasks.models import Artifact
from core.audit import acting, attribute
from core.models import Tombstone
from measurements.models import Blob, Dataset, DatasetTable, Purge, RawFile
from measurements.store import remove_bytes


@dataclass(frozen=True)
class PurgePlan:
    """What a purge would remove.

    Attributes:
        files: The file, and others that hold the same bytes.
        blobs: Whose bytes would go: of the files, of what readers and kernels made of them.
        kept: Derived blobs that stay, because other files gave the same.
    """

    files: tuple[RawFile, ...]
    blobs: tuple[Blob, ...]
    kept: tuple[Blob, ...]

    @property
    def size(self) -> int:
        """Bytes that would go."""
        return sum(blob.size for blob in self.blobs)


def plan_purge(file: RawFile) -> PurgePlan:
    """Looks what the bytes of a file became, without changing anything."""
    files = RawFile.objects.filter(blob=file.blob_id).select_related("measurement__sample__project", "blob")
    datasets = Dataset.objects.filter(file__in=files)
    tables = DatasetTable.objects.filter(dataset__in=datasets)
    artifacts = Artifact.objects.filter(run__inputs__dataset__in=datasets)
    made = _blobs_of(tables, "blob", "preview") | _blobs_of(artifacts, "blob")
    others = (
        _blobs_of(DatasetTable.objects.exclude(dataset__in=datasets), "blob", "preview", among=made)
        | _blobs_of(Artifact.objects.exclude(run__inputs__dataset__in=datasets), "blob", among=made)
        | _blobs_of(RawFile.objects.exclude(blob=file.blob_id), "blob", among=made)
    )
    gone = Blob.objects.filter(pk__in={file.blob_id, *(made - others)}).order_by("sha256")
    kept = Blob.objects.filter(pk__in=others).order_by("sha256")
    return PurgePlan(tuple(files.order_by("received_at")), tuple(gone), tuple(kept))


def purge(file: RawFile, *, actor: Any, reason: str, everywhere: bool = False) -> PurgePlan:
    """Removes the bytes of a file and of what was made of it, for good. Safe to run again after a crash.

    The rows that say why are committed before the first byte goes.

    Args:
        file: Whose bytes.
        actor: The administrator who does it.
        reason: Why; kept in the audit trail and shown to whoever asks for the bytes.
        everywhere: Also where other files hold the same bytes.

    Raises:
        PermissionDenied: The person is no administrator.
        ValidationError: There is no reason, or other files hold the same bytes.
        ProgrammingError: The connection is not that of the database's owner.
    """
    if not (actor.is_superuser and actor.is_active):
        raise PermissionDenied("Only administrators purge.")
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is purged."})
    plan = plan_purge(file)
    others = [other for other in plan.files if other.pk != file.pk]
    if others and not everywhere:
        named = ", ".join(f"{other.name} of {other.measurement.sample}" for other in others)
        raise ValidationError(f"Other files hold the same bytes and would lose them, too: {named}. Say so to go on.")
    _write(plan, actor, reason.strip())
    for blob in plan.blobs:
        remove_bytes(blob)
    return plan


@transaction.atomic
def _write(plan: PurgePlan, actor: Any, reason: str) -> None:
    with acting(reason=reason):
        attribute(actor)
        for blob in plan.blobs:
            if not Purge.objects.filter(blob=blob).exists():
                Purge.objects.create(blob=blob, by=actor.get_username(), reason=reason)
        for file in plan.files:
            if not Tombstone.objects.filter(pk=file.pk).exists():
                writing.withdraw(file, actor=actor, reason=f"Purged: {reason}"[:500])


def _blobs_of(rows: Any, *fields: str, among: Iterable[str] | None = None) -> set[str]:
    found: set[str] = set()
    for field in fields:
        held = rows if among is None else rows.filter(**{f"{field}__in": list(among)})
        found |= {key for key in held.values_list(field, flat=True) if key}
    return found
