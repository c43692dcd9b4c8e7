"""REST of labels: the short address of a sample or cell and its QR code, for label printers of one's own."""

from __future__ import annotations

import io
from typing import ClassVar

import segno
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.addresses import public_address
from core.api import StrictParameters
from core.filters import as_uuid
from core.tabular import asked_format
from exchange.labels import short_code
from samples.models import Sample

_FORMS = {"svg": "image/svg+xml", "png": "image/png"}
_LABEL = inline_serializer(
    "Label",
    {
        "sample": serializers.UUIDField(),
        "code": serializers.CharField(help_text="What people call the sample."),
        "short": serializers.CharField(help_text="What stands in the address."),
        "address": serializers.URLField(),
    },
)


class LabelView(StrictParameters, APIView):
    """What goes on the label of a sample or cell."""

    action = "label"
    parameters: ClassVar[dict[str, tuple[str, ...]]] = {"label": ("format",)}

    @extend_schema(
        operation_id="labels_retrieve",
        parameters=[
            OpenApiParameter("key", OpenApiTypes.UUID, OpenApiParameter.PATH, description="Id of the sample or cell."),
            OpenApiParameter("format", str, enum=("json", *_FORMS)),
        ],
        responses={(200, "application/json"): _LABEL, **{(200, kind): OpenApiTypes.BINARY for kind in _FORMS.values()}},
    )
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """The short address; as `svg` or `png` the QR code of it."""
        form = asked_format(request.query_params.get("format"), ("json", *_FORMS))
        identifier = as_uuid(key)
        sample = Sample.objects.visible_to(request.user).filter(pk=identifier).first() if identifier else None
        if sample is None:
            raise Http404
        short = short_code(sample.pk)
        address = public_address(reverse("short", args=[short]), request)
        if form == "json":
            return Response({"sample": str(sample.pk), "code": sample.code, "short": short, "address": address})
        buffer = io.BytesIO()
        segno.make(address, error="m", micro=False).save(buffer, kind=form, scale=8, border=2)
        return HttpResponse(buffer.getvalue(), content_type=_FORMS[form])
