"""What the OpenAPI document says about the fields of this house: quantities, references, shares and addresses.

drf-spectacular finds these classes once they are imported, which the app's configuration does.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import build_object_type

from core.quantities import quantity
from core.serializers import AddressField, FractionField, QuantityValueField, ReferenceField


class QuantityValueSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """OpenAPI of a quantity: an object in answers; a text, a number or an object in requests."""

    target_class = QuantityValueField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema."""
        del auto_schema
        shape = build_object_type(
            properties={
                "value": {"type": ["number", "null"]},
                "unit": {"type": "string"},
                "text": {"type": "string"},
            },
            required=["value", "unit", "text"] if direction == "response" else None,
        )
        unit = quantity(self.target.quantity_key).unit
        if direction == "response":
            return {**shape, "description": f"In {unit}."}
        return {
            "oneOf": [{"type": "string"}, {"type": "number"}, shape],
            "description": f"A text with any fitting unit, a number in {unit}, or an object.",
        }


class ReferenceSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """OpenAPI of a reference: an object in answers; an id, a name or an object in requests."""

    target_class = ReferenceField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema."""
        del auto_schema
        shape = build_object_type(
            properties={
                "id": {"type": "string", "format": "uuid"},
                "url": {"type": "string", "format": "uri"},
                "label": {"type": "string"},
            },
            required=["id", "url", "label"] if direction == "response" else ["id"],
        )
        return dict(shape) if direction == "response" else {"oneOf": [{"type": "string"}, shape]}


class FractionSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """OpenAPI of a share."""

    target_class = FractionField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema."""
        del auto_schema
        return {"type": "number"} if direction == "response" else {"oneOf": [{"type": "number"}, {"type": "string"}]}


class AddressSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """OpenAPI of an address."""

    target_class = AddressField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema."""
        del auto_schema, direction
        return {"type": "string", "format": "uri"}
