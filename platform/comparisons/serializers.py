"""JSON of comparisons, their rows and the filled table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request

from accounts.serializers import ProjectField
from comparisons.column_text import LONGEST
from comparisons.columns import FIRST_COLUMNS
from comparisons.models import Comparison, ComparisonRow
from comparisons.table import ComparisonTable, Origin, TableCell, TableRow
from core.asked import AskedSerializer
from core.serializers import RECORD_FIELDS, RecordSerializer, ReferenceField, address, may_see
from measurements.serializers import CellTestField, MeasurementField
from samples.serializers import CellField, SampleField

_ROUTES = {
    "analysis_tasks.analysisrun": "run",
    "analysis_tasks.result": "result",
    "measurements.celltest": "measurement",
    "samples.process": "process",
    "measurements.measurement": "measurement",
    "samples.cell": "cell",
    "samples.material": "material",
    "samples.publication": "publication",
    "samples.sample": "sample",
}


class ComparisonField(ReferenceField):
    """A comparison, by id or slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Comparison.objects.all, "comparison", "slug", **kwargs)


class NewRowSerializer(AskedSerializer):
    """A row to add: a cell, with the test its numbers come from where one is chosen, a sample or a measurement."""

    cell = CellField(required=False)
    sample = SampleField(required=False)
    measurement = MeasurementField(required=False)
    test = CellTestField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True)


class RowSerializer(serializers.ModelSerializer[ComparisonRow]):
    """A row: of a cell, a sample or a measurement, whichever the comparison is about."""

    cell = CellField(read_only=True, allow_null=True)
    sample = SampleField(source="subject", read_only=True)
    measurement = MeasurementField(read_only=True, allow_null=True)
    test = MeasurementField(source="measurement", read_only=True, allow_null=True)

    class Meta:
        model = ComparisonRow
        fields = ("id", "position", "cell", "sample", "measurement", "test", "emphasised", "note")
        read_only_fields = fields


_OWN = ("slug", "project", "title", "caption", "about", "columns", "state", "rows", "table", "copy_of")


class ComparisonSerializer(RecordSerializer):
    """A table of cells, samples or measurements by quantities; the numbers are at `table`."""

    route = "comparison"
    url_key = "slug"
    project = ProjectField(required=False)
    title = serializers.CharField(max_length=300, required=False)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST),
        required=False,
        max_length=100,
        help_text="Texts of columns: quantities, fields of records, near and far. If left out: "
        + "; ".join(f"of {about} {', '.join(columns)}" for about, columns in FIRST_COLUMNS.items()),
    )
    state = serializers.DictField(
        required=False, help_text="How it is looked at: `q`, `sort`, `group` ... as in the address of `table`."
    )
    rows = serializers.SerializerMethodField()
    table = serializers.SerializerMethodField()
    copy_of = ComparisonField(required=False, write_only=True, help_text="Start as a copy of this one.")

    class Meta:
        model = Comparison
        fields = (*RECORD_FIELDS, *_OWN)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A comparison that is no copy needs a project and a title."""
        if self.instance is None and "copy_of" not in attrs:
            missing = [name for name in ("project", "title") if not attrs.get(name)]
            if missing:
                raise serializers.ValidationError(dict.fromkeys(missing, "This field is required."))
        if self.instance is not None and "copy_of" in attrs:
            raise serializers.ValidationError({"copy_of": "Only a new comparison can be a copy."})
        return attrs

    def get_rows(self, comparison: Comparison) -> list[dict[str, Any]]:
        """Rows that people chose, of records that one may see; what the query finds stands in the table."""
        request = self.context.get("request")
        visible = [row for row in comparison.rows.all() if may_see(request, row.subject)]
        return list(RowSerializer(visible, many=True, context=self.context).data)

    def get_table(self, comparison: Comparison) -> str:
        """Where its numbers are."""
        return f"{address(self.context.get('request'), 'comparison', comparison.slug)}table/"


class CopySerializer(AskedSerializer):
    """What a copy shall be called and where it shall be."""

    slug = serializers.SlugField(max_length=60)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    project = ProjectField(required=False)


class TableOriginSerializer(serializers.Serializer[Any]):
    """Where a number or a text comes from."""

    kind = serializers.ChoiceField(choices=["run", "publication", "record", "manual"])
    url = serializers.URLField()
    label = serializers.CharField()  # type: ignore[assignment]
    simulated = serializers.BooleanField()


class TableCellSerializer(serializers.Serializer[Any]):
    """One cell of the table."""

    value = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    text = serializers.CharField()
    origin = TableOriginSerializer(allow_null=True)
    note = serializers.CharField()
    deviation = serializers.FloatField(required=False, help_text="From the baseline's number, where there is one.")
    parts = TableOriginSerializer(many=True, required=False, help_text="Origins of all values behind a group's.")


class TableColumnSerializer(serializers.Serializer[Any]):
    """A column."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()


