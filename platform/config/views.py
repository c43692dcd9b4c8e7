"""What the wiring answers itself: supervisors that ask how it is, and addresses that lead nowhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect, JsonResponse
from django.middleware.common import CommonMiddleware
from django.views.defaults import page_not_found

from core import health
from core.problems import MEDIA_TYPE

_API = "/api/"


def live(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 as long as the process answers."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """200 if nothing is missing, else 503 and what is."""
    problems = health.problems()
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ready"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """A page for people; a problem document below `/api/`, where a script reads it."""
    if not request.path.startswith(_API):
        return page_not_found(request, exception)
    detail = (
        f"There is no address {request.path}; all are listed at /api/v1/docs/. "
        "A record's address holds its id; its list finds it by its name, as in samples/?code=CC-1."
    )
    body = {"type": "about:blank", "title": "Not found", "status": 404, "detail": detail}
    return JsonResponse(body, status=404, content_type=MEDIA_TYPE)


class _SameRequest(HttpResponsePermanentRedirect):
    """308: the client sends the same request there, with its method and body."""

    status_code = 308


class AddressMiddleware(CommonMiddleware):
    """Django's, but an address without its last slash is answered with 308.

    After a 301 clients send a GET: a POST to `samples` would come back as the list of samples, and look like success.
    """

    response_redirect_class = _SameRequest
