"""REST of documents: the Supporting Information of a project."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Project
from core.api import StrictParameters
from core.filters import as_uuid
from core.tabular import asked_format
from exchange.supporting import FORMS, as_json, supporting_information, write

_PANEL = inline_serializer(
    "SupportingPanel",
    {
        "letter": serializers.CharField(),
        "title": serializers.CharField(),
        "simulated": serializers.BooleanField(),
        "sample": serializers.DictField(child=serializers.CharField()),
        "measurement": serializers.UUIDField(),
        "run": serializers.UUIDField(),
        "kernel": serializers.DictField(child=serializers.CharField()),
        "files": serializers.ListField(child=serializers.DictField(child=serializers.CharField())),
    },
)
_FIGURE = inline_serializer(
    "SupportingFigure",
    {
        "label": serializers.CharField(),
        "title": serializers.CharField(),
        "panels": _PANEL.__class__(many=True),
        "missing": serializers.ListField(
            child=serializers.CharField(), help_text="What could not be drawn, each with the reason."
        ),
    },
)
_DOCUMENT = inline_serializer(
    "SupportingInformation",
    {
        "title": serializers.CharField(),
        "project": serializers.CharField(),
        "date": serializers.DateField(),
        "tables": serializers.ListField(child=serializers.DictField(child=serializers.CharField())),
        "figures": _FIGURE.__class__(many=True),
    },
)


class SupportingInformationView(StrictParameters, APIView):
    """The Supporting Information of a project: tables and figures drawn anew from the database, with their sources."""

    action = "document"
    parameters: ClassVar[dict[str, tuple[str, ...]]] = {"document": ("format",)}

    @extend_schema(
        operation_id="projects_supporting_information",
        parameters=[
            OpenApiParameter("key", str, OpenApiParameter.PATH, description="Id or short name of the project."),
            OpenApiParameter("format", str, enum=("json", *FORMS), description="`zip` holds all of the others."),
        ],
        responses={
            (200, "application/json"): _DOCUMENT,
            **{(200, form.media_type.partition(";")[0]): OpenApiTypes.BINARY for form in FORMS.values()},
        },
    )
    def get(self, request: Request, key: str) -> HttpResponseBase:
        """JSON names tables, figures and sources; `html`, `latex` and `zip` are the document."""
        form = asked_format(request.query_params.get("format"), ("json", *FORMS))
        document = supporting_information(_project(key, request.user), request.user)
        today = timezone.now().date()
        if form == "json":
            return Response(as_json(document, today))
        name, content = write(document, form, today)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=FORMS[form].media_type, headers=headers)


def _project(key: str, user: Any) -> Project:
    identifier = as_uuid(key)
    wanted = Q(pk=identifier) if identifier else Q(slug=key)
    found: Project | None = Project.objects.visible_to(user).filter(wanted).first()
    if found is None:
        raise Http404
    return found
