"""JSON of measurements and cell tests: conditions, steps, and how their files, datasets and runs stand."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import UserField
from core.serializers import RECORD_FIELDS, PartSerializer, QuantityValueField, address, brief
from custom.serializers import CUSTOM_FIELDS, CustomSerializer
from measurements.models import Measurement, TestStep
from measurements.models.measurement import validate_rate
from measurements.selectors import latest_readings, standing
from measurements.serializers.files import DatasetSerializer, MeasuredFileSerializer, ReadingSerializer
from samples.serializers import CellField, InstrumentField, ProtocolField, PublicationField, SampleField

TEST_FIELDS = ("rate", "lower_voltage", "upper_voltage", "window_text", "protocol", "cycle_offset")
"""Plain fields that only measurements of cells have."""


class _OfTest:
    """A field that only a cell test has; null on other measurements."""

    def get_attribute(self, instance: Any) -> Any:
        """The test's value."""
        test = getattr(instance, "celltest", None)
        return None if test is None else super().get_attribute(test)  # type: ignore[misc]


class TestQuantityField(_OfTest, QuantityValueField):
    """A quantity of a cell test."""

    __test__ = False


class TestTextField(_OfTest, serializers.CharField):
    """A text of a cell test."""

    __test__ = False


class TestCountField(_OfTest, serializers.IntegerField):
    """A count of a cell test."""

    __test__ = False


class TestProtocolField(_OfTest, ProtocolField):
    """The protocol of a cell test."""

    __test__ = False


class RunBriefSerializer(serializers.Serializer[Any]):
    """A run in a line."""

    id = serializers.UUIDField(read_only=True)
    url = serializers.SerializerMethodField()
    kernel = serializers.CharField(source="release.name", read_only=True)
    version = serializers.CharField(source="release.version", read_only=True)
    state = serializers.CharField(read_only=True)
    queued_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    error = serializers.CharField(read_only=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)

    def get_url(self, run: Any) -> str:
        """Its address."""
        return address(self.context.get("request"), "run", run.pk)


class StepSerializer(PartSerializer):
    """A step of a cell test's program."""

    class Meta:
        model = TestStep
        fields = ("kind", "rate", "cycles", "duration", "at_cycle", "state_of_charge")


class TestStepsField(_OfTest, serializers.ListSerializer[Any]):
    """The steps of a cell test, in order."""

    __test__ = False


class MeasurementSerializer(CustomSerializer):
    """A measurement: of what, under which conditions, its files, datasets and runs."""

    route = "measurement"
    sample = SampleField(required=False)
    cell = CellField(required=False, write_only=True, help_text="The same as sample, for cells.")
    instrument = InstrumentField(required=False, allow_null=True)
    operator = UserField(required=False, allow_null=True)
    publication = PublicationField(required=False, allow_null=True)
    rate = TestTextField(
        required=False,
        allow_blank=True,
        max_length=100,
        validators=[validate_rate],
        help_text="0.05 C (1C = 180 mA/g), 5 uA/cm^2, 9 mA/g or 0.1 mA.",
    )
    lower_voltage = TestQuantityField("voltage")
    upper_voltage = TestQuantityField("voltage")
    window_text = TestTextField(required=False, allow_blank=True, max_length=60)
    protocol = TestProtocolField(required=False, allow_null=True)
    cycle_offset = TestCountField(required=False, min_value=0, max_value=2**31 - 1)
    steps = TestStepsField(child=StepSerializer(), required=False)
    state = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()
    datasets = DatasetSerializer(many=True, read_only=True)
    runs = RunBriefSerializer(many=True, read_only=True)

    class Meta:
        model = Measurement
        fields = (
            *RECORD_FIELDS,
            "sample",
            "cell",
            "technique",
            "instrument",
            "operator",
            "measured_at",
            "temperature",
            *TEST_FIELDS,
            "steps",
            "publication",
            "locator",
            "simulated",
            "note",
            *CUSTOM_FIELDS,
            "state",
            "problems",
            "files",
            "datasets",
            "runs",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A measurement is of one sample; `cell` says the same."""
        cell = attrs.pop("cell", None)
        if cell is not None and "sample" in attrs:
            raise serializers.ValidationError({"cell": "Give either sample or cell."})
        if cell is not None:
            attrs["sample"] = cell
        if self.instance is None and "sample" not in attrs:
            raise serializers.ValidationError({"sample": "Name the sample or the cell that was measured."})
        return attrs

    def get_state(self, measurement: Measurement) -> str:
        """Of its readings the state that needs attention first; `empty` without files."""
        return standing(measurement).state

    def get_problems(self, measurement: Measurement) -> list[str]:
        """Why files could not be read."""
        return list(standing(measurement).problems)

    @extend_schema_field(MeasuredFileSerializer(many=True))
    def get_files(self, measurement: Measurement) -> list[dict[str, Any]]:
        """Its files with their newest readings."""
        readings = {reading.file_id: reading for reading in latest_readings(measurement)}
        return [
            {
                **brief(self.context.get("request"), "file", file),
                "reading": dict(ReadingSerializer(readings[file.pk]).data) if file.pk in readings else None,
            }
            for file in measurement.files.all()
        ]
