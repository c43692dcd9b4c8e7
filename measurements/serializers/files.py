"""JSON of files, of the jobs that read them, and of what readers made of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import UserField
from core.asked import AskedSerializer
from core.serializers import BASE_FIELDS, ImmutableSerializer, PartSerializer, address
from measurements.models import Dataset, DatasetTable, FileReading, RawFile
from measurements.selectors import replaced_by
from measurements.serializers.references import MeasurementField


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


class ReadingRequestSerializer(AskedSerializer):
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
