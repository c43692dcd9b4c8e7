"""JSON of measurements, files, what readers made of them, and of uploads."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import UserField
from core.serializers import (
    BASE_FIELDS,
    RECORD_FIELDS,
    AddressField,
    ImmutableSerializer,
    PartSerializer,
    QuantityValueField,
    ReferenceField,
    address,
    brief,
)
from custom.serializers import CUSTOM_FIELDS, CustomSerializer
from measurements.models import (
    CellTest,
    Dataset,
    DatasetTable,
    FileReading,
    Measurement,
    RawFile,
    Technique,
    TestStep,
    Upload,
)
from measurements.models.measurement import validate_rate
from measurements.selectors import latest_readings, replaced_by, standing
from measurements.services.uploads import offset_of
from samples.serializers import CellField, InstrumentField, ProtocolField, PublicationField, SampleField

TEST_FIELDS = ("rate", "lower_voltage", "upper_voltage", "window_text", "protocol", "cycle_offset")
"""Plain fields that only measurements of cells have."""


class MeasurementField(ReferenceField):
    """A measurement, by id."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Measurement.objects.select_related("sample").all)
        super().__init__(kwargs.pop("queryset"), "measurement", **kwargs)


class CellTestField(MeasurementField):
    """A test of a cell, by id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=CellTest.objects.select_related("sample").all, **kwargs)


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


class TableSerializer(serializers.ModelSerializer[DatasetTable]):
    """A table with its columns described."""

    class Meta:
        model = DatasetTable
        fields = ("name", "rows", "columns")


class DatasetSerializer(ImmutableSerializer):
    """What a reader made of a file."""

    tables = TableSerializer(many=True, read_only=True)
    file = serializers.UUIDField(source="file_id", read_only=True)

    class Meta:
        model = Dataset
        fields = (
            *BASE_FIELDS,
            "file",
            "technique",
            "reader",
            "reader_version",
            "sha256",
            "metadata",
            "warnings",
            "tables",
        )

    def get_fields(self) -> dict[str, Any]:
        """A dataset has no address of its own: its measurement shows it."""
        fields = super().get_fields()
        fields.pop("url", None)
        return fields


class ReadingSerializer(PartSerializer):
    """The job of reading a file: how it stands, how well each reader fits, what went wrong."""

    class Meta:
        model = FileReading
        fields = (
            "id",
            "state",
            "queue",
            "progress",
            "reason",
            "attempts",
            "queued_at",
            "started_at",
            "finished_at",
            "worker",
            "format",
            "reader",
            "reader_version",
            "options",
            "error",
            "log",
            "match_report",
            "proposal",
        )
        read_only_fields = fields


class ReadingRequestSerializer(serializers.Serializer[Any]):
    """What the reader must be told, such as the columns of a table."""

    options = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)


class FileSerializer(ImmutableSerializer):
    """A raw file: what it is called, its hash, how its reading stands."""

    route = "file"
    created_at = serializers.DateTimeField(source="received_at", read_only=True)
    updated_at = serializers.DateTimeField(source="received_at", read_only=True)
    size = serializers.IntegerField(source="blob.size", read_only=True)
    sha256 = serializers.CharField(source="blob_id", read_only=True)
    measurement = MeasurementField(read_only=True)
    uploader = UserField(read_only=True)
    content = serializers.SerializerMethodField()
    version_of = serializers.UUIDField(source="version_of_id", read_only=True, allow_null=True)
    replaced_by = serializers.SerializerMethodField()
    reading = serializers.SerializerMethodField()

    class Meta:
        model = RawFile
        fields = (
            *BASE_FIELDS,
            "name",
            "size",
            "sha256",
            "media_type",
            "measurement",
            "uploader",
            "received_at",
            "content",
            "version_of",
            "replaced_by",
            "reading",
        )

    def get_replaced_by(self, file: RawFile) -> UUID | None:
        """The longer version that has taken its place; null where it is the newest."""
        return replaced_by(file)

    def get_content(self, file: RawFile) -> str:
        """Address of its bytes."""
        return f"{address(self.context.get('request'), 'file', file.pk)}content/"

    @extend_schema_field(ReadingSerializer(allow_null=True))
    def get_reading(self, file: RawFile) -> dict[str, Any] | None:
        """The newest reading."""
        readings = list(file.readings.all())
        return dict(ReadingSerializer(readings[0]).data) if readings else None


class MeasuredFileSerializer(serializers.Serializer[Any]):
    """A file of a measurement."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    label = serializers.CharField()  # type: ignore[assignment]
    reading = ReadingSerializer(allow_null=True)


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


class UploadSerializer(serializers.Serializer[Any]):
    """An upload: the bytes, what was measured, and under which conditions."""

    file = serializers.FileField(allow_empty_file=True, max_length=255)
    sample = SampleField(required=False)
    cell = CellField(required=False, help_text="The same as sample, for cells.")
    project = serializers.CharField(required=False, help_text="Tells samples of the same code apart.")
    measurement = MeasurementField(required=False, help_text="Add the file to this one instead of making a new one.")
    technique = serializers.ChoiceField(
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
