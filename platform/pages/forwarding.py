"""Pages of records that another one has taken the place of lead there; `?stay=1` shows the withdrawn one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.withdrawal import withdrawal_of


def successor_of(record: Any, user: Any) -> Any:
    """What took the place of a withdrawn record, if the person may see it."""
    told = withdrawal_of(record)
    if told is None or told["successor"] is None:
        return None
    return type(record).objects.visible_to(user).filter(pk=told["successor"]).first()


def forwarded(request: HttpRequest, record: Any) -> HttpResponse | None:
    """The way to what took the record's place; None where nothing did, or the address asks to stay."""
    if request.GET.get("stay") or request.method not in {"GET", "HEAD"}:
        return None
    successor = successor_of(record, request.user)
    if successor is None:
        return None
    messages.info(request, f"{record} was withdrawn; this took its place.")
    return redirect(successor)
