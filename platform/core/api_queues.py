"""REST of the two queues of background work, for administrators: how long they are, pausing and resuming them."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictParameters
from core.api_lists import TabledList
from core.asked import AskedSerializer
from core.pagination import NumberedPages
from core.queues import Line, Queue, lines, pause_queue, resume_queue


class IsAdministrator(IsAdminUser):
    """Administrators: superusers that are active."""

    message = "Only administrators see, pause and resume queues."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether it is one."""
        return bool(super().has_permission(request, view) and request.user.is_superuser)


class QueueSerializer(serializers.Serializer[Line]):
    """A queue of background work."""

    name = serializers.CharField(source="queue")
    messages = serializers.IntegerField(help_text="Waiting in the broker.")
    paused = serializers.BooleanField()
    paused_by = serializers.CharField(source="pause.paused_by.username", default="")
    paused_at = serializers.DateTimeField(source="pause.paused_at", default=None, allow_null=True)
    reason = serializers.CharField(source="pause.reason", default="")


class PauseSerializer(AskedSerializer):
    """Why a queue is stopped."""

    reason = serializers.CharField(max_length=500, help_text="For those who will wonder why nothing moves.")


class QueueViewSet(StrictParameters, TabledList, viewsets.GenericViewSet[Any]):
    """The queues, in the order in which workers empty them. For administrators."""

    permission_classes = (IsAdministrator,)
    pagination_class = NumberedPages
    filter_backends: list[Any] = []
    serializer_class = QueueSerializer
    lookup_field = "name"
    lookup_value_regex = "[a-z]+"

    def listed(self) -> Any:
        """All of them."""
        return lines()

    def retrieve(self, request: Request, name: str, **kwargs: Any) -> Response:
        """One of them."""
        del request, kwargs
        return self._answer(name)

    @extend_schema(request=PauseSerializer, responses=QueueSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def pause(self, request: Request, name: str, **kwargs: Any) -> Response:
        """Lets nothing new start; what runs goes on. To pause a paused queue changes the reason."""
        del kwargs
        self._known(name)
        asked = PauseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        pause_queue(name, actor=request.user, reason=asked.validated_data["reason"])
        return self._answer(name)

    @extend_schema(request=None, responses=QueueSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def resume(self, request: Request, name: str, **kwargs: Any) -> Response:
        """Lets it go on; what waited starts within seconds. Nothing happens where it was not paused."""
        del kwargs
        self._known(name)
        resume_queue(name, actor=request.user)
        return self._answer(name)

    def _known(self, name: str) -> None:
        if name not in Queue.values:
            raise Http404

    def _answer(self, name: str) -> Response:
        self._known(name)
        return Response(self.get_serializer(next(line for line in lines() if line.queue == name)).data)
