"""Registry of what must be true before the site takes work: `/health/ready` asks each check in turn.

Apps register their checks in `AppConfig.ready()`, so the bottom layer needs to know none of them.
"""

from __future__ import annotations

from collections.abc import Callable

Check = Callable[[], str | None]
"""Returns why the site is not ready, in words for a person, or None if it is."""

_checks: dict[str, Check] = {}


class DuplicateCheckError(ValueError):
    """Two checks claim one name."""


def register_check(name: str, check: Check) -> None:
    """Adds a check.

    Args:
        name: What is checked, as one word (`worker`).
        check: Called for each request, so it must be quick.

    Raises:
        DuplicateCheckError: Another check has that name.
    """
    if _checks.setdefault(name, check) is not check:
        raise DuplicateCheckError(f"a health check named {name!r} exists already")


def problems() -> dict[str, str]:
    """What keeps the site from being ready, by the name of the check; empty if it is ready."""
    found = {}
    for name, check in _checks.items():
        try:
            reason = check()
        except Exception as error:  # noqa: BLE001  # a check that breaks is itself the finding
            reason = f"{type(error).__name__}: {error}"
        if reason is not None:
            found[name] = reason
    return found
