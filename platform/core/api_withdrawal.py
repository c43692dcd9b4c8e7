"""REST of withdrawing: a record or a file stays for what rests on it, lists leave it out, and it says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import writing
from core.audit import current_act

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet

    _View = GenericViewSet[Any]
else:
    _View = object


class ReasonSerializer(serializers.Serializer[Any]):
    """Why; it may stand in `X-Reason` instead."""

    reason = serializers.CharField(max_length=500, required=False)


class WithdrawSerializer(ReasonSerializer):
    """Why a record is withdrawn, and which one takes its place."""

    successor = serializers.UUIDField(required=False, help_text="Id of the record that takes its place.")


def reason_of(request: Request) -> str:
    """The reason that a request gives: in its body, else in `X-Reason`."""
    body: Any = request.data
    asked = ReasonSerializer(data=body if isinstance(body, dict) else {})
    asked.is_valid(raise_exception=True)
    return asked.validated_data.get("reason") or current_act().reason


class Withdrawing(_View):
    """Adds withdrawing, and taking it back, to the views of records."""

    @extend_schema(request=WithdrawSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        """Withdraws it, whether or not others rest on it."""
        record = self.get_object()
        asked = WithdrawSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        key = asked.validated_data.get("successor")
        successor = self.get_queryset().filter(pk=key).first() if key else None
        if key and successor is None:
            raise ValidationError({"successor": "There is no such record of this kind that you may see."})
        writing.withdraw(record, actor=request.user, reason=reason_of(request), successor=successor)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=ReasonSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def reinstate(self, request: Request, **kwargs: Any) -> Response:
        """Takes a withdrawal back."""
        record = self.get_object()
        writing.reinstate(record, actor=request.user, reason=reason_of(request))
        return Response(self.get_serializer(self.get_object()).data)
