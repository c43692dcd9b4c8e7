"""Uploads that may be interrupted: bytes are appended to a spool, whose length is the one truth about what has come.

A file becomes a raw file by `receive_file`, as at every other door, when its last byte is there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.storage import StorageError, storage_trouble
from measurements.models import Upload
from measurements.services.files import clean_name
from measurements.store import upload_folder

KEPT_FOR: Final = timedelta(days=7)
MOST_UNFINISHED: Final = 100
_ORPHANED_AFTER: Final = 3600.0  # s


class UploadBusyError(Exception):
    """Somebody else is sending bytes of this upload."""


class WrongOffsetError(Exception):
    """The bytes do not begin where the upload stands.

    Attributes:
        offset: Where it stands.
    """

    def __init__(self, offset: int) -> None:
        super().__init__(f"{offset} bytes have come")
        self.offset = offset


class TooManyBytesError(Exception):
    """More bytes came than the upload was said to have; none of them is kept."""


class ChecksumError(Exception):
    """The bytes are not those whose checksum was sent; none of them is kept."""


def open_upload(*, actor: Any, name: str, length: int, told: dict[str, str]) -> Upload:
    """A place for a file of this length.

    Args:
        actor: Who sends it.
        name: The file's name; only its last part counts.
        length: How many bytes will come.
        told: What the sender says of the file, checked by the door.

    Raises:
        ValidationError: The length is nothing or too much, or the person has too many uploads open.
    """
    if not 0 < length <= settings.COSINTER_MAX_UPLOAD:
        raise ValidationError({"length": f"A file has 1 to {settings.COSINTER_MAX_UPLOAD} bytes, not {length}."})
    if Upload.objects.visible_to(actor).filter(file=None).count() >= MOST_UNFINISHED:
        raise ValidationError(f"You have {MOST_UNFINISHED} unfinished uploads; finish or remove some.")
    upload = Upload(user=actor, name=clean_name(name), length=length, told=told, expires_at=timezone.now() + KEPT_FOR)
    upload.full_clean()
    os.close(os.open(spool_of(upload), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    upload.save(force_insert=True)
    return upload


def spool_of(upload: Upload) -> Path:
    """Where the bytes lie that have come."""
    return upload_folder() / str(upload.pk)


def offset_of(upload: Upload) -> int:
    """How many bytes have come."""
    if upload.file_id is not None:
        return int(upload.length)
    with suppress(FileNotFoundError):
        return spool_of(upload).stat().st_size
    return 0


@contextmanager
def at_the_end_of(upload: Upload) -> Iterator[BinaryIO]:
    """The spool, for one writer at a time; the kernel lets go of it when a writer dies.

    Raises:
        UploadBusyError: There is a writer.
    """
    path = spool_of(upload)
    mode = "ab" if os.access(path, os.W_OK) else "rb"  # complete ones may be a part of the store already
    with cast("BinaryIO", path.open(mode)) as spool:
        try:
            fcntl.flock(spool, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadBusyError from error
        yield spool


def append(
    upload: Upload, spool: BinaryIO, chunks: Iterable[bytes], *, offset: int, sha256: bytes | None = None
) -> int:
    """Adds bytes; those that came before a connection broke are kept, unless a checksum was sent with them.

    Args:
        upload: What they belong to.
        spool: From `at_the_end_of`.
        chunks: The bytes, in pieces; an `OSError` means that the connection broke.
        offset: Where they begin.
        sha256: Hash that they must have.

    Returns:
        How many bytes have come by now.

    Raises:
        WrongOffsetError: They begin elsewhere.
        TooManyBytesError: There are more than the upload has room for.
        ChecksumError: They have another hash.
    """
    size = spool.seek(0, os.SEEK_END)
    if size != offset:
        raise WrongOffsetError(size)
    digest = hashlib.sha256()
    with suppress(OSError):
        for chunk in chunks:
            size += len(chunk)
            if size > upload.length:
                spool.truncate(offset)
                raise TooManyBytesError
            digest.update(chunk)
            _write(spool, chunk, upload.name)
    spool.flush()
    if sha256 is not None and digest.digest() != sha256:
        spool.truncate(offset)
        raise ChecksumError
    os.fsync(spool.fileno())
    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now() + KEPT_FOR)
    return spool.seek(0, os.SEEK_END)


def finish(upload: Upload, file: Any) -> None:
    """Notes which file the upload has become, and lets its spool go."""
    Upload.objects.filter(pk=upload.pk).update(file=file)
    upload.file = file
    spool_of(upload).unlink(missing_ok=True)


def remove_upload(upload: Upload) -> None:
    """Forgets an upload and its bytes; the file that it has become stays."""
    spool = spool_of(upload)
    upload.delete()
    spool.unlink(missing_ok=True)


def forget_uploads() -> int:
    """Removes what has expired, and bytes that belong to nothing; returns how many uploads went."""
    expired = Upload.objects.filter(expires_at__lte=timezone.now())
    for upload in (found := list(expired)):
        remove_upload(upload)
    known = {str(key) for key in Upload.objects.values_list("pk", flat=True)}
    latest = timezone.now().timestamp() - _ORPHANED_AFTER
    for spool in upload_folder().iterdir():
        if _is_key(spool.name) and spool.name not in known and spool.stat().st_mtime < latest:
            spool.unlink(missing_ok=True)
    return len(found)


def _write(spool: BinaryIO, chunk: bytes, name: str) -> None:
    """A full disk is no broken connection."""
    try:
        spool.write(chunk)
        spool.flush()
    except OSError as error:
        trouble = storage_trouble(error.errno) or str(error)
        raise StorageError({"file": f"{name} stopped here. {trouble} Tell your administrator, then go on."}) from error


def _is_key(name: str) -> bool:
    with suppress(ValueError):
        return str(UUID(name)) == name
    return False
