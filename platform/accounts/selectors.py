"""Reads of people: whom one may name, and who sees a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.access import Role, project_of
from accounts.models import Membership, Project, User

_ROLES = (Role.OWNER, Role.EDITOR, Role.VIEWER)


@dataclass(frozen=True)
class Reader:
    """Somebody who sees a record, and what they may do with it."""

    user: User
    role: str

    @property
    def may(self) -> str:
        """What the role lets them do, in a word."""
        return {
            Role.VIEWER: "sees it",
            Role.EDITOR: "changes it",
            Role.OWNER: "changes it, and decides who is a member",
        }.get(Role(self.role) if self.role in Role.values else None, "administers the site")  # type: ignore[arg-type]


@dataclass(frozen=True)
class Readers:
    """Who sees a record.

    Attributes:
        project: The project whose members see it; None where everybody who is signed in does.
        people: Its members, owners first, and the administrators of the site.
    """

    project: Project | None
    people: tuple[Reader, ...]

    @property
    def everybody(self) -> bool:
        """Whether the whole laboratory shares it."""
        return self.project is None


def colleagues_of(user: Any) -> QuerySet[User]:
    """People one may name in a record: oneself and the members of one's projects; administrators name everybody."""
    people = User.objects.filter(is_active=True)
    if user.is_superuser and user.is_active:
        return people.order_by("username")
    shared = Project.objects.visible_to(user).values("pk")
    return people.filter(Q(pk=user.pk) | Q(projects__in=shared)).distinct().order_by("username")


def readers_of(record: Any) -> Readers:
    """Who sees a record, decided by the same memberships as `visible_to`."""
    project = project_of(record)
    if project is None:
        return Readers(None, ())
    order = Case(*(When(role=role, then=Value(n)) for n, role in enumerate(_ROLES)), output_field=IntegerField())
    members = Membership.objects.filter(project=project, user__is_active=True, user__is_superuser=False)
    people = [Reader(row.user, row.role) for row in members.select_related("user").order_by(order, "user__username")]
    administrators = User.objects.filter(is_active=True, is_superuser=True).order_by("username")
    return Readers(project, (*people, *(Reader(user, "administrator") for user in administrators)))
