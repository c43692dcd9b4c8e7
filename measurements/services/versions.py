"""A running cell's file that is uploaded again and again: the longer one takes the place of the shorter.

A candidate has the same name, the same subject and more bytes that begin alike; whether its records go on where the
earlier file ended is seen once it has been read. If they do not, it gets a measurement of its own.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts import writing
from core import sandbox
from core.jobs import cancel
from core.withdrawal import standing
from measurements.models import Blob, Dataset, FileReading, Measurement, RawFile
from measurements.selectors import first_version
from measurements.services.measurements import create_measurement
from measurements.store import PurgedError, local_path, open_blob

_CHUNK = 1 << 20
_MAGIC = 8
_LOOKED_AT = 1024
_UNFINISHED = 8192
"""Bytes at the end of an earlier text that a program may have written anew: an unfinished line, a footer."""


def earlier_version(
    blob: Blob, name: str, *, subject: Any, technique: str, measurement: Measurement | None
) -> RawFile | None:
    """The newest file of which these bytes seem to be a longer version; None where there is none.

    Args:
        blob: The new bytes.
        name: What the file is called.
        subject: The sample or cell that was measured.
        technique: As told at the door, empty where the file shall tell.
        measurement: Where the file is to hang; None to look among all measurements of the subject.
    """
    files = standing(RawFile.objects.filter(name__iexact=name, blob__size__lt=blob.size))
    files = files.filter(measurement__sample=subject, readings__isnull=False)
    if measurement is not None:
        files = files.filter(measurement=measurement)
    else:
        files = files.filter(measurement__in=standing(Measurement.objects.filter(sample=subject)))
    if technique:
        files = files.filter(Q(measurement__technique=technique) | Q(measurement__technique=""))
    newest: RawFile | None = files.select_related("blob", "measurement").order_by("-received_at").first()
    if newest is None or _has_grown_further(newest, blob):
        return None
    try:
        return newest if _begins_alike(newest.blob, blob) else None
    except (FileNotFoundError, PurgedError):  # no obstacle to the new bytes; `verify` tells of what was lost
        return None


def _has_grown_further(file: RawFile, blob: Blob) -> bool:
    """Whether a version of the file is as long as the new bytes already: these are an older state of it, then."""
    first = file.version_of_id or file.pk
    versions = standing(RawFile.objects.filter(Q(pk=first) | Q(version_of=first)))
    return bool(versions.filter(blob__size__gte=blob.size).exists())


def goes_on(file: RawFile, content: dict[str, Any], limits: sandbox.Limits) -> bool:
    """Whether what was read of a longer version begins with what was read of the version before.

    Args:
        file: The longer version.
        content: What its reader gave, with the files of its tables.
        limits: Time and memory of the child process that compares.
    """
    before = (
        Dataset.objects.filter(Q(file=file.version_of_id) | Q(file__version_of=file.version_of_id))
        .filter(file__in=standing(RawFile.objects.filter(received_at__lt=file.received_at)))
        .order_by("-file__received_at", "-created_at")
        .first()
    )
    if before is None:
        return True
    with ExitStack() as stack:
        tables = before.tables.select_related("blob")
        earlier = {table.name: str(stack.enter_context(local_path(table.blob))) for table in tables}
        later = {table["name"]: table["file"] for table in content["tables"]}
        found: bool = sandbox.call(
            "measurements.readers.sandboxed:goes_on", {"earlier": earlier, "later": later}, limits
        )
        return found


@transaction.atomic
def separate(reading: FileReading) -> RawFile:
    """Gives a file its own measurement that is no longer version of the earlier one after all; it is read there."""
    from measurements.services.readings import request_reading

    file, actor = reading.file, reading.file.uploader
    why = f"{file.name} has other records than the earlier file of that name, so it has a measurement of its own."
    own = RawFile(
        measurement=create_measurement(
            actor=actor,
            subject=file.measurement.sample,
            technique=file.measurement.technique,
            asks_fields=False,
            conditions={"note": f"Uploaded under the name of another file ({file.name}), with other records."},
        ),
        blob=file.blob,
        name=file.name,
        media_type=file.media_type,
        uploader=actor,
    )
    own.save(force_insert=True)
    cancel(reading, why)
    writing.withdraw(file, actor=actor, reason=why, successor=own)
    request_reading(own, options=reading.options, actor=actor)
    return own


def first_of(file: RawFile) -> RawFile:
    """The first version of a file, by which all later ones are known."""
    first: RawFile = RawFile.objects.get(pk=first_version(file))
    return first


def _begins_alike(earlier: Blob, later: Blob) -> bool:
    """Texts must have nearly all of the earlier bytes; others, whose counters and archives change, the same magic."""
    with open_blob(earlier) as one, open_blob(later) as other:
        first, second = one.read(_LOOKED_AT), other.read(_LOOKED_AT)
        if b"\0" in first or first.startswith(b"PK"):
            return bool(first[:_MAGIC] == second[:_MAGIC])
        wanted = max(earlier.size - _UNFINISHED, min(earlier.size, _LOOKED_AT) // 2)
        seen = min(wanted, _LOOKED_AT)
        alike = bool(first[:seen] == second[:seen])
        while alike and (seen := one.tell()) < wanted:
            length = min(_CHUNK, wanted - seen)
            alike = bool(one.read(length) == other.read(length))
        return alike
