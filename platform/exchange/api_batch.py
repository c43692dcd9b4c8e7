"""REST of batches: a series of ratios or a grid, planned as samples and processes in one request."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import ProjectField
from core.api import StrictParameters
from core.asked import AskedSerializer, OfferedField
from exchange.batch import MOST, Batch, BatchRow, Line, WrongBatch, make_batch, plan_batch
from samples.models import Process, Sample

_CODE = serializers.CharField(max_length=80)


class BatchRowSerializer(AskedSerializer):
    """One product."""

    ratio = serializers.CharField(max_length=100)
    temperature = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="700 degC, 973 K.")
    time = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="1 h, 30 min.")
    code = serializers.CharField(max_length=60, required=False, allow_blank=True, help_text="Instead of the pattern's.")


class BatchSerializer(AskedSerializer):
    """A batch: rows of their own, or the grid of ratios, temperatures and times."""

    project = ProjectField()
    components = serializers.ListField(child=_CODE, min_length=2, max_length=20, help_text="Codes, or materials.")
    rows = BatchRowSerializer(many=True, required=False)
    ratios = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=MOST)
    temperatures = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=MOST)
    times = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=MOST)
    mixture_code = serializers.CharField(max_length=80, required=False)
    product_code = serializers.CharField(max_length=80, required=False)
    product_kind = OfferedField(
        choices=[(value, label) for value, label in Sample.Kind.choices if value != Sample.Kind.CELL], required=False
    )
    heating = OfferedField(choices=Process.Kind.choices, required=False)
    total_mass = serializers.CharField(max_length=40, required=False, allow_blank=True)
    dry_run = serializers.BooleanField(default=False, help_text="Only says what would be made.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Rows or a grid, not both."""
        if bool(attrs.get("rows")) == bool(attrs.get("ratios")):
            raise serializers.ValidationError({"ratios": "Give either rows, or ratios with temperatures and times."})
        return attrs


class BatchLineSerializer(serializers.Serializer[Any]):
    """What became of a row, or would."""

    ratio = serializers.CharField(source="row.ratio")
    temperature = serializers.CharField(source="row.temperature")
    time = serializers.CharField(source="row.time")
    fractions = serializers.ListField(child=serializers.FloatField())
    mixture = serializers.CharField()
    product = serializers.CharField()
    problems = serializers.ListField(child=serializers.CharField())


class BatchView(StrictParameters, APIView):
    """Series and grids, planned in one go."""

    action = "make"

    @extend_schema(
        operation_id="batches_create",
        request=BatchSerializer,
        responses={200: BatchLineSerializer(many=True), 201: BatchLineSerializer(many=True)},
    )
    def post(self, request: Request) -> Response:
        """Makes samples and processes of all rows, or of none; with `dry_run`, says what would be made."""
        asked = BatchSerializer(data=request.data, context={"request": request, "view": self})
        asked.is_valid(raise_exception=True)
        data = dict(asked.validated_data)
        dry = data.pop("dry_run")
        batch = Batch(rows=_rows(data), **data)
        try:
            lines = (plan_batch if dry else make_batch)(batch, actor=request.user)
        except WrongBatch as error:
            raise ValidationError(_problems(error.lines)) from error
        code = status.HTTP_200_OK if dry else status.HTTP_201_CREATED
        return Response(BatchLineSerializer(lines, many=True).data, status=code)


def _rows(data: dict[str, Any]) -> list[BatchRow]:
    given = data.pop("rows", None)
    ratios, temperatures, times = (data.pop(name, None) for name in ("ratios", "temperatures", "times"))
    if given:
        return [BatchRow(**row) for row in given]
    return [
        BatchRow(ratio, temperature, time)
        for ratio in ratios
        for temperature in temperatures or [""]
        for time in times or [""]
    ]


def _problems(lines: list[Line]) -> dict[str, list[str]]:
    return {f"rows.{place}": line.problems for place, line in enumerate(lines) if line.problems}
