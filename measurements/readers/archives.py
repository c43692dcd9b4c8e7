"""ZIP archives looked over before anything is unpacked, for every format that is a ZIP inside.

A bomb, a path that leads out of the archive, or an encrypted member is refused by the table of contents alone.
"""

from __future__ import annotations

import re
import zipfile

from measurements.readers.base import UnreadableFile

ZIP_SIGNATURE = b"PK\x03\x04"
MAX_MEMBERS = 2_000
# Some 100 million records of a cycler; the largest real archive seen unpacks to 8 MB.
MAX_UNPACKED_BYTES = 1024**3
# Deflate cannot pass about 1030:1, and a real archive of rests alone reaches some 100:1.
MAX_RATIO = 300
RATIO_FREE_BYTES = 64 * 1024**2


def examine(archive: zipfile.ZipFile, kind: str) -> None:
    """Refuses bombs, trick paths and encryption by the table of contents alone.

    Args:
        archive: The opened archive.
        kind: What it should be, for the message (`a Neware archive`).

    Raises:
        UnreadableFile: One of them was found; the message names the member or the sizes.
    """
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UnreadableFile(f"the archive holds {len(members)} members; {kind} holds fewer than {MAX_MEMBERS}")
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name or "\0" in name:
            raise UnreadableFile(f"the archive holds the path {name!r}, which leads out of it; it is refused")
        if member.flag_bits & 1:
            raise UnreadableFile(f"member {name!r} is encrypted; export the test without a password")
        if member.compress_size > archive.start_dir:  # a decoder would ask for that much memory at once
            raise UnreadableFile(
                f"member {name!r} is said to take {member.compress_size} bytes of an archive that has fewer: its table "
                "of contents is damaged; copy the file again from the instrument"
            )
    unpacked = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if unpacked > MAX_UNPACKED_BYTES:
        raise UnreadableFile(f"the archive would unpack to {unpacked} bytes; the limit is {MAX_UNPACKED_BYTES}")
    if unpacked > RATIO_FREE_BYTES and unpacked / packed > MAX_RATIO:
        raise UnreadableFile(
            f"the archive would unpack to {unpacked / packed:.0f} times its size; real ones stay below {MAX_RATIO}"
        )
