"""Writes on projects, members and tokens of scripts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import writing
from accounts.access import OWNS, Role, has_role
from accounts.keys import new_key
from accounts.models import Membership, Project, Scope, Token
from core import records


@transaction.atomic
def create_project(*, actor: Any, slug: str, name: str, description: str = "") -> Project:
    """A new project, owned by the person who makes it.

    Raises:
        ValidationError: The short name is taken or malformed.
    """
    project = records.create(Project(slug=slug, name=name, description=description), actor=actor)
    Membership.objects.create(project=project, user=actor, role=Role.OWNER)
    return project


def change_project(project: Project, *, actor: Any, expected_version: int | None = None, **changes: Any) -> Project:
    """Changes name, short name or description.

    Raises:
        PermissionDenied: Only owners change a project itself.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: The short name is taken or malformed.
    """
    _require_owner(actor, project)
    return writing.change(project, actor=actor, expected_version=expected_version, **changes)


def delete_project(project: Project, *, actor: Any, expected_version: int | None = None) -> None:
    """Deletes an empty project.

    Raises:
        PermissionDenied: Only owners delete a project.
        ProtectedError: It holds records.
        StaleVersionError: Somebody else changed it meanwhile.
    """
    _require_owner(actor, project)
    writing.delete(project, actor=actor, expected_version=expected_version)


@transaction.atomic
def set_member(*, actor: Any, project: Project, user: Any, role: str) -> Membership:
    """Makes somebody a member, or changes what a member may do.

    Raises:
        PermissionDenied: Only owners decide who is a member.
        ValidationError: It would leave the project without an owner.
    """
    _require_owner(actor, project)
    _keep_an_owner(project, leaving=user if role != Role.OWNER else None)
    membership, _ = Membership.objects.update_or_create(project=project, user=user, defaults={"role": role})
    membership.full_clean()
    return membership


@transaction.atomic
def remove_member(*, actor: Any, project: Project, user: Any) -> None:
    """Ends a membership; the person's records stay.

    Raises:
        PermissionDenied: Only owners decide who is a member; everybody may leave.
        ValidationError: It would leave the project without an owner.
    """
    if user != actor:
        _require_owner(actor, project)
    _keep_an_owner(project, leaving=user)
    Membership.objects.filter(project=project, user=user).delete()


def create_token(
    *, user: Any, name: str, expires_at: datetime | None = None, scopes: Iterable[str] | None = None
) -> tuple[Token, str]:
    """A new token and its key, which is shown this once and never stored.

    Raises:
        ValidationError: It would be expired already, or open nothing.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": "This moment has passed; a token ends in the future, or never."})
    key, stored = new_key()
    token = Token(user=user, name=name, digest=stored, expires_at=expires_at)
    if scopes is not None:
        token.scopes = [scope for scope in Scope if scope in set(scopes)]
    token.full_clean()
    token.save()
    return token, key


def revoke_token(token: Token) -> None:
    """Makes a token useless from now on."""
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])


def _require_owner(actor: Any, project: Project) -> None:
    if not has_role(actor, project, OWNS):
        raise PermissionDenied(f"Only owners of the project {project} may do this; ask one of them.")


def _keep_an_owner(project: Project, *, leaving: Any) -> None:
    owners = Membership.objects.select_for_update().filter(project=project, role=Role.OWNER)
    others = owners.filter(user__is_active=True).exclude(user=leaving) if leaving is not None else owners
    if leaving is not None and not others.exists() and owners.filter(user=leaving).exists():
        raise ValidationError(f"{leaving} is the last owner of {project}; make somebody else an owner first.")
