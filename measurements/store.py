"""Bytes under their SHA-256, kept once, behind Django's storage API (a directory by default).

Bytes are written before the row that names them, so a crash leaves at most an orphan that nobody sees, never a row
without bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, default_storage

from core.records import GoneError
from core.tables import Table
from measurements.models import Blob, Purge

CHUNK = 1 << 20
_PREFIX = "incoming-"


class TooLargeError(ValueError):
    """More bytes than the door allows."""


class PurgedError(GoneError):
    """The bytes were removed on purpose."""

    def __init__(self, purge: Purge) -> None:
        super().__init__(f"The bytes with the hash {purge.blob_id} were {purge}")


def storage_key(sha256: str) -> str:
    """Where the bytes of a hash lie in the storage."""
    return f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in pieces, so that a file of any size passes through little memory."""
    while chunk := stream.read(CHUNK):
        yield chunk


def put(chunks: Iterable[bytes], *, limit: int | None = None) -> Blob:
    """Stores bytes once, hashing them on their way to disk, and returns their blob.

    Args:
        chunks: The bytes, in pieces.
        limit: Refuse more bytes than this.

    Raises:
        TooLargeError: There are more than `limit`; nothing is kept.
        PurgedError: These bytes were removed on purpose and do not come back.
    """
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=_spool(), prefix=_PREFIX) as spool:
        for chunk in chunks:
            size += len(chunk)
            if limit is not None and size > limit:
                raise TooLargeError(f"more than {limit} bytes")
            digest.update(chunk)
            spool.write(chunk)
        spool.flush()
        os.fsync(spool.fileno())
        sha256 = digest.hexdigest()
        _refuse_purged(sha256)
        if not default_storage.exists(storage_key(sha256)):
            _move_in(Path(spool.name), storage_key(sha256))
    blob, _ = Blob.objects.get_or_create(sha256=sha256, defaults={"size": size})
    return blob


def adopt(path: Path) -> Blob:
    """Stores the bytes of a spooled file without copying them where the disk is the same; the file stays.

    Raises:
        PurgedError: These bytes were removed on purpose and do not come back.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in chunks_of(file):
            digest.update(chunk)
    sha256 = digest.hexdigest()
    _refuse_purged(sha256)
    if not default_storage.exists(storage_key(sha256)):
        _move_in(path, storage_key(sha256))
    blob, _ = Blob.objects.get_or_create(sha256=sha256, defaults={"size": path.stat().st_size})
    return blob


def put_file(path: Path) -> Blob:
    """Stores the bytes of a file on this machine."""
    with path.open("rb") as file:
        return put(chunks_of(file))


def open_blob(blob: Blob) -> File[bytes]:
    """The bytes of a blob, for reading.

    Raises:
        PurgedError: They were removed on purpose.
    """
    try:
        return default_storage.open(storage_key(blob.sha256), "rb")
    except FileNotFoundError:
        _refuse_purged(blob.sha256)
        raise


def remove_bytes(blob: Blob) -> None:
    """Removes the bytes of a blob for good. Its row stays; `provenance.services.purge` writes why."""
    default_storage.delete(storage_key(blob.sha256))


def _refuse_purged(sha256: str) -> None:
    purge = Purge.objects.filter(blob=sha256).first()
    if purge is not None:
        raise PurgedError(purge)


def load_table(blob: Blob, columns: list[str] | None = None) -> Table:
    """A table that `put_table` stored; `columns` limits what is decoded."""
    with open_blob(blob) as file:
        return Table.read_parquet(cast("BinaryIO", file), columns)


@contextmanager
def local_path(blob: Blob) -> Iterator[Path]:
    """A path to the bytes on this machine: the stored file itself, or a temporary copy of a remote one.

    Raises:
        PurgedError: They were removed on purpose.
    """
    try:
        path = Path(default_storage.path(storage_key(blob.sha256)))
        if not path.exists():
            _refuse_purged(blob.sha256)
        yield path
    except NotImplementedError:
        with tempfile.NamedTemporaryFile(prefix="blob-") as copy:
            with open_blob(blob) as file:
                shutil.copyfileobj(file, copy, CHUNK)
            copy.flush()
            yield Path(copy.name)


def sha256_of(blob: Blob) -> str:
    """Hash of the bytes as they are now on disk, for verification."""
    digest = hashlib.sha256()
    with open_blob(blob) as file:
        for chunk in file.chunks(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def remove_leftovers(*, older_than_hours: float = 24.0) -> int:
    """Removes what uploads left in the spool when their process was killed; returns how many.

    A living upload writes to its file all the time, so a file that nobody has touched for a day belongs to nobody.
    Bytes that arrived whole are never removed, even where no row names them: the next upload of them finds them.
    """
    folder = _spool()
    oldest = time.time() - 3600.0 * older_than_hours
    removed = 0
    for file in folder.glob(f"{_PREFIX}*") if folder else ():
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < oldest:
                file.unlink()
                removed += 1
    return removed


def upload_folder() -> Path:
    """Where unfinished uploads lie: on the storage's own disk, else with the site's other files; its owner's alone."""
    try:
        folder = Path(default_storage.path("uploads"))
    except NotImplementedError:
        folder = Path(settings.MEDIA_ROOT) / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _spool() -> Path | None:
    """A folder on the storage's own disk, so that moving in is a rename; the system's where the storage is remote."""
    try:
        folder = Path(default_storage.path("incoming"))
    except NotImplementedError:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _move_in(spooled: Path, key: str) -> None:
    storage: Storage = default_storage
    try:
        target = Path(storage.path(key))
    except NotImplementedError:
        with spooled.open("rb") as file:
            storage.save(key, File(file))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    spooled.chmod(0o440)
    with suppress(FileExistsError):  # somebody stored the same bytes at the same moment
        target.hardlink_to(spooled)
        _make_durable(target.parent)


def _make_durable(folder: Path) -> None:
    """Without this the name may be lost in a power cut although the bytes are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
