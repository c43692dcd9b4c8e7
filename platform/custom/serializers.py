"""JSON of tags and project fields: `tags` is a list of words, `fields` an object with a value for each key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from accounts.serializers import ProjectField as ProjectReference
from core.serializers import RECORD_FIELDS, RecordSerializer
from custom.models import ProjectField
from custom.services import merged

CUSTOM_FIELDS = ("tags", "fields")


class TagsField(serializers.ListField):
    """Words; a list that is given replaces the one that is stored."""

    is_stored_as_shown = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"child": serializers.CharField(max_length=50), "required": False, **kwargs})


class ValuesField(serializers.Field[Any, Any, Any, Any]):
    """Values by key. What is given is added to what is stored; null takes a value away."""

    is_stored_as_shown = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})

    def to_representation(self, value: Any) -> Any:
        """As it is stored."""
        return value

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The stored values with those that are given; whether they fit is decided by the record."""
        if not isinstance(data, dict) or len(data) > 200:
            raise serializers.ValidationError('Write an object with a value for each key, such as {"humidity": "3 %"}.')
        return merged(getattr(self.parent, "instance", None), data)

    def export_columns(self, name: str) -> list[tuple[str, pa.DataType, Callable[[dict[str, Any]], Any], str]]:
        """Columns of an export: of each field the value, of a number also unit and text as entered."""
        user = self.context["request"].user
        defined = ProjectField.objects.visible_to(user).filter(on__in=_kinds_of(self.parent))
        kinds: dict[str, set[str]] = {}
        for key, kind in defined.order_by("key").values_list("key", "kind"):
            kinds.setdefault(key, set()).add(kind)
        found = []
        for key, of in kinds.items():
            numbers = of == {ProjectField.Kind.NUMBER}
            found.append((key, pa.float64() if numbers else pa.string(), _value_of(name, key, numbers=numbers), ""))
            if ProjectField.Kind.NUMBER in of:
                found.append((f"{key}_unit", pa.string(), _member_of(name, key, "unit"), ""))
                found.append((f"{key}_text", pa.string(), _member_of(name, key, "text"), ""))
        return found


def _kinds_of(serializer: Any) -> list[str]:
    name = str(serializer.Meta.model._meta.model_name)
    return {"sample": ["sample", "cell"], "celltest": ["measurement"]}.get(name, [name])


def _value_of(name: str, key: str, *, numbers: bool) -> Callable[[dict[str, Any]], Any]:
    def value(row: dict[str, Any]) -> Any:
        found = row[name].get(key)
        if isinstance(found, dict):
            return found["value"] if numbers else found["text"]
        if isinstance(found, bool):
            return "yes" if found else "no"
        return found

    return value


def _member_of(name: str, key: str, member: str) -> Callable[[dict[str, Any]], Any]:
    def value(row: dict[str, Any]) -> Any:
        found = row[name].get(key)
        return found[member] if isinstance(found, dict) else None

    return value


class CustomSerializer(RecordSerializer):
    """Base of records with tags and project fields; subclasses name `CUSTOM_FIELDS` among theirs."""

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Tags and values have fields of their own. A field named `fields` cannot be declared on a serializer."""
        if field_name == "tags":
            return TagsField, {}
        if field_name == "fields":
            return ValuesField, {}
        return super().build_standard_field(field_name, model_field)


class ProjectFieldSerializer(RecordSerializer):
    """A field that a project keeps of its records."""

    route = "project-field"
    project = ProjectReference()
    choices = serializers.ListField(child=serializers.CharField(max_length=80), required=False)

    class Meta:
        model = ProjectField
        fields = (
            *RECORD_FIELDS,
            "project",
            "on",
            "key",
            "label",
            "kind",
            "quantity",
            "unit",
            "choices",
            "description",
            "required",
            "order",
            "retired",
        )


class ValuesSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """OpenAPI of values by key."""

    target_class = ValuesField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema."""
        del auto_schema
        number = {
            "type": "object",
            "properties": {
                "value": {"type": ["number", "null"]},
                "unit": {"type": "string"},
                "text": {"type": "string"},
            },
        }
        plain = [{"type": "string"}, {"type": "boolean"}, number]
        values = plain if direction == "response" else [*plain, {"type": "number"}, {"type": "null"}]
        return {"type": "object", "additionalProperties": {"anyOf": values}}
