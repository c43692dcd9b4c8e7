"""What the OpenAPI document says beyond the serializers: lists of records in one request, and what all requests share.

drf-spectacular describes what a view's serializers say; this adds what the views' base classes do.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from core.bulk import MAX_ROWS

_MANY: Final = ("change_many", "delete_many")
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what would be right."},
        "errors": {
            "type": "object",
            "description": "By field, with dotted paths; of many records each path begins with the row.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "rows": {
            "type": "array",
            "description": "Of many records: each row that is wrong, counted from 0.",
            "items": {"type": "object", "required": ["row", "status", "detail"]},
        },
    },
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "A text of your own, new for each thing to do: sent again within 24 h, nothing is done twice.",
}
_PAGES: Final = (
    {
        "name": "page",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1},
        "description": "A page by its number, with the total count.",
    },
    {
        "name": "cursor",
        "in": "query",
        "schema": {"type": "string"},
        "description": "Empty to begin; then follow `next`. Nothing is skipped or shown twice; there is no count.",
    },
)
_KEY_AND_VERSION: Final = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "minimum": 1, "description": "The one the change was made on."},
    },
}


class ApiSchema(AutoSchema):
    """Describes what the base classes of the API add to every view."""

    def get_operation_id(self) -> str:
        """`samples_change_many`, or what it would be without."""
        words = [word.replace("-", "_") for word in self._tokenize_path()]
        return f"{'_'.join(words)}_{self._action}" if self._action in _MANY else super().get_operation_id()

    def is_deprecated(self) -> bool:
        """Whether the view says that this action will go."""
        return self._action in getattr(self.view, "deprecations", {})

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """With lists of records where they are taken, and the shape of problems."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        shape: Any = ResolvedComponent(  # type: ignore[no-untyped-call]
            "Problem", ResolvedComponent.SCHEMA, object="Problem", schema=_PROBLEM
        )
        self.registry.register_on_missing(shape)
        content = {"application/problem+json": {"schema": shape.ref}}
        operation["responses"].setdefault("default", {"description": "What is wrong (RFC 9457).", "content": content})
        if self.method == "POST" and operation.get("security") != [{}]:
            operation["parameters"] = [*operation.get("parameters", []), _IDEMPOTENCY_KEY]
        if self._action == "list" and hasattr(self.view, "listing"):
            _both_kinds_of_pages(operation)
        describe = {"create": _one_or_many, "change_many": _change_many, "delete_many": _delete_many}.get(self._action)
        if describe is not None and hasattr(self.view, "change_many"):
            describe(operation)
        return operation

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or ""


def _both_kinds_of_pages(operation: dict[str, Any]) -> None:
    known = {parameter["name"] for parameter in operation["parameters"]}
    operation["parameters"] += [parameter for parameter in _PAGES if parameter["name"] not in known]


def _one_or_many(operation: dict[str, Any]) -> None:
    if "application/json" not in operation["requestBody"]["content"]:
        return  # files come one by one
    for described in (operation["requestBody"], operation["responses"]["201"]):
        content = described["content"]["application/json"]
        content["schema"] = {"oneOf": [content["schema"], _list_of(content["schema"])]}


def _change_many(operation: dict[str, Any]) -> None:
    changes = operation["requestBody"]["content"]["application/json"]
    shown = operation["responses"]["200"]["content"]["application/json"]
    changes["schema"] = _list_of({"allOf": [changes["schema"], _KEY_AND_VERSION]})
    shown["schema"] = _list_of(shown["schema"])
    operation["requestBody"]["required"] = True


def _delete_many(operation: dict[str, Any]) -> None:
    body = {"application/json": {"schema": _list_of(_KEY_AND_VERSION)}}
    operation["requestBody"] = {"content": body, "required": True}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema, "minItems": 1, "maxItems": MAX_ROWS}
