"""What views of stored files share: a new one comes as a form with the bytes, and the bytes are sent as they came.

Raw files and attachments are such files; each has a `blob` and a `name`.
"""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request

from core.ranges import send_bytes
from measurements.store import open_blob

BINARY = {
    (200, "application/octet-stream"): OpenApiTypes.BINARY,
    (206, "application/octet-stream"): OpenApiTypes.BINARY,
}


class StoredBytes(viewsets.GenericViewSet[Any]):
    """Adds the bytes to the views of stored files, both ways."""

    def get_parsers(self) -> list[Any]:
        """Uploads are multipart, everything else is JSON."""
        request: Any = self.request
        uploads = request is None or (request.method == "POST" and "pk" not in self.kwargs)
        return [MultiPartParser()] if uploads else [JSONParser()]

    @extend_schema(
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=0-1023")],
        responses={**BINARY, 416: OpenApiResponse(description="The range is not in the file.")},
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def content(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The bytes as they were received, whole or a range of them."""
        kept = self.get_object()
        stream = cast("BinaryIO", open_blob(kept.blob))
        return send_bytes(request._request, stream, size=kept.blob.size, name=kept.name, tag=kept.blob_id)
