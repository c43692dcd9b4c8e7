"""What all REST views share: who sees what, strict parameters, versions as ETags, writes in one transaction.

Views stay thin: a viewset names its model, serializer, filters and services; the manner of answering is here.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, ClassVar

import orjson
from django.db import models, transaction
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import writing
from accounts.access import require_edit_lab_wide, require_write
from accounts.permissions import WithinScope
from core.api_history import Historical
from core.api_readers import Seen
from core.api_schema import ApiSchema
from core.api_withdrawal import Withdrawing, reason_of
from core.asked import meant
from core.bulk import Row, Targets, rows_of, write_all
from core.deprecation import Deprecation
from core.filters import as_uuid
from core.idempotency import Promise
from core.list_export import LIST_FORMATS, send_list
from core.listing import Listing
from core.pagination import CursorPages, NumberedPages
from core.problems import PreconditionFailed
from core.tabular import asked_format
from core.throttling import Allowance, count_request
from core.withdrawal import can_be_withdrawn, standing, with_withdrawal, withdrawn

FIELDS_PARAMETER = OpenApiParameter(
    "fields", str, description="Names of the fields to show, with commas between; all where it is missing."
)
IF_MATCH_PARAMETER = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description='The version the change was made on, as in `"3"`; 412 where the record has moved on.',
)
FORMAT_PARAMETER = OpenApiParameter(
    "format",
    str,
    enum=LIST_FORMATS,
    description="`csv`, `parquet` and `xlsx` send every row that the filters let through.",
)
IF_NONE_MATCH_PARAMETER = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of a list that you have; 304 where it is still so.",
)
_ENTITY_TAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')


def expected_version(request: Request) -> int | None:
    """The version that `If-Match` names, None where it names none.

    Raises:
        PreconditionFailed: It names something that is no version.
    """
    text = request.headers.get("If-Match", "*").strip()
    if text == "*":
        return None
    match = _ENTITY_TAG.fullmatch(text)
    if match is None:
        raise PreconditionFailed(f'If-Match: {text[:40]!r} is no version; write it as "3", or leave the header out.')
    return int(match[1])


class StrictParameters:
    """Refuses query parameters that a view does not know.

    Attributes:
        parameters: Further parameters by action.
        deprecations: What of it will go, by action.
    """

    schema: Any = ApiSchema()
    promise: Promise | None = None
    allowance: Allowance | None = None
    parameters: ClassVar[dict[str, tuple[str, ...]]] = {}
    deprecations: ClassVar[dict[str, Deprecation]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Runs before every action.

        Raises:
            ValidationError: A parameter is unknown; the message names those that exist.
        """
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        known = self.known_parameters()
        unknown = [name for name in request.query_params if name not in known]
        if unknown:
            raise ValidationError({name: f"No such parameter; {meant(name, sorted(known))}" for name in unknown})
        self.promise = Promise.of(request)

    def perform_authentication(self, request: Request) -> None:
        """Finds out who asks, and counts the request before anything is done for it.

        Raises:
            Throttled: There have been too many in this minute.
        """
        try:
            super().perform_authentication(request)  # type: ignore[misc]
        finally:
            self.allowance = count_request(request)

    def check_permissions(self, request: Request) -> None:
        """Also that the token's scopes cover it, whatever else a view asks for."""
        super().check_permissions(request)  # type: ignore[misc]
        WithinScope().has_permission(request, self)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Says how many requests are left and what will go, and keeps the answer where the request asked for that."""
        going = self.deprecations.get(getattr(self, "action", None) or "")
        for told in (self.allowance, going):
            for name, value in told.headers().items() if told is not None else ():
                response.headers[name] = value
        promise, self.promise = self.promise, None
        if promise is not None:
            promise.keep(response)
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]

    def known_parameters(self) -> set[str]:
        """Names that this action understands."""
        action = getattr(self, "action", None) or ""
        known = set(self.parameters.get(action, ()))
        if action == "list":
            filters = getattr(self, "filterset_class", None)
            known |= set(filters.base_filters) if filters else set()
            known |= {"page", "page_size"}
            known |= {"ordering"} if getattr(self, "ordering_fields", ()) else set()
            known |= {"format"} if getattr(self, "list_formats", ()) else set()
            known |= {"withdrawn"} if can_be_withdrawn(getattr(self.queryset, "model", None)) else set()  # type: ignore[attr-defined]
            known |= {"cursor", "fields"} if isinstance(self, VisibleRecords) else set()
        return known | ({"fields"} if action == "retrieve" and isinstance(self, VisibleRecords) else set())


@extend_schema_view(
    list=extend_schema(parameters=[FIELDS_PARAMETER, FORMAT_PARAMETER, IF_NONE_MATCH_PARAMETER]),
    retrieve=extend_schema(parameters=[FIELDS_PARAMETER]),
)
class VisibleRecords(Seen, StrictParameters, viewsets.ReadOnlyModelViewSet[Any]):
    """Lists and shows the records that a person may see.

    Attributes:
        slug_field: Name that an address may hold instead of the id, empty where there is none.
        listing: How the database writes the list, None where only the serializers can.
        list_formats: In which forms the list can be asked for.
    """

    queryset: Any = None
    pagination_class: Any = NumberedPages
    ordering_fields: Any = ("created_at", "updated_at")
    lookup_value_regex = "[0-9a-fA-F-]{32,36}"
    slug_field = ""
    listing: ClassVar[Listing | None] = None
    list_formats: ClassVar[tuple[str, ...]] = LIST_FORMATS

    @property
    def paginator(self) -> Any:
        """Numbered pages or those of a cursor, as the request asks; the view's own where it asks for neither."""
        if not hasattr(self, "_paginator"):
            self._paginator = self._asked_pages()
        return self._paginator

    def _asked_pages(self) -> Any:
        asked = self.request.query_params
        if {"page", "cursor"} <= set(asked):
            raise ValidationError({"cursor": "Ask for a page by its number or by a cursor, not by both."})
        if self.pagination_class is None or self.action != "list":
            return self.pagination_class() if self.pagination_class else None
        return CursorPages() if "cursor" in asked else NumberedPages() if "page" in asked else self.pagination_class()

    def get_queryset(self) -> Any:
        """What this person may see; everything starts here."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        rows = self.queryset.visible_to(self.request.user)
        if not can_be_withdrawn(self.queryset.model):
            return rows
        return with_withdrawal(self._asked_for(rows) if self.action == "list" else rows)

    def _asked_for(self, rows: Any) -> Any:
        """Without what was withdrawn, or nothing else where `?withdrawn=true` asks for it."""
        asked = self.request.query_params.get("withdrawn", "false")
        if asked not in ("true", "false"):
            raise ValidationError({"withdrawn": f"{asked[:20]!r} is neither true nor false."})
        return withdrawn(rows) if asked == "true" else standing(rows)

    def get_object(self) -> Any:
        """The record of the address.

        Raises:
            Http404: There is none, or this person may not see it.
        """
        key = str(self.kwargs[self.lookup_field])
        identifier = as_uuid(key)
        if identifier is None and not self.slug_field:
            raise Http404
        wanted: dict[str, Any] = {"pk": identifier} if identifier else {self.slug_field: key}
        record = self.get_queryset().filter(**wanted).first()
        if record is None:
            raise Http404
        return record

    def get_serializer_context(self) -> dict[str, Any]:
        """With the fields that are asked for."""
        context = super().get_serializer_context()
        request: Request | None = self.request
        names = request.query_params.get("fields") if request is not None and request.method == "GET" else None
        return {**context, "fields": [name.strip() for name in names.split(",")] if names else None}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """A page of records; 304 where the client has it already.

        `format=csv`, `parquet` and `xlsx` send all that the filters let through, not a page of it.
        """
        form = asked_format(request.query_params.get("format"), LIST_FORMATS)
        records = self.filter_queryset(self.get_queryset())
        if form != "json":
            return send_list(self, records, form)
        return answer_list(request, self.as_json(records))

    def as_json(self, records: Any) -> bytes:
        """The page that is asked for: written by the database where there is a listing, else by the serializers."""
        if self.listing is None or not self.takes_listing():
            page = self.paginate_queryset(records)
            data = self.get_serializer(page, many=True).data
            return bytes(JSONRenderer().render(self.get_paginated_response(data).data))
        paginator: Any = self.paginator
        page = paginator.page_of(records, self.request, self)
        rows = self.listing.rows(page, self.request, self.get_serializer_context()["fields"])
        frame = paginator.get_paginated_response(None).data
        del frame["results"]
        return b"".join([orjson.dumps(frame)[:-1], b',"results":', *rows, b"}"])

    def takes_listing(self) -> bool:
        """Whether the database can write what this request asks for."""
        return True

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One record with its version as ETag."""
        record = self.get_object()
        return Response(self.get_serializer(record).data, headers={"ETag": entity_tag(record)})


