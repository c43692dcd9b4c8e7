"""Writes on what the laboratory shares. Most of them are plain (`accounts.writing`); words of vocabularies are not."""

from __future__ import annotations

from typing import Any

from accounts import writing
from samples.models import Term


def find_or_create_term(*, actor: Any, vocabulary: str, label: str) -> Term:
    """The word of a vocabulary, whatever its case; added where it is new.

    Raises:
        PermissionDenied: It is new and the person may not add words.
    """
    found = Term.objects.filter(vocabulary=vocabulary, label__iexact=label.strip()).first()
    return found or writing.create(Term(vocabulary=vocabulary, label=label.strip()), actor=actor)
