"""REST of who sees a record: its project's members with their roles, and the administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors import readers_of

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet

    _View = GenericViewSet[Any]
else:
    _View = object


class ReaderSerializer(serializers.Serializer[Any]):
    """Somebody who sees a record."""

    user = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user")
    role = serializers.CharField(help_text="`viewer`, `editor`, `owner` or `administrator`.")


class ReadersSerializer(serializers.Serializer[Any]):
    """Who sees a record."""

    everybody = serializers.BooleanField(help_text="Whether all who are signed in see it.")
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    people = ReaderSerializer(many=True)


class Seen(_View):
    """Adds who sees it to the views of records."""

    @extend_schema(responses=ReadersSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def readers(self, request: Request, **kwargs: Any) -> Response:
        """Who sees it: the members of its project and the administrators, or everybody."""
        return Response(ReadersSerializer(readers_of(self.get_object())).data)
