"""One box for everything: queries of records, and words in the names of what has no fields to ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Project
from comparisons.models import Comparison
from core.remembering import remembering
from core.withdrawal import standing
from measurements.models import Measurement, RawFile
from pages.querying import Asked, asked, found, kept
from samples.models import Cell, Material, Process, Publication, Sample
from search.language import And, QueryError, Words
from search.selectors import understood

_SHOWN = 20


@dataclass(frozen=True)
class Group:
    """Records of one kind that were found.

    Attributes:
        title: What they are.
        rows: The first of them.
        more: Where the others are; empty where these are all, or there is no list of them.
    """

    title: str
    rows: list[Any]
    more: str = ""


def _any(text: str, *fields: str) -> Q:
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{field}__icontains": text})
    return condition


_QUERIED: tuple[tuple[str, str, str, Callable[[], Any]], ...] = (
    (
        "Samples",
        "samples",
        "samples",
        lambda: Sample.objects.exclude(kind=Sample.Kind.CELL).select_related("project"),
    ),
    ("Cells", "cells", "cells", lambda: Cell.objects.select_related("project")),
    ("Processes", "processes", "", lambda: Process.objects.select_related("project")),
    (
        "Measurements",
        "measurements",
        "measurements",
        lambda: Measurement.objects.select_related("sample__project"),
    ),
    ("Comparisons", "comparisons", "", lambda: Comparison.objects.select_related("project")),
)
"""Title, kind of record, its list (if it has one) and the records."""

_NAMED: tuple[tuple[str, Callable[[Any], QuerySet[Any]]], ...] = (
    ("Files", lambda user: RawFile.objects.visible_to(user).select_related("measurement__sample__project")),
    ("Materials", Material.objects.visible_to),
    ("Publications", Publication.objects.visible_to),
)
_NAMES = {
    "Files": ("name",),
    "Materials": ("name", "formula", "family"),
    "Publications": ("label", "title", "authors", "doi"),
}


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What matches, grouped by what it is; an exact code goes straight to its page."""
    question = asked(request, "cells")
    if question.text:
        exact = Sample.objects.visible_to(request.user).select_related("project").filter(code__iexact=question.text)[:2]
        if len(exact) == 1:
            return redirect(exact[0])
    groups = _found(request.user, question.text) if question.text else []
    if groups is not None and question.fault:  # other records than cells have what it asks for
        question = Asked(question.text, question.about)
    context = {
        "asked": question,
        "groups": groups or [],
        "has_projects": Project.objects.visible_to(request.user).exists(),
        "kept": kept(request.user),
    }
    return render(request, "pages/search.html", context, status=question.status)


def _found(user: Any, text: str) -> list[Group] | None:
    """Groups of what was found; None where no kind of record understands the query."""
    with remembering():
        return _grouped(user, text)


def _grouped(user: Any, text: str) -> list[Group] | None:
    groups, is_understood = [], False
    for title, about, route, records in _QUERIED:
        rows = found(records().visible_to(user), text, user, about)
        if rows is None:
            continue
        is_understood = True
        shown = list(standing(rows)[: _SHOWN + 1])
        more = f"{reverse(route)}?{urlencode({'q': text})}" if route and len(shown) > _SHOWN else ""
        groups.append(Group(title, shown[:_SHOWN], more))
    if not is_understood:
        return None
    words = _words_of(text, user)
    for title, named in _NAMED:
        rows = named(user)
        for word in words:
            rows = rows.filter(_any(word, *_NAMES[title]))
        if words:
            groups.append(Group(title, list(standing(rows)[:_SHOWN])))
    return [group for group in groups if group.rows]


def _words_of(text: str, user: Any) -> list[str]:
    """The words of a query that asks for nothing else; empty for other queries."""
    try:
        node = understood(text, user, "comparisons")
    except QueryError:
        return []
    parts = node.children if isinstance(node, And) else (node,)
    return [part.text for part in parts if isinstance(part, Words)] if all(isinstance(p, Words) for p in parts) else []
