"""What the frame of every page shows: how many notices are unread, and in which zone the times are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from notes.selectors import unread_count


def everyday(request: HttpRequest) -> dict[str, Any]:
    """Asked of the database only by pages that show it."""
    user = getattr(request, "user", None)
    count: Callable[[], int] = lambda: unread_count(user)  # noqa: E731 (as the lazy object takes it)
    signed_in = user is not None and user.is_authenticated
    return {"unread": SimpleLazyObject(count) if signed_in else 0, "zone": timezone.get_current_timezone_name()}
