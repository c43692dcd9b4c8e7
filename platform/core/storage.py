"""What the system's error numbers mean for stored files, in words: a full or broken disk is nobody's mistake.

Doors show a `StorageError` like any refusal; jobs that meet such trouble go back into their queue.
"""

from __future__ import annotations

import errno

from django.core.exceptions import ValidationError

_BROKEN = frozenset({errno.EIO, errno.EROFS, errno.ESTALE, errno.ENOTCONN})


class StorageError(ValidationError):
    """Bytes could not be stored; nothing of them is kept."""


def storage_trouble(number: int | None) -> str:
    """What an error number says about the disk; empty where it says nothing about it."""
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return "The server's disk is full."
    if number == errno.EFBIG:
        return "The server's disk does not take a file of this size."
    return f"The server's storage is in trouble ({errno.errorcode[number]})." if number in _BROKEN else ""
