"""REST of runs, results, and what the server knows: kernels, file formats, quantities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analysis_tasks.filters import ResultFilters, RunFilters
from analysis_tasks.kernels import KERNELS
from analysis_tasks.listings import RESULTS, RUNS
from analysis_tasks.models import AnalysisRun, Result
from analysis_tasks.serializers import (
    FormatSerializer,
    KernelSerializer,
    QuantitySerializer,
    RerunSerializer,
    ResultSerializer,
    RunDetailSerializer,
    RunReasonSerializer,
    RunSerializer,
)
from analysis_tasks.services import cancel_run, rerun, retry_run
from core import tabular
from core.api import StrictParameters, VisibleRecords
from core.api_lists import TabledList
from core.pagination import CursorPages, NumberedPages
from core.quantities import QUANTITIES
from measurements import bdf_export
from measurements.readers import READERS
from measurements.store import load_table

_RESULTS = Result.objects.select_related("subject", "measurement__sample", "run__release", "publication", "person")


class RunViewSet(VisibleRecords):
    """Analysis runs: they start by themselves when a file has been read, and can be repeated."""

    queryset = AnalysisRun.objects.select_related("release", "measurement__sample", "subject").prefetch_related(
        "context", "current_in"
    )
    serializer_class = RunSerializer
    listing = RUNS
    filterset_class = RunFilters
    ordering_fields = ("queued_at", "finished_at", "state")
    parameters = {"table": ("format",)}

    def get_serializer_class(self) -> Any:
        """All of it for one run, a line for many."""
        return RunSerializer if self.action == "list" else RunDetailSerializer

    def get_queryset(self) -> Any:
        """With inputs and outputs where they are shown."""
        runs = super().get_queryset()
        return runs if self.action == "list" else runs.prefetch_related("inputs", "sources", "artifacts")

    @extend_schema(request=RerunSerializer, responses={200: RunDetailSerializer, 201: RunDetailSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def rerun(self, request: Request, **kwargs: Any) -> Response:
        """Computes again: with other parameters a new run, with the same ones a run that verifies this one.

        201 with the new run, 200 where the same work waits or has been done already.
        """
        run = self.get_object()
        asked = RerunSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        again, created = rerun(run, actor=request.user, parameters=asked.validated_data.get("parameters"))
        return self._answer(again, created=created)

    @extend_schema(request=RunReasonSerializer, responses={200: RunDetailSerializer, 201: RunDetailSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def retry(self, request: Request, **kwargs: Any) -> Response:
        """Computes again what failed or was cancelled, as a new run: 201, or 200 where the same work waits already."""
        again, created = retry_run(self.get_object(), actor=request.user, reason=self._reason(request))
        return self._answer(again, created=created)

    @extend_schema(request=RunReasonSerializer, responses={200: RunDetailSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Ends a run that waits or computes; the computation stops within seconds and nothing of it is kept."""
        cancelled = cancel_run(self.get_object(), actor=request.user, reason=self._reason(request))
        return self._answer(cancelled, created=False)

    def _reason(self, request: Request) -> str:
        asked = RunReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        reason: str = asked.validated_data.get("reason", "")
        return reason

    def _answer(self, run: AnalysisRun, *, created: bool) -> Response:
        data = self.get_serializer(self.get_queryset().get(pk=run.pk)).data
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(data, status=code, headers={"Location": data["url"]})

    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=bdf_export.FORMATS),
            OpenApiParameter("name", str, OpenApiParameter.PATH, description="Name of a table, such as `cycles`."),
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
            (200, "application/vnd.apache.arrow.file"): OpenApiTypes.BINARY,
        },
        filters=False,
    )
    @action(detail=True, pagination_class=None, url_path="tables/(?P<name>[A-Za-z0-9_.-]+)")
    def table(self, request: Request, name: str, **kwargs: Any) -> HttpResponseBase:
        """A table that the run gave."""
        form = tabular.asked_format(request.query_params.get("format"), bdf_export.FORMATS)
        run = self.get_object()
        artifact = run.artifacts.select_related("blob").filter(name=name).first()
        if artifact is None:
            there = ", ".join(run.artifacts.values_list("name", flat=True)) or "none"
            raise NotFound(f"This run has no table {name}; there are {there}.")
        table = load_table(artifact.blob)
        return bdf_export.send(table, form, name=f"{run.release.name}-{name}", extra={"total_rows": len(table)})


class ResultViewSet(VisibleRecords):
    """Numbers: computed, reported or entered, in the unit asked for, each with its origin."""

    queryset = _RESULTS
    serializer_class = ResultSerializer
    listing = RESULTS
    filterset_class = ResultFilters
    pagination_class = CursorPages
    ordering_fields = ("created_at", "value", "quantity")
    ordering = ("-created_at",)
    parameters = {"retrieve": ("unit",)}

    def takes_listing(self) -> bool:
        """Numbers are converted in Python."""
        return not self.request.query_params.get("unit")

    def get_serializer_context(self) -> dict[str, Any]:
        """With the unit asked for, which the filters have checked."""
        context = super().get_serializer_context()
        request: Request | None = self.request
        unit = request.query_params.get("unit") if request is not None and self.action == "list" else None
        return {**context, "unit": unit}


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("search", str, description="Words that occur in key or label.")])
)
class _Registered(StrictParameters, TabledList, viewsets.GenericViewSet[Any]):
    """Members of a registry: the same for everybody who is signed in."""

    pagination_class = NumberedPages
    filter_backends: list[Any] = []
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    parameters = {"list": ("search",)}

    def members(self) -> Iterable[Any]:
        """All of them."""
        raise NotImplementedError

    def listed(self) -> Any:
        """All of them, or those in which each word occurs."""
        words = self.request.query_params.get("search", "").casefold().split()
        return [entry for entry in self.members() if all(word in self._text(entry) for word in words)]

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """One of them."""
        del request
        wanted = kwargs[self.lookup_field]
        for entry in self.members():
            if getattr(entry, self.lookup_field) == wanted:
                return Response(self.get_serializer(entry).data)
        raise Http404

    def _text(self, entry: Any) -> str:
        return f"{getattr(entry, self.lookup_field)} {entry.label}".casefold()


class KernelViewSet(_Registered):
    """Kernels: the analyses that this server runs."""

    serializer_class = KernelSerializer

    def members(self) -> Iterable[Any]:
        """The registry's."""
        return KERNELS


class FormatViewSet(_Registered):
    """File formats that this server reads."""

    serializer_class = FormatSerializer

    def members(self) -> Iterable[Any]:
        """The registry's."""
        return READERS


class QuantityViewSet(_Registered):
    """Quantities that this server knows, with their units."""

    serializer_class = QuantitySerializer
    lookup_field = "key"

    def members(self) -> Iterable[Any]:
        """The registry's."""
        return QUANTITIES.values()
