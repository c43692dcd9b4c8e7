"""REST of a record's past: its changes, the difference between any two of its states, and restoring one of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require_write
from core.api_lists import ROWS_FORMAT, answer_rows
from core.asked import AskedSerializer
from core.audit import current_act
from core.history import Change, RowChange, history_of
from core.pagination import NumberedPages
from provenance.services.restoring import restore

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet

    _View = GenericViewSet[Any]
else:
    _View = object

_PARAMETERS = {"history": {"page", "page_size", "format"}, "compare": {"from", "to"}}


class FieldChangeSerializer(serializers.Serializer[Any]):
    """A field with its value before and after, in words."""

    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    old = serializers.CharField()
    new = serializers.CharField()


class RowChangeSerializer(serializers.Serializer[Any]):
    """What happened to the record itself (`part` is empty) or to one of its parts."""

    kind = serializers.CharField(help_text="`created`, `changed` or `deleted`.")
    part = serializers.CharField()
    fields_ = FieldChangeSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        """`fields` is a name that serializers keep for themselves."""
        fields = super().get_fields()
        return {**{name: field for name, field in fields.items() if name != "fields_"}, "fields": fields["fields_"]}


class ChangeSerializer(serializers.Serializer[Any]):
    """What one transaction did to a record: who, when, why, through which door."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    door = serializers.CharField()
    reason = serializers.CharField()
    kind = serializers.CharField(help_text="`created`, `changed` or `deleted`.")
    rows = RowChangeSerializer(many=True)


class DifferenceSerializer(serializers.Serializer[Any]):
    """What differs between the record after one change and after another."""

    older = serializers.IntegerField()
    newer = serializers.IntegerField()
    rows = RowChangeSerializer(many=True)


class RestoreSerializer(AskedSerializer):
    """Which change's outcome comes back, and why; the reason may stand in `X-Reason` instead."""

    change = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=400, required=False)


class Historical(_View):
    """Adds history, comparison and restoring to the views of records."""

    def known_parameters(self) -> set[str]:
        """Pages of the history; which changes to compare."""
        known: set[str] = super().known_parameters()  # type: ignore[misc]
        return known | _PARAMETERS.get(str(self.action), set())

    @extend_schema(parameters=[ROWS_FORMAT], responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=NumberedPages)
    def history(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Every change of the record and its parts, newest first, with old and new values in words."""
        changes: Any = history_of(self.get_object(), request.user)
        if request.query_params.get("format", "json") != "json":
            return answer_rows(request, ChangeSerializer, [_as_json(change) for change in changes], name="history")
        page = self.paginate_queryset(changes)
        return self.get_paginated_response([_as_json(change) for change in page or ()])

    @extend_schema(
        parameters=[
            OpenApiParameter("from", int, description="Number of the earlier change; the one before the last."),
            OpenApiParameter("to", int, description="Number of the later change; the last."),
        ],
        responses=DifferenceSerializer,
        filters=False,
    )
    @action(detail=True, url_path="history/compare", url_name="history-compare", pagination_class=None)
    def compare(self, request: Request, **kwargs: Any) -> Response:
        """What differs between the record after one change and after another; 0 is before the first."""
        history = history_of(self.get_object(), request.user)
        newer = _number(request, "to", len(history), len(history))
        older = _number(request, "from", max(newer - 1, 0), len(history))
        rows = [_row_as_json(row) for row in history.compare(older, newer)]
        return Response({"older": older, "newer": newer, "rows": rows})

    @extend_schema(request=RestoreSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def restore(self, request: Request, **kwargs: Any) -> Response:
        """Makes the record what it was after one of its changes, as a new change; refused where that cannot be."""
        from core.api import expected_version  # the views of records stand on this module

        record = self.get_object()
        require_write(request.user, record)
        asked = RestoreSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        restored = restore(
            record,
            actor=request.user,
            number=asked.validated_data["change"],
            reason=asked.validated_data.get("reason") or current_act().reason,
            expected_version=expected_version(request),
        )
        return self.answer(restored)  # type: ignore[attr-defined, no-any-return]  # what RecordViewSet adds


def _number(request: Request, name: str, missing: int, last: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return missing
    if text.isascii() and text.isdigit() and int(text[:9]) <= last:
        return int(text[:9])
    raise ValidationError({name: f"{text[:20]!r} is no number of a change; there are 1 to {last}."})


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "number": change.number,
        "at": change.at,
        "actor": change.actor,
        "door": change.door,
        "reason": change.reason,
        "kind": change.kind,
        "rows": [_row_as_json(row) for row in change.rows],
    }


def _row_as_json(row: RowChange) -> dict[str, Any]:
    return {"kind": row.kind, "part": row.title, "fields": [asdict(field) for field in row.fields]}
