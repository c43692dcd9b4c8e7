"""REST of uploads that survive an interruption: the protocol tus 1.0, as its clients speak it.

With the extensions creation, creation-with-upload, termination, expiration and checksum (sha256). An upload is its
sender's alone, and becomes a file of the laboratory by the same service as every other.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.http import Http404
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictParameters
from core.api_lists import TabledList
from core.filters import as_uuid
from core.pagination import NumberedPages
from core.problems import Answered, problem
from measurements.api import receive_asked
from measurements.models import Upload
from measurements.serializers import ResumableSerializer, ResumedSerializer
from measurements.services import uploads

VERSION: Final = "1.0.0"
MEDIA_TYPE: Final = "application/offset+octet-stream"
EXTENSIONS: Final = "creation,creation-with-upload,termination,expiration,checksum"
_CHUNK: Final = 1 << 18
_LONGEST_METADATA: Final = 8192
_OF_CLIENTS: Final = frozenset({"filename", "name", "filetype", "type", "relativePath"})
_PROTOCOL = OpenApiParameter("Tus-Resumable", str, OpenApiParameter.HEADER, required=True, enum=[VERSION])
_OFFSET = OpenApiParameter(
    "Upload-Offset", int, OpenApiParameter.HEADER, required=True, description="Where it goes on."
)
_CHECKSUM = OpenApiParameter(
    "Upload-Checksum", str, OpenApiParameter.HEADER, description="`sha256 ` and the hash of this piece in Base64."
)
_LENGTH = OpenApiParameter("Upload-Length", int, OpenApiParameter.HEADER, required=True, description="Bytes to come.")
_METADATA = OpenApiParameter(
    "Upload-Metadata",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Pairs of a name and a Base64 text, with commas between: `filename`, and the fields of `POST files/`.",
)
_PIECE = {MEDIA_TYPE: OpenApiTypes.BINARY}


class Refused(Answered):
    """What the protocol answers with a status of its own."""

    def __init__(self, code: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def as_problem(self) -> Response:
        """The status with its words."""
        return problem(self.code, str(self), headers=self.headers)


class PieceParser(BaseParser):
    """Leaves the bytes of a request where they are, to be read as they come."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The stream."""
        del media_type, parser_context
        return stream


