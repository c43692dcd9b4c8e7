"""What the OpenAPI document says beyond the serializers: lists of records in one request, and what all requests share.

drf-spectacular describes each view by itself; the hook here adds what holds for many of them, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema

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
_KEY_AND_VERSION: Final = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "minimum": 1, "description": "The one the change was made on."},
    },
}


class ApiSchema(AutoSchema):
    """Names the operations on many records apart from those on one."""

    def get_operation_id(self) -> str:
        """`samples_change_many`, or what it would be without."""
        action = getattr(self.view, "action", None)
        return f"{'_'.join(self._path_words())}_{action}" if action in _MANY else super().get_operation_id()

    def _path_words(self) -> list[str]:
        return [word.replace("-", "_") for word in self._tokenize_path()]


def describe(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: FBT001
    """Adds to the document what holds for many operations; drf-spectacular calls it last."""
    del generator, request, public
    result["components"]["schemas"]["Problem"] = _PROBLEM
    for operations in result["paths"].values():
        if "_change_many" in operations.get("patch", {}).get("operationId", ""):
            _describe_many(operations)
        for operation in _operations(operations):
            operation["responses"].setdefault("default", _problem_response())
    return result


def _operations(operations: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for operation in operations.values() if isinstance(operation, dict) and "responses" in operation)


def _problem_response() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": "What is wrong, in words (RFC 9457).", "content": content}


def _describe_many(operations: dict[str, Any]) -> None:
    """`POST` takes one record or a list; `PATCH` and `DELETE` take a list."""
    for content in (operations["post"]["requestBody"], operations["post"]["responses"]["201"]):
        one = content["content"]["application/json"]["schema"]
        content["content"]["application/json"]["schema"] = {"oneOf": [one, _list_of(one)]}
    changes = operations["patch"]["requestBody"]["content"]["application/json"]
    shown = operations["patch"]["responses"]["200"]["content"]["application/json"]
    changes["schema"] = _list_of({"allOf": [changes["schema"], _KEY_AND_VERSION]})
    operations["patch"]["requestBody"]["required"] = True
    shown["schema"] = _list_of(shown["schema"])
    body = {"application/json": {"schema": _list_of(_KEY_AND_VERSION)}}
    operations["delete"]["requestBody"] = {"content": body, "required": True}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema, "minItems": 1, "maxItems": MAX_ROWS}
