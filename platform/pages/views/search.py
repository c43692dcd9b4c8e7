"""One box for everything that has a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Project
from comparisons.models import Comparison
from core.withdrawal import standing
from measurements.models import RawFile
from samples.models import Cell, Material, Process, Publication, Sample

_SHOWN = 20


def _any(text: str, *fields: str) -> Q:
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{field}__icontains": text})
    return condition


def _samples(user: Any, text: str) -> QuerySet[Any]:
    rows = Sample.objects.visible_to(user).exclude(kind=Sample.Kind.CELL).select_related("project")
    return rows.filter(_any(text, "code", "name", "lot"))


def _cells(user: Any, text: str) -> QuerySet[Any]:
    return Cell.objects.visible_to(user).select_related("project").filter(_any(text, "code", "name"))


def _processes(user: Any, text: str) -> QuerySet[Any]:
    return Process.objects.visible_to(user).select_related("project").filter(_any(text, "name", "ratio_text", "kind"))


def _files(user: Any, text: str) -> QuerySet[Any]:
    rows = RawFile.objects.visible_to(user).select_related("measurement__sample__project")
    return rows.filter(name__icontains=text)


_GROUPS: tuple[tuple[str, Callable[[Any, str], QuerySet[Any]]], ...] = (
    ("Samples", _samples),
    ("Cells", _cells),
    ("Processes", _processes),
    ("Files", _files),
    ("Materials", lambda user, text: Material.objects.visible_to(user).filter(_any(text, "name", "formula", "family"))),
    (
        "Publications",
        lambda user, text: Publication.objects.visible_to(user).filter(_any(text, "label", "title", "authors", "doi")),
    ),
    ("Comparisons", lambda user, text: Comparison.objects.visible_to(user).filter(_any(text, "title", "slug"))),
)


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What matches, grouped by what it is; an exact code goes straight to its page."""
    text = request.GET.get("q", "").strip()
    if text:
        exact = Sample.objects.visible_to(request.user).select_related("project").filter(code__iexact=text)[:2]
        if len(exact) == 1:
            return redirect(exact[0])
    groups: Iterable[Any] = _found(request.user, text) if text else []
    context = {"text": text, "groups": groups, "has_projects": Project.objects.visible_to(request.user).exists()}
    return render(request, "pages/search.html", context)


def _found(user: Any, text: str) -> list[tuple[str, list[Any]]]:
    groups = [(title, list(standing(rows(user, text))[:_SHOWN])) for title, rows in _GROUPS]
    return [(title, rows) for title, rows in groups if rows]
