"""Who may do what in the admin: decided by roles in projects, not by Django's model permissions.

Whom a site lets in (staff members by the admin, everybody by the forms of the pages) sees what `visible_to` shows and
changes what `editable_by` allows; the admin adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst

from accounts.access import may_edit_lab_wide, project_of
from accounts.models import Project, User
from accounts.selectors import colleagues_of
from core.admin.show import link
from core.fields import QuantityField

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    _Options = BaseModelAdmin[Any]
else:
    _Options = object


class Reach:
    """How far a person's roles reach, asked of the database once per request."""

    def __init__(self, user: Any) -> None:
        self._user = user

    @classmethod
    def of(cls, request: Any) -> Reach:
        """The reach of whoever makes this request."""
        if not hasattr(request, "reach"):
            request.reach = cls(request.user)
        reach: Reach = request.reach
        return reach

    @cached_property
    def everything(self) -> bool:
        """Whether the person administers the whole site."""
        return bool(self._user.is_active and self._user.is_superuser)

    @cached_property
    def visible(self) -> frozenset[UUID]:
        """Projects the person may see."""
        return frozenset(Project.objects.visible_to(self._user).values_list("pk", flat=True))

    @cached_property
    def editable(self) -> frozenset[UUID]:
        """Projects in which the person may change records."""
        return frozenset(Project.objects.editable_by(self._user).values_list("pk", flat=True))

    @cached_property
    def lab_wide(self) -> bool:
        """Whether the person may change what the whole laboratory shares."""
        return may_edit_lab_wide(self._user)

    def may_see(self, record: models.Model) -> bool:
        """Whether the person may see this record."""
        project = project_of(record)
        return self.everything or project is None or project.pk in self.visible

    def may_edit(self, record: models.Model) -> bool:
        """Whether the person may change this record."""
        project = project_of(record)
        return self.everything or (self.lab_wide if project is None else project.pk in self.editable)


class ByRole(_Options):
    """Permissions of an admin page from the roles of the person who looks at it."""

    read_only = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever the site lets in sees its list; rows are limited by `visible_to`."""
        return bool(self.admin_site.has_permission(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Lists are open to all staff members, records to those who may see them."""
        return self.has_module_permission(request) and (obj is None or Reach.of(request).may_see(obj))

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Those who edit somewhere may add."""
        return not self.read_only and self._edits_somewhere(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Editors and owners of the record's project may change it."""
        if self.read_only:
            return False
        return self._edits_somewhere(request) if obj is None else Reach.of(request).may_edit(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change a record may delete it, if nothing rests on it."""
        return self.has_change_permission(request, obj)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A choice that has no default is made by the person: nothing stands there already."""
        open_ = db_field.blank or not db_field.has_default()
        kwargs.setdefault("choices", db_field.get_choices(include_blank=open_, blank_choice=[("", "Select value")]))
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def looked_at(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        """What is shown of these fields to those who may only look.

        Quantities come with units, other records only where they are open to the person; nothing is there to fill in.
        """
        fields = {field.name: field for field in self.opts.get_fields()}
        shown: list[Any] = []
        for name in names:
            field = fields.get(name)
            if isinstance(field, QuantityField):
                shown.append(_reader_of(field))
            elif isinstance(field, models.ForeignKey):
                shown.append(_follower_of(field, Reach.of(request)))
            elif (field is not None and field.concrete) or hasattr(self, name):
                shown.append(name)
        return shown

    def _edits_somewhere(self, request: HttpRequest) -> bool:
        return bool(self.admin_site.has_permission(request)) and Reach.of(request).lab_wide

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        """Offers only records that the person may see, and projects that they may write in."""
        if "queryset" not in kwargs:
            kwargs["queryset"] = _offered(db_field.related_model, request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _reader_of(field: QuantityField) -> Any:
    def read(record: models.Model) -> str:
        return field.shown(record)

    read.short_description = capfirst(str(field.verbose_name))  # type: ignore[attr-defined]
    return read


def _follower_of(field: models.ForeignKey[Any, Any], reach: Reach) -> Any:
    def follow(record: models.Model) -> str:
        related = getattr(record, field.name)
        return "not open to you" if related is not None and not reach.may_see(related) else link(related)

    follow.short_description = capfirst(str(field.verbose_name))  # type: ignore[attr-defined]
    return follow


def _offered(model: Any, user: Any) -> models.QuerySet[Any]:
    manager = model._default_manager
    if model is Project:
        offered: models.QuerySet[Any] = manager.editable_by(user)
    elif model is User:
        offered = colleagues_of(user)
    elif hasattr(manager, "visible_to"):
        offered = manager.visible_to(user)
    else:
        offered = manager.all()
    return offered