class TableRowSerializer(serializers.Serializer[Any]):
    """A row."""

    id = serializers.UUIDField(
        allow_null=True, help_text="Of the saved row; null of a group, and of what the query found."
    )
    key = serializers.CharField(help_text="Its name in `rows`, `pin` and `baseline`.")
    cell = serializers.UUIDField(allow_null=True, help_text="Null where the rows are no cells, and of a group.")
    sample = serializers.UUIDField(allow_null=True, help_text="Of the cell or other sample; null of a group.")
    measurement = serializers.UUIDField(allow_null=True, help_text="That was chosen for the row.")
    by_query = serializers.BooleanField(help_text="The query of the view found it.")
    code = serializers.CharField()
    url = serializers.URLField(allow_null=True)
    group = serializers.CharField()
    members = serializers.ListField(child=serializers.CharField(), help_text="Codes of the rows of a group.")
    note = serializers.CharField()
    pinned = serializers.BooleanField()
    cells = serializers.DictField(child=TableCellSerializer())
    simulated = serializers.BooleanField()
    emphasised = serializers.BooleanField()
    warnings = serializers.ListField(child=serializers.CharField())


class ComparisonTableSerializer(serializers.Serializer[Any]):
    """The filled table."""

    title = serializers.CharField()
    caption = serializers.CharField()
    columns = TableColumnSerializer(many=True)
    rows = TableRowSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    baseline = serializers.CharField(help_text="Code of the row that the others are held against.")
    about = serializers.ChoiceField(choices=Comparison.About.choices, help_text="What its rows are.")


def table_as_json(table: ComparisonTable, request: Request | None) -> dict[str, Any]:
    """The filled table as JSON, each origin with its address."""
    return {
        "title": table.title,
        "caption": table.caption,
        "columns": [{"key": c.key, "label": c.label, "unit": c.unit} for c in table.columns],
        "rows": [
            {
                "id": row.row_id and str(row.row_id),
                "key": row.key,
                "cell": _text(row.subject_id) if table.about == Comparison.About.CELLS else None,
                "sample": _text(row.subject_id),
                "measurement": _text(row.measurement_id),
                "by_query": row.by_query,
                "code": row.code,
                "url": _address_of(row, table.about, request),
                "group": row.group,
                "members": list(row.members),
                "note": row.note,
                "pinned": row.pinned,
                "cells": {key: cell_as_json(cell, request) for key, cell in row.cells.items()},
                "simulated": row.simulated,
                "emphasised": row.emphasised,
                "warnings": list(row.warnings),
            }
            for row in table.rows
        ],
        "warnings": list(table.warnings),
        "baseline": table.baseline,
        "about": table.about,
    }


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def _address_of(row: TableRow, about: str, request: Request | None) -> str | None:
    key = row.measurement_id if about == Comparison.About.MEASUREMENTS else row.subject_id
    return address(request, about.removesuffix("s"), key) if key is not None else None


def cell_as_json(cell: TableCell, request: Request | None) -> dict[str, Any]:
    """One cell, its origin with its address."""
    told: dict[str, Any] = {
        "value": cell.value,
        "unit": cell.unit,
        "text": cell.text,
        "origin": _origin(cell.origin, request) if cell.origin else None,
        "note": cell.note,
    }
    if cell.deviation is not None:
        told["deviation"] = cell.deviation
    if cell.parts:
        told["parts"] = [_origin(part, request) for part in cell.parts]
    return told


def _origin(origin: Origin, request: Request | None) -> dict[str, Any]:
    return {
        "kind": origin.kind,
        "url": address(request, _ROUTES[origin.model], origin.id),
        "label": origin.label,
        "simulated": origin.simulated,
    }
