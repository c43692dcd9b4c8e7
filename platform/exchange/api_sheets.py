"""REST of spreadsheets that come back: brought, checked row by row, mended, applied all or nothing, undone."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import ProjectField
from core.api import StrictParameters
from core.api_lists import TabledList
from core.asked import AskedSerializer, OfferedField
from core.pagination import NumberedPages
from core.serializers import AddressField
from exchange.models import SheetImport
from exchange.spreadsheets.checking import Report, RowReport, UnknownColumns, check
from exchange.spreadsheets.kinds import KINDS
from exchange.spreadsheets.reading import SheetRefused
from exchange.spreadsheets.services import WrongSheet, apply_sheet, bring_sheet, mend_sheet, undo_sheet

_ROW = inline_serializer(
    "SheetRow",
    {
        "line": serializers.IntegerField(help_text="In the spreadsheet; headings stand in line 1."),
        "does": serializers.ChoiceField(choices=["new", "change", "same", "wrong"]),
        "label": serializers.CharField(),
        "changes": serializers.ListField(child=serializers.DictField(child=serializers.CharField())),
        "errors": serializers.DictField(child=serializers.ListField(child=serializers.CharField())),
    },
)
_REPORT = inline_serializer(
    "SheetReport",
    {
        "right": serializers.BooleanField(help_text="Whether it can be applied."),
        "ignored": serializers.ListField(child=serializers.CharField(), help_text="Columns that are not written."),
        "rows": _ROW.__class__(many=True),
    },
)


class BringSheetSerializer(AskedSerializer):
    """A spreadsheet with rows of one kind."""

    file = serializers.FileField()
    kind = OfferedField(choices=sorted(KINDS))
    project = ProjectField(required=False, allow_null=True, help_text="Of new records whose row names none.")


class SheetCellSerializer(AskedSerializer):
    """Another text for a cell."""

    line = serializers.IntegerField(min_value=2, max_value=10**6)
    column = serializers.CharField(max_length=200)
    value = serializers.CharField(allow_blank=True, max_length=10_000)


class MendSerializer(AskedSerializer):
    """Cells with other texts."""

    cells = SheetCellSerializer(many=True, allow_empty=False)


class SheetSerializer(serializers.ModelSerializer[SheetImport]):
    """A spreadsheet: what it was called, how far it is, and what was written."""

    url = AddressField("spreadsheet")
    project = ProjectField(read_only=True, allow_null=True)
    report = serializers.SerializerMethodField()

    class Meta:
        model = SheetImport
        fields = (
            "id",
            "url",
            "created_at",
            "updated_at",
            "version",
            "kind",
            "name",
            "project",
            "state",
            "columns",
            "written",
            "report",
        )

    @extend_schema_field(_REPORT.__class__(allow_null=True))
    def get_report(self, sheet: SheetImport) -> dict[str, Any] | None:
        """What applying it would do; null in lists, and once it is applied."""
        view = self.context.get("view")
        if sheet.state != SheetImport.State.OPEN or getattr(view, "action", "") == "list":
            return None
        return as_json(check(sheet, self.context["request"].user))


class SheetViewSet(StrictParameters, TabledList, mixins.RetrieveModelMixin, viewsets.GenericViewSet[SheetImport]):
    """Spreadsheets to import. One's own only. Lists send such a spreadsheet with `?format=xlsx`."""

    queryset = SheetImport.objects.all()
    serializer_class = SheetSerializer
    pagination_class = NumberedPages
    parser_classes = [MultiPartParser, FormParser, JSONParser]
    lookup_value_regex = "[0-9a-fA-F-]{36}"
    ordering_fields = ("created_at", "name")

    def get_queryset(self) -> Any:
        """One's own."""
        if getattr(self, "swagger_fake_view", False):
            return SheetImport.objects.none()
        return SheetImport.objects.visible_to(self.request.user).select_related("project")

    @extend_schema(request={"multipart/form-data": BringSheetSerializer}, responses={201: SheetSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Takes a spreadsheet and answers what it would do. Nothing is written yet."""
        asked = BringSheetSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        file, kind, project = (asked.validated_data.get(name) for name in ("file", "kind", "project"))
        try:
            with transaction.atomic():
                sheet = bring_sheet(
                    actor=request.user, kind=kind, name=file.name, chunks=file.chunks(), project=project
                )
        except (SheetRefused, UnknownColumns) as error:
            raise ValidationError({"file": str(error)}) from error
        return self._answer(sheet, status.HTTP_201_CREATED)

    @extend_schema(request=MendSerializer, responses=SheetSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def mend(self, request: Request, **kwargs: Any) -> Response:
        """Puts other texts into cells and answers what it would do now."""
        sheet = self.get_object()
        asked = MendSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        cells = {(cell["line"], cell["column"]): cell["value"] for cell in asked.validated_data["cells"]}
        return self._answer(mend_sheet(sheet, actor=request.user, cells=cells))

    @extend_schema(request=None, responses=SheetSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def apply(self, request: Request, **kwargs: Any) -> Response:
        """Writes all rows; where one is wrong, none, and each wrong row is named."""
        try:
            return self._answer(apply_sheet(self.get_object(), actor=request.user))
        except WrongSheet as error:
            raise ValidationError(
                {f"{row.line}.{heading}": said for row in error.report.rows for heading, said in row.errors.items()}
            ) from error

    @extend_schema(request=None, responses=SheetSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def undo(self, request: Request, **kwargs: Any) -> Response:
        """Takes an import back by new changes; where a record was changed since, none, and each is named."""
        return self._answer(undo_sheet(self.get_object(), actor=request.user))

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, filters=False)
    @action(detail=False, pagination_class=None)
    def kinds(self, request: Request, **kwargs: Any) -> Response:
        """What rows can be."""
        return Response({key: kind.label for key, kind in KINDS.items()})

    def _answer(self, sheet: SheetImport, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(sheet).data, status=code)


def as_json(report: Report) -> dict[str, Any]:
    """A report as the API shows it."""
    return {"right": report.is_right, "ignored": report.ignored, "rows": [_row(row) for row in report.rows]}


def _row(row: RowReport) -> dict[str, Any]:
    return {
        "line": row.line,
        "does": row.does,
        "label": row.label,
        "changes": [{"column": column, "from": before, "to": after} for column, before, after in row.changes],
        "errors": row.errors,
    }
