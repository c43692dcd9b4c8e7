"""Who may see and change what: the one place where it is decided.

Every list, detail, file, export, count and autocomplete starts from `Model.objects.visible_to(user)`; every write calls
`require_write`. Records belong to a project, or to the whole laboratory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from django.core.exceptions import PermissionDenied
from django.db import models

from core.remembering import remember


class Role(models.TextChoices):
    """What a member may do in a project."""

    VIEWER = "viewer", "viewer: sees everything"
    EDITOR = "editor", "editor: adds and changes records"
    OWNER = "owner", "owner: also decides who is a member"


SEES = (Role.VIEWER, Role.EDITOR, Role.OWNER)
EDITS = (Role.EDITOR, Role.OWNER)
OWNS = (Role.OWNER,)


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows of records that belong to a project; the model's `project_lookup` says how."""

    def visible_to(self, user: Any) -> Self:
        """Rows that this person may see."""
        return self._where_role(user, SEES)

    def editable_by(self, user: Any) -> Self:
        """Rows that this person may change."""
        return self._where_role(user, EDITS)

    def owned_by(self, user: Any) -> Self:
        """Rows of projects that this person owns."""
        return self._where_role(user, OWNS)

    def _where_role(self, user: Any, roles: Sequence[str]) -> Self:
        if user.is_superuser and user.is_active:
            return self.all()
        return self.filter(**{f"{self.model.project_lookup}__in": _project_ids(user, roles)})


class LabWideQuerySet(models.QuerySet[Any]):
    """Rows that the whole laboratory shares: materials, publications, instruments, vocabularies."""

    def visible_to(self, user: Any) -> Self:
        """Everything, for people who are signed in."""
        return self.all() if user.is_authenticated and user.is_active else self.none()

    def editable_by(self, user: Any) -> Self:
        """Everything, for people who may edit in at least one project."""
        return self.all() if may_edit_lab_wide(user) else self.none()


def _project_ids(user: Any, roles: Sequence[str]) -> Any:
    from accounts.models import Membership

    if not (user.is_authenticated and user.is_active):
        return Membership.objects.none().values("project")
    return Membership.objects.filter(user_id=user.pk, role__in=roles).values("project")


def has_role(user: Any, project: Any, roles: Sequence[str]) -> bool:
    """Whether this person has one of the roles in the project."""
    from accounts.models import Membership

    if user.is_superuser and user.is_active:
        return True
    question = ("role", user.pk, project.pk, tuple(roles))
    return remember(Membership, question, lambda: bool(_project_ids(user, roles).filter(project=project).exists()))


def may_edit_lab_wide(user: Any) -> bool:
    """Whether this person may change what the whole laboratory shares."""
    from accounts.models import Membership

    if user.is_superuser and user.is_active:
        return True
    return remember(Membership, ("lab-wide", user.pk), lambda: bool(_project_ids(user, EDITS).exists()))


def require_edit(user: Any, project: Any) -> None:
    """Lets editors and owners pass.

    Raises:
        PermissionDenied: The person may not change records of this project.
    """
    if not has_role(user, project, EDITS):
        raise PermissionDenied(f"You are not an editor of the project {project}; ask one of its owners.")


def require_edit_lab_wide(user: Any) -> None:
    """Lets editors of any project pass.

    Raises:
        PermissionDenied: The person edits in no project.
    """
    if not may_edit_lab_wide(user):
        raise PermissionDenied("Only editors of a project may change what the whole laboratory shares.")


def project_of(record: models.Model) -> Any:
    """The project a record belongs to, following its model's `project_lookup`; None for what the laboratory shares."""
    lookup = getattr(record, "project_lookup", None)
    if lookup is None:
        return None
    value: Any = record
    for name in lookup.split("__"):
        value = record if name == "pk" else getattr(value, name)
    return value


def may_write(user: Any, record: models.Model) -> bool:
    """Whether this person may change this record."""
    project = project_of(record)
    return may_edit_lab_wide(user) if project is None else has_role(user, project, EDITS)


def require_write(user: Any, record: models.Model) -> None:
    """Lets those pass who may change this record.

    Raises:
        PermissionDenied: With whom to ask.
    """
    project = project_of(record)
    if project is None:
        require_edit_lab_wide(user)
    else:
        require_edit(user, project)
