"""JSON of comments and attachments."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.asked import AskedSerializer, OfferedField
from core.serializers import RECORD_FIELDS, RecordSerializer
from notes.models import MOST_CHARACTERS, Attachment, Comment, Notice
from notes.targets import NAMED_KINDS, find


class TargetSerializer(AskedSerializer):
    """Which record something is put beside."""

    kind = OfferedField(choices=NAMED_KINDS, help_text="Kind of the record.")
    record = serializers.UUIDField(help_text="Id of the record.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the record in place of its name."""
        kind, key = attrs.pop("kind"), attrs.pop("record")
        target = find(kind, key, self.context["request"].user)
        if target is None:
            raise serializers.ValidationError({"record": f"There is no {kind} of this id that you may see."})
        return {**attrs, "target": target}


class NewCommentSerializer(TargetSerializer):
    """A comment as it is sent."""

    text = serializers.CharField(max_length=MOST_CHARACTERS)


class NewAttachmentSerializer(TargetSerializer):
    """An attachment as it is sent."""

    file = serializers.FileField()
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)


class CommentSerializer(RecordSerializer):
    """What somebody said about a record."""

    route = "comment"
    record = serializers.UUIDField(source="record_id", read_only=True)

    class Meta:
        model = Comment
        fields = (*RECORD_FIELDS, "kind", "record", "text")
        read_only_fields = ("kind",)


class AttachmentSerializer(RecordSerializer):
    """A file of any kind beside a record; `content/` sends its bytes."""

    route = "attachment"
    record = serializers.UUIDField(source="record_id", read_only=True)
    sha256 = serializers.CharField(source="blob_id", read_only=True)
    size = serializers.IntegerField(source="blob.size", read_only=True)

    class Meta:
        model = Attachment
        fields = (*RECORD_FIELDS, "kind", "record", "name", "description", "media_type", "size", "sha256", "reader")
        read_only_fields = ("kind", "media_type", "reader")


class PlaceSerializer(AskedSerializer):
    """Another record: id, address and what people call it."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    label = serializers.CharField()  # type: ignore[assignment]


class UsedSerializer(serializers.Serializer[Any]):
    """Where the bytes of an attachment are read now."""

    file = PlaceSerializer()
    measurement = PlaceSerializer()


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """Something that a person should know; `read_at` is null until they have seen it."""

    class Meta:
        model = Notice
        fields = ("id", "title", "text", "address", "created_at", "read_at")


class ReadSerializer(AskedSerializer):
    """How many notices were unread."""

    read = serializers.IntegerField()
