"""REST of comments and attachments."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import RecordViewSet, StrictParameters
from core.api_lists import TabledList
from core.api_withdrawal import reason_of
from core.listing import Listing
from core.pagination import NumberedPages
from core.serializers import brief
from measurements.api_bytes import StoredBytes
from notes import services
from notes.filters import AttachmentFilters, CommentFilters
from notes.models import Attachment, Comment, Notice
from notes.notices import mark_read
from notes.serializers import (
    AttachmentSerializer,
    CommentSerializer,
    NewAttachmentSerializer,
    NewCommentSerializer,
    NoticeSerializer,
    ReadSerializer,
    UsedSerializer,
)

_TIMES = ("created_at", "updated_at")


class BesideViewSet(RecordViewSet):
    """What lies beside records: nothing of it is deleted, all of it can be withdrawn by its author or an owner."""

    def write_delete(self, record: Any, version: int | None) -> Any:
        """Withdraws it; the request says why."""
        reason = reason_of(self.request)
        return services.withdraw_beside(record, actor=self.request.user, reason=reason, expected_version=version)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Withdrawing, and bringing back what was withdrawn or said before, is for its author and for owners."""
        super().initial(request, *args, **kwargs)
        if self.action in {"withdraw", "reinstate", "restore"}:
            services.require_withdrawal(self.get_object(), request.user)


class CommentViewSet(BesideViewSet):
    """Comments beside records. People change their own; history keeps what they said before."""

    queryset = Comment.objects.select_related("created_by")
    serializer_class = CommentSerializer
    listing = Listing(CommentSerializer)
    filterset_class = CommentFilters
    ordering_fields = _TIMES

    @extend_schema(request=NewCommentSerializer)
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new comment, or a list of them."""
        return super().create(request, *args, **kwargs)

    def _write_new(self, data: Any) -> Comment:
        asked = NewCommentSerializer(data=data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        return services.add_comment(given["target"], actor=self.request.user, text=given["text"])

    def write_change(self, record: Comment, version: int | None, data: dict[str, Any]) -> Comment:
        """One's own only."""
        text = data.get("text", record.text)
        return services.edit_comment(record, actor=self.request.user, expected_version=version, text=text)


class AttachmentViewSet(StoredBytes, BesideViewSet):
    """Files of any kind beside records. They are kept and sent, never shown as pages and not read as data."""

    queryset = Attachment.objects.select_related("created_by", "blob")
    serializer_class = AttachmentSerializer
    listing = Listing(AttachmentSerializer)
    filterset_class = AttachmentFilters
    ordering_fields = ("name", *_TIMES)

    @extend_schema(
        request={"multipart/form-data": NewAttachmentSerializer},
        responses={201: AttachmentSerializer, 200: AttachmentSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keeps a file beside a record: 201; the same bytes at the same record again: 200."""
        asked = NewAttachmentSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        attachment, is_new = services.attach(
            given["target"],
            actor=request.user,
            name=given["file"].name,
            chunks=given["file"].chunks(),
            description=given.get("description", ""),
        )
        return self.answer(attachment, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    def write_change(self, record: Attachment, version: int | None, data: dict[str, Any]) -> Attachment:
        """Its name and description."""
        return services.describe_attachment(record, actor=self.request.user, expected_version=version, **data)

    @extend_schema(request=None, responses={201: UsedSerializer, 200: UsedSerializer})
    @action(detail=True, methods=["post"], pagination_class=None, url_path="use-as-measurement")
    def use_as_measurement(self, request: Request, **kwargs: Any) -> Response:
        """Reads and analyses its bytes as a file of an instrument, beside the same sample, cell or measurement."""
        received = services.use_as_measurement(self.get_object(), actor=request.user)
        answer = {
            "file": brief(request, "file", received.file),
            "measurement": brief(request, "measurement", received.measurement),
        }
        return Response(answer, status.HTTP_201_CREATED if received.created else status.HTTP_200_OK)


class NoticeViewSet(StrictParameters, TabledList, viewsets.GenericViewSet[Notice]):
    """One's own notices, newest first."""

    queryset = Notice.objects.all()
    serializer_class = NoticeSerializer
    pagination_class = NumberedPages
    ordering_fields = ("created_at",)

    def get_queryset(self) -> Any:
        """Nobody sees anybody else's."""
        if getattr(self, "swagger_fake_view", False):
            return Notice.objects.none()
        return super().get_queryset().filter(user_id=cast("int", self.request.user.pk))

    @extend_schema(request=None, responses=ReadSerializer)
    @action(detail=False, methods=["post"], pagination_class=None)
    def read(self, request: Request) -> Response:
        """Says that all of them are seen."""
        return Response({"read": mark_read(request.user)})
