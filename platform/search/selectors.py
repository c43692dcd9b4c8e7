"""Asking: the rows that a query finds for a person, the query understood, and saved queries by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet

from accounts.models import Membership, Project
from core.remembering import remember
from core.withdrawal import can_be_withdrawn, standing
from search.compiler import Compiler, Part
from search.completion import Completion, complete
from search.language import Node, QueryError, canonical, parse, reading
from search.models import IndexedValue
from search.targets import FIELDS, TARGETS

Rows = TypeVar("Rows", bound=QuerySet[Any])
MOST_HELD: Final = 200_000
"""So many keys are taken out of the database and given back to each statement that needs them (37 bytes each)."""


class _Found(Func):
    """That a record is among those that a query finds."""

    output_field = BooleanField()

    def __init__(self, keys: str, params: Sequence[Any]) -> None:
        super().__init__(F("pk"))
        self.keys = keys
        self.params = params

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, list[Any]]:
        """The condition on the key."""
        del connection, args, context
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} {self.keys}", [*params, *self.params]


def understood(text: str, user: Any, about: str) -> Node | None:
    """The tree of a query; None for an empty one.

    Args:
        text: The query.
        user: Who asks; projects' own fields depend on it.
        about: What is searched: a name of `TARGETS`, such as `cells`.

    Raises:
        QueryError: It cannot be understood; the error has its position.
    """
    return parse(text, FIELDS.catalogue(user), TARGETS[about].levels)


def narrowed(rows: Rows, text: str, user: Any, about: str) -> Rows:
    """The rows that a query finds among others.

    It asks the database twice: for the projects that the person may see, and for the keys that the query finds. Where
    these are few, they stand in the queryset, so that counting and showing a page do not find them anew; within
    `core.remembering` another list that asks for the same keys takes them over.

    Args:
        rows: Rows of the target's model, of which the caller has made sure that the person may see them.
        text: The query; an empty one finds all.
        user: Who asks.
        about: What is searched, such as `cells`.

    Raises:
        QueryError: It cannot be understood.
    """
    node = understood(text, user, about)
    if node is None:
        return rows
    target = TARGETS[about]
    found = Compiler(FIELDS.catalogue(user), _projects(user)).keys(node, target)
    keys = remember(IndexedValue, (found.sql, repr(found.params)), lambda: _held_keys(found))
    return rows.filter(
        _Found(f"IN ({found.sql})", found.params) if keys is None else _Found("= ANY (%s::uuid[])", [keys])
    )


def _held_keys(found: Part) -> str | None:
    """The keys of a set as an array's text, None where they are many."""
    few = f"SELECT id FROM ({found.sql}) AS every(id) LIMIT %s"
    sql = f"SELECT count(*), coalesce(array_agg(id)::text, '{{}}') FROM ({few}) AS few"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*found.params, MOST_HELD + 1])
        count, keys = cursor.fetchone()
    return None if count > MOST_HELD else str(keys)


def resolve(text: str, user: Any, about: str = "cells") -> QuerySet[Any]:
    """Records that a query finds: those that the person may see and that nobody withdrew.

    Raises:
        QueryError: It cannot be understood.
    """
    rows: QuerySet[Any] = TARGETS[about].model.objects.visible_to(user)
    if can_be_withdrawn(rows.model):
        rows = standing(rows)
    return narrowed(rows, text, user, about)


def _projects(user: Any) -> tuple[UUID, ...] | None:
    """Keys of the projects a person may see, None where there is no bound."""
    if user.is_superuser and user.is_active:
        return None
    visible = Project.objects.visible_to(user).order_by().values_list("pk", flat=True)
    return remember(Membership, ("projects that are seen", user.pk), lambda: tuple(visible))


@dataclass(frozen=True)
class Understood:
    """What is understood of a query.

    Attributes:
        query: As it was asked.
        about: What is searched.
        canonical: In one spelling; empty where it is not understood.
        reading: In words, with units converted.
        fault: What is wrong with it; None where nothing is.
    """

    query: str
    about: str
    canonical: str = ""
    reading: str = ""
    fault: dict[str, Any] | None = None


def explained(text: str, user: Any, about: str) -> Understood:
    """A query shown back, or its fault with position and caret."""
    try:
        node = understood(text, user, about)
    except QueryError as error:
        fault = {"message": error.message, "start": error.start, "end": error.end, "caret": error.caret()}
        return Understood(text, about, fault=fault)
    return Understood(text, about, canonical(node), reading(node))


def completion(text: str, at: int, user: Any, about: str) -> Completion:
    """What could come at a position of a query, from what the person may see."""
    return complete(text, at, user, about, _projects(user))
