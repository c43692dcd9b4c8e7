"""Names the person and the door for the audit trail, for as long as a request takes."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.audit import acting

_DOORS = (("/api/", "rest"), ("/admin/", "admin"))
_REASON_LENGTH = 500


class ActingMiddleware:
    """Everything a request changes is attributed to the person who sent it, with the reason given in `X-Reason`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers the request on the person's behalf."""
        door = next((name for prefix, name in _DOORS if request.path.startswith(prefix)), "page")
        reason = request.headers.get("X-Reason", "")[:_REASON_LENGTH]
        with acting(actor=request.user.get_username(), door=door, reason=reason), timezone.override(_zone_of(request)):
            return self._get_response(request)


def _zone_of(request: HttpRequest) -> str:
    """In which zone this person reads times; scripts always read UTC."""
    return "UTC" if request.path.startswith("/api/") else getattr(request.user, "time_zone", "UTC")
