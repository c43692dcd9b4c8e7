"""The backup archive: a plain tar whose last member lists the size and SHA-256 of every other one.

The list comes last, so that writing needs one pass and an archive that was cut short has none.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

MANIFEST = "manifest.json"
DATABASE = "database.dump"
FILES = "files"
FORMAT = "cosinter-backup 1"
_CHUNK = 1 << 20


class ArchiveError(Exception):
    """An archive is not what its manifest says; the message names the member and what differs."""


@dataclass(frozen=True)
class Member:
    """What the manifest says of one member."""

    size: int
    sha256: str


@dataclass
class Manifest:
    """The list at the end of an archive.

    Attributes:
        created_at: Time of the backup, ISO 8601 in UTC.
        postgresql: Major version of the server the database came from.
        format: Name and version of this layout.
        members: Size and hash of every member, by its name.
    """

    created_at: str
    postgresql: int
    format: str = FORMAT
    members: dict[str, Member] = field(default_factory=dict)


class _Hashing(io.RawIOBase):
    """Hashes what is read through it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.hash = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._source.read(size)
        self.hash.update(chunk)
        self.size += len(chunk)
        return chunk

    def member(self) -> Member:
        return Member(self.size, self.hash.hexdigest())


class ArchiveWriter:
    """Writes an archive member by member; `finish` makes it valid.

    Args:
        target: Where the bytes of the archive go.
        manifest: The list to fill.
    """

    def __init__(self, target: IO[bytes], manifest: Manifest) -> None:
        self._tar = tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed by finish
        self._manifest = manifest

    def add(self, name: str, file: Path) -> None:
        """Copies a file into the archive while hashing it."""
        with file.open("rb") as source:
            hashing = _Hashing(source)
            entry = tarfile.TarInfo(name)
            status = file.stat()
            entry.size, entry.mtime = status.st_size, int(status.st_mtime)
            self._tar.addfile(entry, hashing)
        self._manifest.members[name] = hashing.member()

    def finish(self) -> None:
        """Writes the manifest and ends the archive."""
        content = json.dumps(asdict(self._manifest), indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))
        self._tar.close()


def verify(archive: Path) -> Manifest:
    """Reads a whole archive and compares every member with the manifest.

    Raises:
        ArchiveError: It is cut short, is no backup, or a member was changed, added or taken away.
    """
    found: dict[str, Member] = {}
    manifest = None
    with _opened(archive) as members:
        for name, source in members:
            if name == MANIFEST:
                manifest = _parse_manifest(archive, source.read())
            else:
                found[name] = _consume(source, lambda _: None)
    if manifest is None:
        raise ArchiveError(f"{archive} ends without {MANIFEST}: it was cut short or is no Cosinter backup")
    _compare(archive, manifest, found)
    return manifest


def extract(archive: Path, manifest: Manifest, folder: Path) -> None:
    """Writes the members of an archive into an empty folder and compares them once more while doing so.

    Args:
        archive: An archive that was verified.
        manifest: What `verify` returned.
        folder: Where the members go, under their names.

    Raises:
        ArchiveError: The archive changed since it was verified.
    """
    found: dict[str, Member] = {}
    with _opened(archive) as members:
        for name, source in members:
            if name != MANIFEST:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as handle:
                    found[name] = _consume(source, handle.write)
    _compare(archive, manifest, found)


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    try:
        with tarfile.open(archive, mode="r|") as tar:
            yield _members(archive, tar)
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError(f"{archive} cannot be read to its end: {error}") from error


def _members(archive: Path, tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for entry in tar:
        source = tar.extractfile(entry)
        path = PurePosixPath(entry.name)
        if source is None or path.is_absolute() or ".." in path.parts:
            raise ArchiveError(f"{archive} holds {entry.name!r}, which is no plain file below the archive")
        yield entry.name, source


def _consume(source: IO[bytes], take: Callable[[bytes], object]) -> Member:
    hashing = _Hashing(source)
    while chunk := hashing.read(_CHUNK):
        take(chunk)
    return hashing.member()


def _parse_manifest(archive: Path, content: bytes) -> Manifest:
    try:
        fields = json.loads(content)
        members = {name: Member(**member) for name, member in fields.pop("members").items()}
        manifest = Manifest(**fields, members=members)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArchiveError(f"{archive}: {MANIFEST} is no list of a Cosinter backup ({error})") from error
    if manifest.format != FORMAT:
        raise ArchiveError(f"{archive} is of the format {manifest.format!r}; this program reads {FORMAT!r}")
    return manifest


def _compare(archive: Path, manifest: Manifest, found: dict[str, Member]) -> None:
    for name in sorted(manifest.members.keys() | found.keys()):
        listed, actual = manifest.members.get(name), found.get(name)
        if listed is None:
            raise ArchiveError(f"{archive} holds {name}, which its manifest does not list")
        if actual is None:
            raise ArchiveError(f"{archive} lacks {name}, which its manifest lists")
        if listed != actual:
            raise ArchiveError(
                f"{archive}: {name} has {actual.size} bytes with SHA-256 {actual.sha256}; "
                f"the manifest says {listed.size} bytes with {listed.sha256}"
            )