def answer_list(request: Request, body: bytes) -> HttpResponse:
    """A list with its hash as ETag; 304 without a body where the client names that hash."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [name.strip() for name in request.headers.get("If-None-Match", "").split(",")]
    if tag in known or tag.removeprefix("W/") in known:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


def entity_tag(record: Any) -> str:
    """The version as an ETag."""
    return f'"{getattr(record, "version", 1)}"'


@extend_schema_view(
    update=extend_schema(parameters=[IF_MATCH_PARAMETER]),
    partial_update=extend_schema(parameters=[IF_MATCH_PARAMETER]),
    destroy=extend_schema(parameters=[IF_MATCH_PARAMETER]),
    restore=extend_schema(parameters=[IF_MATCH_PARAMETER]),
)
class RecordViewSet(Historical, Withdrawing, VisibleRecords, viewsets.ModelViewSet[Any]):
    """Also creates, changes and deletes them; apps override `write_new` and `write_change` to call their services."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new record, or a list of them: 201, or nothing is stored."""
        if not hasattr(self.queryset.model, "project_lookup"):
            require_edit_lab_wide(request.user)
        if isinstance(request.data, list):
            return self.answer_many(write_all(rows_of(request.data), self._write_new, view=self), 201)
        with transaction.atomic():
            record = self._write_new(request.data)
        return self.answer(record, status.HTTP_201_CREATED)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes a record, if it is at the version that `If-Match` names."""
        record = self.get_object()
        version = expected_version(request)
        with transaction.atomic():
            changed = self._write_change(record, version, request.data, partial=bool(kwargs.get("partial")))
        return self.answer(changed)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Deletes a record that nothing rests on: 204. One with data is withdrawn, if a reason is given: 200."""
        record = self.get_object()
        stone = self.write_delete(record, expected_version(request))
        return self.answer(record) if stone else Response(status=status.HTTP_204_NO_CONTENT)

    def change_many(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Changes the records that a list of `{"id", "version", ...}` names: all of them or none.

        `version` is the one that the change was made on, and may be left out.
        """
        rows = rows_of(request.data)
        targets = Targets(self.get_queryset(), rows)

        def write(data: Any) -> Any:
            row = Row(data)
            return self._write_change(targets.take(row), row.version, row.changes, partial=True)

        return self.answer_many(write_all(rows, write, view=self))

    def delete_many(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Deletes the records that a list of `{"id", "version"}` names: all of them or none."""
        rows = rows_of(request.data)
        targets = Targets(self.get_queryset(), rows)

        def write(data: Any) -> None:
            row = Row(data)
            if row.changes:
                raise ValidationError(dict.fromkeys(row.changes, "To delete a record, give id and version only."))
            self.write_delete(targets.take(row), row.version)

        write_all(rows, write, view=self)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _write_new(self, data: Any) -> Any:
        serializer = self.get_serializer(data=data)
        serializer.is_valid(raise_exception=True)
        return self.write_new(serializer.validated_data)

    def _write_change(self, record: Any, version: int | None, data: Any, *, partial: bool) -> Any:
        require_write(self.request.user, record)
        serializer = self.get_serializer(record, data=data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return self.write_change(record, version, serializer.validated_data)

    def write_new(self, data: dict[str, Any]) -> Any:
        """Stores a new record with what the request says."""
        return writing.create(self.queryset.model(**data), actor=self.request.user)

    def write_change(self, record: Any, version: int | None, data: dict[str, Any]) -> Any:
        """Changes a record to what the request says."""
        return writing.change(record, actor=self.request.user, expected_version=version, **data)

    def write_delete(self, record: Any, version: int | None) -> Any:
        """Deletes a record that nothing rests on; withdraws another one where the request says why."""
        reason = reason_of(self.request)
        return writing.remove(record, actor=self.request.user, reason=reason, expected_version=version)

    def answer_many(self, records: list[Any], code: int = status.HTTP_200_OK) -> Response:
        """The records as they are now stored, in the order of the request."""
        stored = self.get_queryset().in_bulk([record.pk for record in records])
        return Response(self.get_serializer([stored[record.pk] for record in records], many=True).data, code)

    def answer(self, record: models.Model, code: int = status.HTTP_200_OK) -> Response:
        """The record as it is now stored."""
        stored = self.get_queryset().get(pk=record.pk)
        data = self.get_serializer(stored).data
        headers = {"ETag": entity_tag(stored)}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = data["url"]
        return Response(data, code, headers=headers)
