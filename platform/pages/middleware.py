"""Answers for bytes that were removed on purpose, on whichever page they were asked for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.records import GoneError

_GONE = 410


class GoneMiddleware:
    """Says why something is gone instead of failing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Passes the request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The reason as a page with status 410; None for other exceptions."""
        if isinstance(exception, GoneError):
            return render(request, "pages/gone.html", {"reason": str(exception)}, status=_GONE)
        return None
