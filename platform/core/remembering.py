"""What was looked up once within a request for many records is not looked up again for each of them.

Names, rights and the like are the same for a thousand rows. What was found is kept until a record of that kind is
written, or a row is taken back; outside of such a request nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import models

T = TypeVar("T")
_Memory = dict[type[models.Model], dict[Hashable, Any]]
_memory: ContextVar[_Memory | None] = ContextVar("memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Keeps what is looked up within."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def remember(model: type[models.Model], key: Hashable, find: Callable[[], T]) -> T:
    """What `find` gave for this key; asked once while no record of the model is written.

    Args:
        model: Whose rows the answer depends on.
        key: Tells the question from others about the same model.
        find: Asks the database.
    """
    memory = _memory.get()
    if memory is None:
        return find()
    known = memory.setdefault(model, {})
    if key not in known:
        known[key] = find()
    found: T = known[key]
    return found


def forget(model: type[models.Model] | None = None) -> None:
    """Drops what was found among records of a model, which were written; all of it, where a row was taken back."""
    memory = _memory.get()
    if memory is None:
        return
    if model is None:
        memory.clear()
        return
    for kind in [kind for kind in memory if issubclass(model, kind) or issubclass(kind, model)]:
        del memory[kind]
