"""Answers for supervisors: is this process alive, and is the site ready to work."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

from core import health


def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 as long as the process answers."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 if nothing is missing, else 503 and what is."""
    problems = health.problems()
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ready"})
