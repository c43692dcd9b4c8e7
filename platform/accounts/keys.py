"""Keys that are told once and stored only as a digest: of tokens, invitations and shares."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_key() -> tuple[str, str]:
    """A key that nobody can guess, and its digest, which is what is stored."""
    key = secrets.token_urlsafe(_BYTES)
    return key, digest(key)


def digest(key: str) -> str:
    """What is stored of a key. Keys are long and random, so a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()
