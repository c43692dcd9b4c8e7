"""The query box of lists and of the search page: what is found, the parse shown back, faults with a caret.

Lists ask `asked` for the query of the address and `matching` for its rows; `offered` gives what stands beside the box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from pages.forms import KeepQueryForm
from pages.listing import Rows
from search.language import QueryError
from search.models import SavedQuery
from search.selectors import Understood, explained, narrowed


@dataclass(frozen=True)
class Asked:
    """A query as the page shows it.

    Attributes:
        text: As it was typed.
        about: What is searched.
        understood: What was made of it; None where nothing was asked.
    """

    text: str
    about: str
    understood: Understood | None = None

    @property
    def fault(self) -> dict[str, Any] | None:
        """What is wrong with it."""
        return self.understood.fault if self.understood else None

    @property
    def marked(self) -> tuple[str, str, str]:
        """The query in three parts, of which the fault is about the second."""
        fault = self.fault or {"start": 0, "end": 0}
        return self.text[: fault["start"]], self.text[fault["start"] : fault["end"]], self.text[fault["end"] :]

    @property
    def status(self) -> int:
        """Of the page's answer."""
        return 422 if self.fault else 200


LISTS = {"samples": "samples", "cells": "cells", "measurements": "measurements"}
"""Routes of the lists that have a query box, by what they list."""


@dataclass(frozen=True)
class Kept:
    """A query under a name, and the page that shows what it finds."""

    query: SavedQuery
    address: str


def kept(user: Any, about: str = "") -> list[Kept]:
    """Queries that people keep in projects that one may see."""
    rows = SavedQuery.objects.visible_to(user).select_related("project")
    rows = rows.filter(about=about) if about else rows
    return [
        Kept(query, f"{reverse(LISTS.get(query.about, 'search'))}?{urlencode({'q': query.text})}") for query in rows
    ]


def offered(request: HttpRequest, question: Asked) -> dict[str, Any]:
    """What a list offers beside its query box: saved queries of its kind, and keeping the one that was asked."""
    keeps = question.text and not question.fault
    start = {"about": question.about, "text": question.text}
    form = KeepQueryForm(user=request.user, initial=start, auto_id="keep_%s") if keeps else None
    return {"kept": kept(request.user, question.about), "keep": form}


def asked(request: HttpRequest, about: str, text: str | None = None) -> Asked:
    """The query that the address holds (`?q=`), or one that was kept elsewhere."""
    text = request.GET.get("q", "").strip() if text is None else text
    return Asked(text, about, explained(text, request.user, about) if text else None)


def matching(rows: Rows, question: Asked, user: Any) -> Rows:
    """The rows that the query finds; none where it cannot be understood, as all would be taken for its answer."""
    if not question.text:
        return rows
    if question.fault:
        return rows.none()
    return narrowed(rows, question.text, user, question.about)


def found(rows: QuerySet[Any], text: str, user: Any, about: str) -> QuerySet[Any] | None:
    """Rows that a query finds; None where it asks for something that these records do not have."""
    try:
        return narrowed(rows, text, user, about)
    except QueryError:
        return None
