"""Reads of people."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Project, User


def colleagues_of(user: Any) -> QuerySet[User]:
    """People one may name in a record: oneself and the members of one's projects; administrators name everybody."""
    people = User.objects.filter(is_active=True)
    if user.is_superuser and user.is_active:
        return people.order_by("username")
    shared = Project.objects.visible_to(user).values("pk")
    return people.filter(Q(pk=user.pk) | Q(projects__in=shared)).distinct().order_by("username")
