"""REST of copies: a new record like another one, changed by what the request says, stored by the ordinary services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.access import may_edit_lab_wide
from custom.selectors import copied_values
from samples.models import CellLayer, ProcessInput, ProcessOutput, ThermalStep
from samples.selectors import OWN_FACTS, free_code, why_no_copy

if TYPE_CHECKING:
    from core.api import RecordViewSet

    _View = RecordViewSet
else:
    _View = object

_LISTS: dict[str, Any] = {"layers": CellLayer, "inputs": ProcessInput, "thermal_steps": ThermalStep}


class Copying(_View):
    """Adds copying to the views of samples, cells and processes."""

    @action(detail=True, methods=["post"], pagination_class=None)
    def copy(self, request: Request, **kwargs: Any) -> Response:
        """Stores a new record like this one: its recipe, none of what was weighed, read or dated on it.

        Fields that the request gives take the place of those that are copied. A code that is not given is the next
        free one.
        """
        original = self.get_object()
        if not may_edit_lab_wide(request.user):
            raise PermissionDenied("You are an editor of no project, so there is none that a copy could belong to.")
        if why := why_no_copy(original):
            raise ValidationError(why)
        if not isinstance(request.data, Mapping):
            raise ValidationError("Write an object with the fields that shall differ from the original.")
        with transaction.atomic():
            made = self._write_new({**self._like(original, request.data), **request.data})
        return self.answer(made, status.HTTP_201_CREATED)

    def _like(self, original: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a request for such a record would say."""
        serializer: Any = self.get_serializer(original)
        shown = serializer.data
        names = [name for name, field in serializer.fields.items() if not field.read_only]
        told = {
            name: shown[name] for name in names if name not in OWN_FACTS[type(original)] and shown[name] is not None
        }
        told["fields"] = copied_values(original)
        for name, model in _LISTS.items():
            if name in told:
                told[name] = [_without(row, OWN_FACTS[model]) for row in told[name]]
        if "code" in serializer.fields:
            told["code"] = free_code(original.project, original.code)
        if "outputs" in told:
            told["outputs"] = _like_outputs(original)
        told.pop("layers" if given.get("configuration") else "configuration", None)
        return told


def copies_of(serializer: type[Serializer[Any]]) -> Any:
    """Says in the schema what a copy takes and gives: any of the fields of such a record."""
    said = extend_schema(request=serializer(partial=True), responses={201: serializer})
    return extend_schema_view(copy=said)


def _without(row: Mapping[str, Any], left: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in left and name != "id" and value is not None}


def _like_outputs(process: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    output: ProcessOutput
    for output in process.outputs.select_related("sample__project"):
        code = free_code(output.sample.project, output.sample.code, taken=[row["code"] for row in rows])
        rows.append({"code": code, "kind": output.sample.kind, "role": output.role})
    return rows
