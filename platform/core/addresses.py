"""Addresses that leave the site: in e-mails, on labels, in links that one person gives to another.

They begin with the address that the administrator has set, for who follows them may come from anywhere; without one,
with the address by which the request came.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def public_address(path: str, request: HttpRequest | Request | None = None) -> str:
    """Where everybody finds a page.

    Args:
        path: Of the page, from `/`.
        request: By which address somebody came, where there is a request.

    Returns:
        The whole address; the path alone where nothing says how the site is called.
    """
    if settings.COSINTER_SITE_URL:
        return f"{settings.COSINTER_SITE_URL}{path}"
    return request.build_absolute_uri(path) if request is not None else path
