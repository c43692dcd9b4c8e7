"""Keeping queries under a name: checked when they are stored, in one spelling, so that they can be asked ever after."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from accounts import writing
from core.fields import refusal
from search.language import QueryError, canonical
from search.models import SavedQuery
from search.selectors import understood
from search.targets import TARGETS


def save_query(*, actor: Any, project: Any, name: str, text: str, about: str = "cells", note: str = "") -> SavedQuery:
    """Keeps a query under a name, for everybody in a project.

    Raises:
        PermissionDenied: The person may not write in this project.
        ValidationError: The query cannot be understood, or the name is taken.
    """
    checked = _checked(text, actor, about)
    return writing.create(SavedQuery(project=project, name=name, about=about, text=checked, note=note), actor=actor)


def change_query(query: SavedQuery, *, actor: Any, expected_version: int | None = None, **changes: Any) -> SavedQuery:
    """Changes a kept query.

    Raises:
        PermissionDenied: The person may not write in this project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: The query cannot be understood, or the name is taken.
    """
    if "text" in changes or "about" in changes:
        about = changes.get("about", query.about)
        changes["text"] = _checked(changes.get("text", query.text), actor, about)
    return writing.change(query, actor=actor, expected_version=expected_version, **changes)


def _checked(text: str, actor: Any, about: str) -> str:
    if about not in TARGETS.known:
        raise ValidationError(
            {"about": refusal(f"{about!r} cannot be searched; there are {', '.join(TARGETS.names())}.")}
        )
    try:
        node = understood(text, actor, about)
    except QueryError as error:
        raise ValidationError({"text": refusal(f"{error}\n{text}\n{error.caret()}")}) from error
    if node is None:
        raise ValidationError({"text": "A query to keep asks for something."})
    return canonical(node)
