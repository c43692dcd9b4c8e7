"""Receiving a file, from whichever door: bytes to the store, a place in a measurement, a reading in the queue."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q

from accounts.access import require_edit, require_write
from core.events import announce, file_received
from core.storage import StorageError, storage_trouble
from measurements.models import Blob, Measurement, RawFile, Technique
from measurements.services.measurements import Conditions, create_measurement
from measurements.services.readings import request_reading
from measurements.services.versions import earlier_version, first_of
from measurements.store import PurgedError, TooLargeError, adopt, put
from samples.models import Sample

_NAME_LENGTH = 255
_GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class Received:
    """What became of an upload.

    Attributes:
        file: The stored file.
        measurement: Where it hangs.
        created: False where the same bytes had been received for the same subject and technique before.
    """

    file: RawFile
    measurement: Measurement
    created: bool
    notes: tuple[str, ...] = field(default=())


def receive_file(
    *,
    actor: Any,
    subject: Sample,
    name: str,
    chunks: Iterable[bytes] | Path,
    technique: str = "",
    conditions: Conditions | None = None,
    measurement: Measurement | None = None,
    reader_options: Mapping[str, str] | None = None,
) -> Received:
    """Stores a file and queues its reading; the analysis follows by itself.

    The same bytes for the same subject and technique are recognised and stored once. A longer version of a file that
    came before goes into the measurement of that one and takes its place. The bytes are streamed to disk
    before the transaction begins, so that a slow upload holds no lock.

    Args:
        actor: Who brings the file.
        subject: The sample or cell that was measured.
        name: The file's name; only its last part counts.
        chunks: Its bytes in pieces, or where they lie, on the storage's disk and never to be changed again.
        technique: Key of `Technique`, empty where the file shall tell.
        conditions: Further fields of the new measurement.
        measurement: Add the file to this measurement instead of making a new one.
        reader_options: What the reader must be told, such as the column mapping of a table.

    Raises:
        PermissionDenied: The person may not write in the subject's project.
        StorageError: The disk is full or broken; nothing is kept.
        ValidationError: The file is empty or too large, the technique unknown, or a condition does not fit.
    """
    require_edit(actor, subject.project)
    if technique and technique not in Technique.values:
        raise ValidationError(
            {"technique": f"{technique!r} is not a technique; there are {', '.join(Technique.values)}."}
        )
    plain_name = clean_name(name)
    blob = _store(chunks, plain_name)
    with transaction.atomic():
        _lock(subject, blob)
        known = _known_file(subject, blob, technique, measurement)
        if known is not None:
            return Received(known, known.measurement, created=False)
        earlier = earlier_version(blob, plain_name, subject=subject, technique=technique, measurement=measurement)
        target = measurement or (
            earlier.measurement
            if earlier is not None
            else create_measurement(
                actor=actor, subject=subject, technique=technique, conditions=conditions, asks_fields=False
            )
        )
        version_of = None if earlier is None else first_of(earlier)
        file = _recorded(blob, plain_name, target, actor=actor, version_of=version_of)
        request_reading(file, options=reader_options, actor=actor)
        announce(file_received, RawFile, file.pk)
    return Received(file, target, created=True)


def attach_file(*, actor: Any, measurement: Measurement, name: str, chunks: Iterable[bytes]) -> RawFile:
    """Stores a file that belongs to a measurement and is not to be read: the truth of a simulation, a protocol.

    Raises:
        PermissionDenied: The person may not write in the project.
        StorageError: The disk is full or broken; nothing is kept.
        ValidationError: The file is empty or too large.
    """
    require_write(actor, measurement)
    plain_name = clean_name(name)
    blob = _store(chunks, plain_name)
    with transaction.atomic():
        known: RawFile | None = RawFile.objects.filter(blob=blob, measurement=measurement).first()
        return known or _recorded(blob, plain_name, measurement, actor=actor)


def _recorded(
    blob: Blob, name: str, measurement: Measurement, *, actor: Any, version_of: RawFile | None = None
) -> RawFile:
    file = RawFile(
        measurement=measurement,
        blob=blob,
        name=name,
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        uploader=actor,
        version_of=version_of,
    )
    file.full_clean()
    file.save(force_insert=True)
    return file


def clean_name(name: str) -> str:
    """The last part of a file name, without anything that could act as a path or a control character.

    Raises:
        ValidationError: Nothing is left of it.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(character for character in last if character.isprintable()).strip().strip(".")
    if not plain:
        raise ValidationError({"file": f"The file needs a name; {name!r} is none."})
    return plain[-_NAME_LENGTH:]


def _store(chunks: Iterable[bytes] | Path, name: str) -> Blob:
    limit: int = settings.COSINTER_MAX_UPLOAD
    try:
        blob = adopt(chunks) if isinstance(chunks, Path) else put(chunks, limit=limit)
    except OSError as error:
        trouble = storage_trouble(error.errno)
        if not trouble:
            raise
        message = f"{name} was not stored. {trouble} Tell your administrator, then send it again."
        raise StorageError({"file": message}) from error
    except TooLargeError as error:
        allowed = f"{limit / _GIBIBYTE:.3g} GiB"
        raise ValidationError({"file": f"{name} is larger than {allowed}, the most this server takes."}) from error
    except PurgedError as error:
        raise ValidationError({"file": f"{name} cannot be received again. {error}"}) from error
    if blob.size == 0:
        raise ValidationError({"file": f"{name} is empty (0 bytes). Was the copy from the instrument complete?"})
    return blob


def _lock(subject: Sample, blob: Blob) -> None:
    """Two uploads of the same bytes for the same subject wait for each other, so that the second finds the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{subject.pk}{blob.sha256}"])


def _known_file(subject: Sample, blob: Blob, technique: str, measurement: Measurement | None) -> RawFile | None:
    files = RawFile.objects.filter(blob=blob, measurement__sample=subject).select_related("measurement")
    if measurement is not None:
        files = files.filter(measurement=measurement)
    if technique:
        files = files.filter(Q(measurement__technique=technique) | Q(measurement__technique=""))
    return files.order_by("received_at").first()
