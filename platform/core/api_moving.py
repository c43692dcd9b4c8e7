"""REST of putting right what was recorded wrongly: merging duplicates, moving files and measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require_write
from core.asked import AskedSerializer
from core.audit import current_act
from core.serializers import brief
from samples.models import Sample

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet

    _View = GenericViewSet[Any]
else:
    _View = object


_NO_ID: dict[str, Any] = {
    "invalid": "Write its id; the list finds it by its name, as in samples/?code=CC-1 or materials/?name=LLZTO."
}


class MergeSerializer(AskedSerializer):
    """Which record stays, why they are the same, and whether only to say what would move."""

    into = serializers.UUIDField(help_text="Id of the record that stays.", error_messages=_NO_ID)
    reason = serializers.CharField(max_length=400, required=False, help_text="It may stand in `X-Reason` instead.")
    preview = serializers.BooleanField(default=False)


class MoveCountSerializer(serializers.Serializer[Any]):
    """How many of what refer to the other one then."""

    what = serializers.CharField()
    count = serializers.IntegerField()


class MergePlanSerializer(serializers.Serializer[Any]):
    """What merging moves, or would move, and why it cannot be done."""

    into = serializers.UUIDField()
    moves = MoveCountSerializer(many=True)
    refusals = serializers.ListField(child=serializers.CharField())
    merged = serializers.BooleanField()


class MoveSerializer(AskedSerializer):
    """To which sample or cell, and why."""

    to = serializers.UUIDField(help_text="Id of the right sample or cell.", error_messages=_NO_ID)
    reason = serializers.CharField(max_length=400, required=False, help_text="It may stand in `X-Reason` instead.")


class PlacedSerializer(serializers.Serializer[Any]):
    """Where it is now."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    label = serializers.CharField()  # type: ignore[assignment]


class Merging(_View):
    """Adds merging to the views of records."""

    @extend_schema(request=MergeSerializer, responses=MergePlanSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def merge(self, request: Request, **kwargs: Any) -> Response:
        """Merges this record into another one of its kind; `preview` only says what would move."""
        from provenance.services.merging import merge, plan_merge

        duplicate = self.get_object()
        require_write(request.user, duplicate)
        asked = MergeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        into = self.get_queryset().filter(pk=asked.validated_data["into"]).first()
        if into is None:
            raise ValidationError({"into": "There is no such record of this kind that you may see."})
        plan = plan_merge(duplicate, into, actor=request.user)
        preview = asked.validated_data["preview"]
        if not preview:
            reason = asked.validated_data.get("reason") or current_act().reason
            merge(duplicate, into=into, actor=request.user, reason=reason)
        answer = {
            "into": str(into.pk),
            "moves": [{"what": what, "count": count} for what, count in plan.moves],
            "refusals": list(plan.refusals),
            "merged": not preview,
        }
        return Response(answer)


class Moving(_View):
    """Adds moving to another sample or cell to the views of files and measurements."""

    @extend_schema(request=MoveSerializer, responses={201: PlacedSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def move(self, request: Request, **kwargs: Any) -> Response:
        """Records it of another sample or cell, where it is read and analysed anew, and withdraws it here."""
        from measurements.models import RawFile
        from provenance.services.moving import move_file, move_measurement

        record = self.get_object()
        require_write(request.user, record)
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        to = Sample.objects.visible_to(request.user).filter(pk=asked.validated_data["to"]).first()
        if to is None:
            raise ValidationError({"to": "There is no such sample or cell that you may see."})
        reason = asked.validated_data.get("reason") or current_act().reason
        moved: Any
        if isinstance(record, RawFile):
            moved = move_file(record, to=to, actor=request.user, reason=reason)
            return Response(brief(request, "file", moved), status.HTTP_201_CREATED)
        moved = move_measurement(record, to=to, actor=request.user, reason=reason)
        return Response(brief(request, "measurement", moved), status.HTTP_201_CREATED)
