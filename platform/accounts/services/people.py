"""How people come and go: invitations by a link that works once, passwords, accounts that are closed, never erased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.access import OWNS, Role, has_role
from accounts.keys import digest, new_key
from accounts.models import Invitation, Membership, Project, Token, User
from core.audit import acting, attribute

OWN_SETTINGS = frozenset({"time_zone", "email", "notices_by_mail"})
DAYS = 7


class InvitationOverError(Exception):
    """The link does not work, and why."""


@transaction.atomic
def invite(*, actor: Any, project: Project, role: str, email: str = "", days: int = DAYS) -> tuple[Invitation, str]:
    """A link by which one person joins a project, making an account where they have none.

    Returns:
        The invitation, and the key of the link, which is told this once and never stored.

    Raises:
        PermissionDenied: Only owners decide who is a member.
        ValidationError: The role or the address is none.
    """
    _require_owner(actor, project)
    attribute(actor)
    key, stored = new_key()
    invitation = Invitation(
        project=project,
        role=role,
        email=email.strip(),
        digest=stored,
        created_by=actor,
        expires_at=timezone.now() + timedelta(days=days),
    )
    invitation.full_clean()
    invitation.save(force_insert=True)
    return invitation, key


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: Any) -> None:
    """Makes a link useless from now on.

    Raises:
        PermissionDenied: Only owners decide who is a member.
        ValidationError: Somebody came by it already.
    """
    _require_owner(actor, invitation.project)
    attribute(actor)
    held = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if held.accepted_at is not None:
        raise ValidationError(f"{held.accepted_by} came by this link already; end the membership instead.")
    held.revoked_at = timezone.now()
    held.save(update_fields=["revoked_at"])


def living_invitation(key: str, *, lock: bool = False) -> Invitation:
    """The invitation behind a link that still works.

    Raises:
        InvitationOverError: There is none, or it was used, revoked or is too old; the message says which.
    """
    rows = Invitation.objects.select_related("project", "created_by")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: Invitation | None = rows.filter(digest=digest(key)).first()
    if found is None:
        raise InvitationOverError("This link is not known. Was it copied whole?")
    if found.accepted_at is not None:
        raise InvitationOverError("This link was used already; each works once.")
    if found.revoked_at is not None:
        raise InvitationOverError("This link was revoked. Ask an owner of the project for another one.")
    if found.expires_at <= timezone.now():
        raise InvitationOverError(
            f"This link ended on {found.expires_at:%Y-%m-%d}. Ask an owner of the project for another one."
        )
    return found


@transaction.atomic
def accept_invitation(
    key: str, *, user: Any = None, username: str = "", password: str = "", first_name: str = "", last_name: str = ""
) -> User:
    """Joins the project: as the person who is signed in, or with a new account.

    Args:
        key: Of the link.
        user: Who is signed in; None makes an account.
        username: Of the new account, like what follows.
        password: The one that the person chose.
        first_name: May be empty.
        last_name: May be empty.

    Raises:
        InvitationOverError: The link does not work any more.
        ValidationError: The user name is taken, or the password too weak.
    """
    invitation = living_invitation(key, lock=True)
    person: User | None = user
    with acting(actor=user.get_username() if user else username):
        attribute(user)
        if person is None:
            person = User(
                username=username.strip(),
                first_name=first_name.strip(),
                last_name=last_name.strip(),
                email=invitation.email,
            )
            person.set_password(password)
            person.full_clean()
            validate_password(password, person)
            person.save(force_insert=True)
        _join(invitation, person)
    return person


def _join(invitation: Invitation, person: User) -> None:
    known = Membership.objects.filter(project=invitation.project, user=person).first()
    if known is None:
        Membership.objects.create(project=invitation.project, user=person, role=invitation.role)
    elif _RANK[known.role] < _RANK[invitation.role]:
        known.role = invitation.role
        known.save(update_fields=["role"])
    invitation.accepted_at, invitation.accepted_by = timezone.now(), person
    invitation.save(update_fields=["accepted_at", "accepted_by"])


_RANK: dict[str, int] = {Role.VIEWER: 0, Role.EDITOR: 1, Role.OWNER: 2}


@transaction.atomic
def deactivate(user: User, *, actor: Any) -> None:
    """Closes an account: nobody signs in with it, its tokens end, what the person did stays under their name.

    Raises:
        PermissionDenied: The person who asks is no administrator.
        ValidationError: A project would be left without an owner, or the laboratory without an administrator.
    """
    _require_administrator(actor)
    attribute(actor)
    active = User.objects.select_for_update().filter(is_active=True)
    if user.is_superuser and not active.filter(is_superuser=True).exclude(pk=user.pk).exists():
        raise ValidationError(f"{user} is the last administrator; make somebody else one first.")
    lonely = [
        membership.project
        for membership in Membership.objects.filter(user=user, role=Role.OWNER).select_related("project")
        if not Membership.objects.filter(project=membership.project, role=Role.OWNER, user__is_active=True)
        .exclude(user=user)
        .exists()
    ]
    if lonely:
        names = ", ".join(str(project) for project in lonely)
        raise ValidationError(f"{user} is the last owner of {names}; make somebody else an owner there first.")
    user.is_active = False
    user.save(update_fields=["is_active"])
    Token.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def reactivate(user: User, *, actor: Any) -> None:
    """Opens a closed account again; its tokens stay revoked.

    Raises:
        PermissionDenied: The person who asks is no administrator.
    """
    _require_administrator(actor)
    attribute(actor)
    user.is_active = True
    user.save(update_fields=["is_active"])


def password_link(user: User, *, actor: Any) -> tuple[str, str]:
    """The two parts of an address at which a person chooses a new password: it works once and for a few days.

    Raises:
        PermissionDenied: The person who asks is no administrator.
        ValidationError: The account is closed.
    """
    _require_administrator(actor)
    if not user.is_active:
        raise ValidationError(f"The account of {user} is closed; open it again first.")
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


@transaction.atomic
def choose_settings(user: User, **chosen: Any) -> None:
    """What a person chooses for themselves: `time_zone`, `email`, `notices_by_mail`; what is left out stays.

    Raises:
        ValidationError: There is no such zone, or the address is none.
    """
    attribute(user)
    for name in OWN_SETTINGS & chosen.keys():
        setattr(user, name, chosen[name])
    user.full_clean(exclude=["password"])
    user.save(update_fields=sorted(OWN_SETTINGS & chosen.keys()))


def _require_owner(actor: Any, project: Project) -> None:
    if not has_role(actor, project, OWNS):
        raise PermissionDenied(f"Only owners of the project {project} may do this; ask one of them.")


def _require_administrator(actor: Any) -> None:
    if not (actor.is_active and actor.is_superuser):
        raise PermissionDenied("Only administrators open and close accounts.")
