"""JSON of uploads: the bytes at once or in pieces, what is said of them, and what has become of them."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import UserField
from core.asked import AskedSerializer, OfferedField
from core.serializers import AddressField, QuantityValueField, address
from measurements.models import Technique, Upload
from measurements.models.measurement import validate_rate
from measurements.serializers.files import FileSerializer
from measurements.serializers.measurement import MeasurementSerializer, RunBriefSerializer
from measurements.serializers.references import MeasurementField
from measurements.services.uploads import offset_of
from samples.serializers import CellField, InstrumentField, ProtocolField, SampleField


class UploadSerializer(AskedSerializer):
    """An upload: the bytes, what was measured, and under which conditions."""

    file = serializers.FileField(allow_empty_file=True, max_length=255)
    sample = SampleField(required=False)
    cell = CellField(required=False, help_text="The same as sample, for cells.")
    project = serializers.CharField(required=False, help_text="Tells samples of the same code apart.")
    measurement = MeasurementField(required=False, help_text="Add the file to this one instead of making a new one.")
    technique = OfferedField(
        choices=Technique.choices, required=False, allow_blank=True, help_text="Left out: the file tells."
    )
    options = serializers.JSONField(required=False, help_text="What the reader must be told, as a JSON object.")
    instrument = InstrumentField(required=False)
    operator = UserField(required=False)
    measured_at = serializers.DateTimeField(required=False)
    temperature = QuantityValueField("temperature", words=("RT",))
    rate = serializers.CharField(required=False, max_length=100, validators=[validate_rate])
    lower_voltage = QuantityValueField("voltage")
    upper_voltage = QuantityValueField("voltage")
    window_text = serializers.CharField(required=False, max_length=60)
    protocol = ProtocolField(required=False)
    cycle_offset = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    simulated = serializers.BooleanField(required=False)
    note = serializers.CharField(required=False)

    def validate_options(self, options: Any) -> dict[str, str]:
        """Texts by name."""
        if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
            raise serializers.ValidationError('Options are an object of texts, such as {"decimal": ","}.')
        return options

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What was measured must be known."""
        named = [name for name in ("sample", "cell", "measurement") if attrs.get(name)]
        if not named:
            raise serializers.ValidationError({"sample": "Name the sample or the cell that was measured."})
        if {"sample", "cell"} <= set(named):
            raise serializers.ValidationError({"cell": "Give either sample or cell."})
        return attrs


class ResumableSerializer(UploadSerializer):
    """What is said of a file whose bytes come later; all of it is text."""

    file = None  # type: ignore[assignment]

    def to_internal_value(self, data: Any) -> Any:
        """With options written as JSON.

        Raises:
            ValidationError: There is no such field, or the options are no JSON.
        """
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError(dict.fromkeys(unknown, f"There are {', '.join(self.fields)}."))
        if "options" in data:
            try:
                data = {**data, "options": json.loads(data["options"])}
            except ValueError as error:
                raise serializers.ValidationError({"options": "Options are a JSON object."}) from error
        return super().to_internal_value(data)


class ResumedSerializer(serializers.ModelSerializer[Upload]):
    """An upload on its way, or what it has become."""

    url = AddressField("upload")
    offset = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField()
    measurement = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = ("id", "url", "name", "length", "offset", "told", "created_at", "expires_at", "file", "measurement")

    def get_offset(self, upload: Upload) -> int:
        """How many bytes have come."""
        return offset_of(upload)

    @extend_schema_field(OpenApiTypes.URI)
    def get_file(self, upload: Upload) -> str | None:
        """Address of the file; null until it is complete."""
        return address(self.context.get("request"), "file", upload.file.pk) if upload.file else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_measurement(self, upload: Upload) -> str | None:
        """Address of the measurement that the file hangs in."""
        file = upload.file
        return address(self.context.get("request"), "measurement", file.measurement_id) if file else None


class ReceivedSerializer(serializers.Serializer[Any]):
    """What became of an upload."""

    file = FileSerializer()
    measurement = MeasurementSerializer()
    runs = RunBriefSerializer(many=True)
