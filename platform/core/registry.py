"""One registry for readers, kernels and whatever else strangers may add.

Built-in members come from an explicit list, others from entry points; a broken stranger is logged and skipped, because
one bad plug-in must not take the laboratory down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points
from typing import Generic, Protocol, TypeVar

log = logging.getLogger(__name__)


class Named(Protocol):
    """Anything with a unique name."""

    @property
    def name(self) -> str:
        """Unique among its kind."""
        ...


T = TypeVar("T", bound=Named)


class DuplicateNameError(ValueError):
    """Two members of one registry claim the same name."""


class Registry(Generic[T]):
    """Members by name: built-ins first, then those of an entry point group.

    Args:
        kind: What a member is called in messages (`reader`).
        member_type: The class each member must be an instance of.
        builtins: Returns the built-in members; called once, on first use.
        entry_point_group: Group of entry points that add members, such as `cosinter.readers`.
    """

    def __init__(
        self, kind: str, member_type: type[T], builtins: Callable[[], Iterable[T]], entry_point_group: str
    ) -> None:
        self._kind = kind
        self._member_type = member_type
        self._builtins = builtins
        self._group = entry_point_group
        self._members: dict[str, T] | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self._load().values())

    def __contains__(self, name: object) -> bool:
        return name in self._load()

    def __getitem__(self, name: str) -> T:
        """The member of that name.

        Raises:
            KeyError: There is none; the message lists the names that exist.
        """
        members = self._load()
        try:
            return members[name]
        except KeyError:
            raise KeyError(f"no {self._kind} named {name!r}; there are {', '.join(members)}") from None

    def get(self, name: str) -> T | None:
        """The member of that name, None where there is none."""
        return self._load().get(name)

    def _load(self) -> dict[str, T]:
        if self._members is None:
            members: dict[str, T] = {}
            for member in self._builtins():
                self._add(members, member)
            for entry_point in entry_points(group=self._group):
                try:
                    self._add(members, entry_point.load())
                except Exception:
                    log.exception("%s %s (%s) is skipped", self._kind, entry_point.name, entry_point.value)
            self._members = members
        return self._members

    def _add(self, members: dict[str, T], member: T) -> None:
        if not isinstance(member, self._member_type):
            raise TypeError(f"{member!r} is not a {self._member_type.__name__}")
        if member.name in members:
            raise DuplicateNameError(f"{self._kind} {member.name!r} exists already")
        members[member.name] = member
