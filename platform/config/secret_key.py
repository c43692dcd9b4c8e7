"""The key that signs sessions: from the environment, else made once and kept beside the other secrets."""

from __future__ import annotations

from pathlib import Path

from config import environment
from config.embedded.lease import shared_secrets


def secret_key(home: Path) -> str:
    """The key that signs sessions.

    Args:
        home: Folder of everything the site keeps.
    """
    return environment.text("COSINTER_SECRET_KEY") or shared_secrets(home / "secret-key", ("django",))["django"]
