"""REST of campaigns: what computing again in bulk would do, doing it, how far it has come, and stopping it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis_tasks.filters import CampaignFilters
from analysis_tasks.models import Campaign
from analysis_tasks.selectors import with_progress
from analysis_tasks.serializers import RunReasonSerializer
from analysis_tasks.serializers_campaigns import (
    CampaignRequestSerializer,
    CampaignSerializer,
    PreviewSerializer,
    SelectionSerializer,
)
from analysis_tasks.services import Selection, cancel_campaign, preview_campaign, start_campaign
from core.api import VisibleRecords


class CampaignViewSet(VisibleRecords):
    """Campaigns: stale analyses that are computed again together, in the bulk queue."""

    queryset = Campaign.objects.select_related("project", "created_by")
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilters
    ordering_fields = ("created_at", "name")
    ordering = ("-created_at",)

    def get_queryset(self) -> Any:
        """With how far each has come."""
        return with_progress(super().get_queryset())

    @extend_schema(request=CampaignRequestSerializer, responses={201: CampaignSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Starts a campaign: 201; the runs are asked for at once, and computed after what people wait for."""
        del kwargs
        asked = CampaignRequestSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        words = {name: asked.validated_data.pop(name, "") for name in ("name", "reason")}
        campaign = start_campaign(_selection(asked.validated_data), actor=request.user, **words)
        data = self.get_serializer(self.get_queryset().get(pk=campaign.pk)).data
        return Response(data, status=status.HTTP_201_CREATED, headers={"Location": data["url"], "ETag": '"1"'})

    @extend_schema(request=SelectionSerializer, responses={200: PreviewSerializer}, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """What a campaign would compute anew, why, and what it would find done already. Nothing is written."""
        asked = SelectionSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        found = preview_campaign(_selection(asked.validated_data), actor=request.user)
        return Response(PreviewSerializer(found, context=self.get_serializer_context()).data)

    @extend_schema(request=RunReasonSerializer, responses={200: CampaignSerializer})
    @action(detail=True, methods=["post"], pagination_class=None)
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Stops a campaign: what waits or computes for it ends, what is done stays."""
        asked = RunReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        campaign = cancel_campaign(self.get_object(), actor=request.user, reason=asked.validated_data.get("reason", ""))
        return Response(self.get_serializer(self.get_queryset().get(pk=campaign.pk)).data)


def _selection(asked: dict[str, Any]) -> Selection:
    return Selection(
        project=asked.get("project"),
        kernel=asked.get("kernel", ""),
        version=asked.get("kernel_version", ""),
        policy=asked.get("policy", ""),
        samples=tuple(sample.pk for sample in asked.get("samples", ())),
    )
