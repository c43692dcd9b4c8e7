"""The REST API's addresses below `/api/v1/`, its schema and its documentation pages."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from accounts.api import ProjectViewSet, TokenViewSet
from analysis_tasks.api import FormatViewSet, KernelViewSet, QuantityViewSet, ResultViewSet, RunViewSet
from analysis_tasks.api_campaigns import CampaignViewSet
from comparisons.api import ComparisonViewSet
from comparisons.api_frozen import FrozenViewSet
from core.api_queues import QueueViewSet
from custom.api import ProjectFieldViewSet
from exchange.api import SupportingInformationView
from exchange.api_batch import BatchView
from exchange.api_labels import LabelView
from exchange.api_sheets import SheetViewSet
from measurements.api import FileViewSet, MeasurementViewSet
from measurements.api_uploads import UploadViewSet
from notes.api import AttachmentViewSet, CommentViewSet, NoticeViewSet
from provenance.api import CrateView, ImpactView, LineageView
from samples.api import (
    CellViewSet,
    InstrumentViewSet,
    MaterialViewSet,
    ProcessViewSet,
    ProtocolViewSet,
    PublicationViewSet,
    SampleViewSet,
    TermViewSet,
)
from search.api import CompletionView, QueryView, SavedQueryViewSet


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: JSON, or YAML for who asks for it by `Accept`."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]


class DocumentationView(SpectacularSwaggerSplitView):
    """The API to read and to try out; its script is a file of its own, as the content security policy wants it."""

    template_name = "config/api_docs.html"
    url_name = "api-schema"


class Router(DefaultRouter):
    """Addresses as DRF gives them, and `PATCH` and `DELETE` of many records at the address of their list."""

    def get_routes(self, viewset: Any) -> list[Any]:
        """Those of the viewset."""
        listed, *others = super().get_routes(viewset)
        return [listed._replace(mapping={**listed.mapping, "patch": "change_many", "delete": "delete_many"}), *others]


router = Router(use_regex_path=True)
router.include_format_suffixes = False
router.register("auth/token", TokenViewSet, basename="token")
router.register("projects", ProjectViewSet, basename="project")
router.register("project-fields", ProjectFieldViewSet, basename="project-field")
router.register("materials", MaterialViewSet, basename="material")
router.register("samples", SampleViewSet, basename="sample")
router.register("protocols", ProtocolViewSet, basename="protocol")
router.register("processes", ProcessViewSet, basename="process")
router.register("cells", CellViewSet, basename="cell")
router.register("publications", PublicationViewSet, basename="publication")
router.register("instruments", InstrumentViewSet, basename="instrument")
router.register("vocabularies", TermViewSet, basename="term")
router.register("files", FileViewSet, basename="file")
router.register("uploads", UploadViewSet, basename="upload")
router.register("measurements", MeasurementViewSet, basename="measurement")
router.register("runs", RunViewSet, basename="run")
router.register("campaigns", CampaignViewSet, basename="campaign")
router.register("results", ResultViewSet, basename="result")
router.register("quantities", QuantityViewSet, basename="quantity")
router.register("kernels", KernelViewSet, basename="kernel")
router.register("formats", FormatViewSet, basename="format")
router.register("spreadsheets", SheetViewSet, basename="spreadsheet")
router.register("queues", QueueViewSet, basename="queue")
router.register("comparisons", ComparisonViewSet, basename="comparison")
router.register("frozen-comparisons", FrozenViewSet, basename="frozen")
router.register("queries", SavedQueryViewSet, basename="saved-query")
router.register("comments", CommentViewSet, basename="comment")
router.register("attachments", AttachmentViewSet, basename="attachment")
router.register("notices", NoticeViewSet, basename="notice")

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocumentationView.as_view(), name="api-docs"),
    path("lineage/<str:kind>/<str:key>/", LineageView.as_view(), name="lineage-api"),
    path("impact/sample/<str:key>/", ImpactView.as_view(), name="impact-api"),
    path("query/", QueryView.as_view(), name="query-api"),
    path("query/completions/", CompletionView.as_view(), name="query-completions-api"),
    path("exports/crate/", CrateView.as_view(), name="crate-api"),
    path("projects/<str:key>/supporting-information/", SupportingInformationView.as_view(), name="supporting-api"),
    path("labels/<str:key>/", LabelView.as_view(), name="labels-api"),
    path("batches/", BatchView.as_view(), name="batches-api"),
    path("", include(router.urls)),
]
