"""Every write on comments and attachments. Who may change a record may say something beside it."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction

from accounts import writing
from accounts.access import OWNS, has_role, require_write
from core import records, sandbox
from core.queues import Queue
from measurements.models import Measurement
from measurements.services import Received, receive_file
from measurements.services.files import clean_name
from measurements.store import TooLargeError, chunks_of, local_path, open_blob, put
from notes.models import Attachment, Beside, Comment
from notes.targets import kind_of
from samples.models import Sample

_LIMITS = sandbox.Limits(seconds=60.0, memory=2 << 30)


def add_comment(record: models.Model, *, actor: Any, text: str) -> Comment:
    """Says something about a record.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        ValidationError: There are no words, or too many.
    """
    comment = Comment(kind=kind_of(record), record_id=record.pk, text=text.strip())
    return writing.create(comment, actor=actor)


def edit_comment(comment: Comment, *, actor: Any, text: str, expected_version: int | None = None) -> Comment:
    """Changes one's own comment; what it said before stays in its history.

    Raises:
        PermissionDenied: It is somebody else's.
        StaleVersionError: It was changed meanwhile.
        ValidationError: There are no words, or too many.
    """
    if comment.created_by_id != actor.pk:
        raise PermissionDenied("Only the person who wrote a comment may change it.")
    return writing.change(comment, actor=actor, expected_version=expected_version, text=text.strip())


def withdraw_beside(note: Beside, *, actor: Any, reason: str, expected_version: int | None = None) -> Any:
    """Withdraws a comment or an attachment: its place stays, with who withdrew it and why.

    Raises:
        PermissionDenied: It is somebody else's, and the person does not own the project.
        StaleVersionError: It was changed meanwhile.
        ValidationError: There is no reason, or it is withdrawn already.
    """
    require_withdrawal(note, actor)
    return writing.withdraw(note, actor=actor, reason=reason, expected_version=expected_version)


def require_withdrawal(note: Beside, actor: Any) -> None:
    """Lets pass who made it, and who owns the project it is in.

    Raises:
        PermissionDenied: The person is neither.
    """
    project = note.project
    owns = actor.is_superuser if project is None else has_role(actor, project, OWNS)
    if note.created_by_id != actor.pk and not owns:
        raise PermissionDenied(f"Only {note.created_by} or an owner of the project may withdraw it.")


def attach(
    record: models.Model, *, actor: Any, name: str, chunks: Iterable[bytes], description: str = ""
) -> tuple[Attachment, bool]:
    """Keeps a file of any kind beside a record.

    Args:
        record: What it belongs to.
        actor: Who brings it.
        name: The file's name; only its last part counts.
        chunks: Its bytes in pieces.
        description: What it shows.

    Returns:
        The attachment, and whether it is new: the same bytes at the same record are kept once.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        ValidationError: The file is empty or too large, or has no name.
    """
    require_write(actor, record)
    plain_name = clean_name(name)
    limit: int = settings.COSINTER_MAX_UPLOAD
    try:
        blob = put(chunks, limit=limit)
    except TooLargeError as error:
        allowed = f"{limit / 1024**3:.3g} GiB"
        raise ValidationError(
            {"file": f"{plain_name} is larger than {allowed}, the most this server takes."}
        ) from error
    if blob.size == 0:
        raise ValidationError({"file": f"{plain_name} is empty (0 bytes)."})
    known = Attachment.objects.filter(record_id=record.pk, blob=blob).first()
    if known is not None:
        return known, False
    attachment = Attachment(
        kind=kind_of(record),
        record_id=record.pk,
        blob=blob,
        name=plain_name,
        media_type=mimetypes.guess_type(plain_name)[0] or "application/octet-stream",
        description=description.strip(),
    )
    return _stored(attachment, actor), True


def describe_attachment(
    attachment: Attachment, *, actor: Any, expected_version: int | None = None, **changes: Any
) -> Attachment:
    """Changes name or description; the bytes never change.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        StaleVersionError: It was changed meanwhile.
        ValidationError: The name is empty or too long.
    """
    if "name" in changes:
        changes["name"] = clean_name(changes["name"])
    return writing.change(attachment, actor=actor, expected_version=expected_version, **changes)


def measured_subject(attachment: Attachment) -> Sample | None:
    """The sample or cell that its bytes would be a measurement of; None beside other records."""
    record = attachment.record
    if isinstance(record, Measurement):
        return record.sample
    return record if isinstance(record, Sample) else None


@transaction.atomic
def use_as_measurement(attachment: Attachment, *, actor: Any) -> Received:
    """Receives an attachment's bytes as a file of an instrument: it is read and analysed. The attachment stays.

    Raises:
        PermissionDenied: The person may not write in the project.
        ValidationError: It does not lie beside a sample, a cell or a measurement.
    """
    subject = measured_subject(attachment)
    if subject is None:
        raise ValidationError("Only what is attached to a sample, a cell or a measurement can be read as one.")
    record = attachment.record
    with open_blob(attachment.blob) as stream:
        return receive_file(
            actor=actor,
            subject=subject,
            name=attachment.name,
            chunks=chunks_of(cast("Any", stream)),
            measurement=record if isinstance(record, Measurement) else None,
        )


@transaction.atomic
def _stored(attachment: Attachment, actor: Any) -> Attachment:
    from notes.tasks import recognise_attachment

    stored = writing.create(attachment, actor=actor)
    if measured_subject(stored) is not None:
        key = str(stored.pk)
        transaction.on_commit(lambda: recognise_attachment.apply_async((key,), queue=Queue.INTERACTIVE), robust=True)
    return stored


def recognise(attachment: Attachment) -> Attachment:
    """Notes which reader would take the bytes, so that pages can offer it; the readers look in the sandbox.

    Raises:
        SandboxError: A decoder broke on the bytes; the attachment is kept as it is.
    """
    with local_path(attachment.blob) as path:
        source = {"path": str(path), "name": attachment.name}
        report = sandbox.call("measurements.readers.sandboxed:match", source, _LIMITS)
    return records.change(attachment, reader=report["chosen"] or "")