@extend_schema_view(
    retrieve=extend_schema(responses=ResumedSerializer),
    destroy=extend_schema(parameters=[_PROTOCOL], responses={204: None}),
)
class UploadViewSet(StrictParameters, TabledList, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Upload]):
    """Uploads on their way. One's own only; kept for seven days after the last byte."""

    queryset = Upload.objects.all()
    serializer_class = ResumedSerializer
    pagination_class = NumberedPages
    parser_classes = [PieceParser]
    lookup_value_regex = "[0-9a-fA-F-]{36}"
    ordering_fields = ("created_at", "expires_at", "name")
    upload_actions = ("list", "retrieve", "create", "partial_update", "destroy")

    def get_queryset(self) -> Any:
        """One's own."""
        if getattr(self, "swagger_fake_view", False):
            return Upload.objects.none()
        return Upload.objects.visible_to(self.request.user).select_related("file")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses other versions of the protocol."""
        super().initial(request, *args, **kwargs)
        if request.method not in ("GET", "OPTIONS") and request.headers.get("Tus-Resumable") != VERSION:
            raise Refused(412, f"This server speaks tus {VERSION}; say so in Tus-Resumable.", Tus_Version=VERSION)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer says which protocol is spoken, and keeps nothing in caches."""
        response.headers["Tus-Resumable"] = VERSION
        response.headers["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What of the protocol is offered."""
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(settings.COSINTER_MAX_UPLOAD),
            "Tus-Checksum-Algorithm": "sha256",
        }
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)

    @extend_schema(
        parameters=[_PROTOCOL, _LENGTH, _METADATA, _CHECKSUM],
        request=_PIECE,
        responses={201: OpenApiResponse(description="`Location` is where to send the bytes.")},
    )
    def create(self, request: Request) -> Response:
        """Opens an upload; its first bytes may come with the request."""
        told = _told(request.headers.get("Upload-Metadata", ""))
        name = told.pop("filename", None) or told.pop("name", None) or ""
        told = {key: value for key, value in told.items() if key not in _OF_CLIENTS}
        self._asked(told)
        upload = uploads.open_upload(actor=request.user, name=name, length=_length(request), told=told)
        headers = {"Location": self.get_serializer(upload).data["url"]}
        if request.content_type == MEDIA_TYPE:
            self._take(upload, 0)
        return Response(status=status.HTTP_201_CREATED, headers=headers | self._standing(upload))

    @extend_schema(
        parameters=[_PROTOCOL, _OFFSET, _CHECKSUM],
        request=_PIECE,
        responses={
            204: None,
            409: OpenApiResponse(description="The bytes do not begin at the offset."),
            423: OpenApiResponse(description="Another request is sending bytes."),
            460: OpenApiResponse(description="The checksum differs."),
        },
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Adds bytes at the offset; with the last one the file is received, and read by itself."""
        if (request.content_type or "").partition(";")[0] != MEDIA_TYPE:
            raise UnsupportedMediaType(request.content_type or "", f"Bytes come as {MEDIA_TYPE}.")
        upload = self.get_object()
        offset = _whole_number(request.headers.get("Upload-Offset"), "Upload-Offset")
        self._take(upload, offset)
        return Response(status=status.HTTP_204_NO_CONTENT, headers=self._standing(upload))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far it has come, and the file that it has become."""
        upload = self.get_object()
        headers = {"Upload-Length": str(upload.length), **self._standing(upload)}
        return Response(self.get_serializer(upload).data, headers=headers)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Ends an upload that is not wanted any more; the file that it has become stays."""
        uploads.remove_upload(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_object(self) -> Upload:
        """The upload of the address.

        Raises:
            Http404: There is none, it has expired, or it is another person's.
        """
        found: Upload | None = self.get_queryset().filter(pk=as_uuid(self.kwargs["pk"])).first()
        if found is None:
            raise Http404
        return found

    def _asked(self, told: dict[str, str]) -> dict[str, Any]:
        """What the sender says of the file, as its service takes it."""
        serializer = ResumableSerializer(data=told, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _take(self, upload: Upload, offset: int) -> None:
        """Takes the bytes of the request; the file is received with the last one."""
        if upload.file_id is not None:
            if offset != upload.length:
                raise Refused(409, "All bytes have come.", Upload_Offset=str(upload.length))
            return
        sha256 = _checksum(self.request.headers.get("Upload-Checksum"))
        with _in_protocol(), uploads.at_the_end_of(upload) as spool:
            size = uploads.append(upload, spool, _pieces(self.request), offset=offset, sha256=sha256)
            if size == upload.length:
                asked = self._asked(upload.told)
                path = uploads.spool_of(upload)
                received = receive_asked(asked, actor=self.request.user, name=upload.name, chunks=path)
                uploads.finish(upload, received.file)

    def _standing(self, upload: Upload) -> dict[str, str]:
        headers = {"Upload-Offset": str(uploads.offset_of(upload))}
        if upload.file_id is None:
            headers["Upload-Expires"] = http_date(upload.expires_at.timestamp())
        return headers


@contextmanager
def _in_protocol() -> Iterator[None]:
    """Says what the services refuse as the protocol does."""
    try:
        yield
    except uploads.UploadBusyError as error:
        raise Refused(423, "Another request is sending bytes of this upload.", Retry_After="1") from error
    except uploads.WrongOffsetError as error:
        detail = f"{error.offset} bytes have come; go on from there."
        raise Refused(409, detail, Upload_Offset=str(error.offset)) from error
    except uploads.TooManyBytesError as error:
        raise Refused(413, "These are more bytes than Upload-Length said.") from error
    except uploads.ChecksumError as error:
        raise Refused(460, "The bytes have another checksum; none of them is kept. Send them again.") from error


def _pieces(request: Request) -> Iterator[bytes]:
    """The body as it comes."""
    stream: Any = request._request
    while piece := stream.read(_CHUNK):
        yield piece


def _told(text: str) -> dict[str, str]:
    """Names and texts of `Upload-Metadata`.

    Raises:
        ValidationError: It is not written as the protocol wants it.
    """
    told: dict[str, str] = {}
    if len(text) > _LONGEST_METADATA:
        raise ValidationError({"Upload-Metadata": f"At most {_LONGEST_METADATA} characters."})
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, encoded = pair.partition(" ")
        try:
            told[name] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValidationError({"Upload-Metadata": f"{name[:40]}: the text is not UTF-8 in Base64."}) from error
    if not told:
        raise ValidationError({"Upload-Metadata": "Name the file and what was measured: filename, sample or cell."})
    return told


def _length(request: Request) -> int:
    length = _whole_number(request.headers.get("Upload-Length"), "Upload-Length")
    if length > settings.COSINTER_MAX_UPLOAD:
        raise Refused(413, f"At most {settings.COSINTER_MAX_UPLOAD} bytes are taken.")
    return length


def _whole_number(text: str | None, name: str) -> int:
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ValidationError({name: "A whole number of bytes is needed."})
    return int(text)


def _checksum(text: str | None) -> bytes | None:
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm != "sha256":
        raise ValidationError({"Upload-Checksum": f"{algorithm[:20]} is not offered; there is sha256."})
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValidationError({"Upload-Checksum": "The hash is not in Base64."}) from error
