"""JSON of campaigns: which stale analyses are meant, what would be done, and how far it has come."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import RerunPolicy
from accounts.serializers import ProjectField
from analysis_tasks.models import Campaign
from analysis_tasks.selectors import progress_of
from core.asked import AskedSerializer, OfferedField
from core.serializers import RECORD_FIELDS, ImmutableSerializer
from measurements.serializers import MeasurementField
from samples.serializers import SampleField


class SelectionSerializer(AskedSerializer):
    """Which stale analyses are meant; what is left out does not narrow."""

    project = ProjectField(
        required=False, allow_null=True, help_text="Id or short name; without one all, which administrators may ask."
    )
    kernel = serializers.CharField(required=False, allow_blank=True, max_length=80, help_text="Name of a kernel.")
    kernel_version = serializers.CharField(
        required=False, allow_blank=True, max_length=20, help_text="Version of the kernel whose results are stale."
    )
    policy = OfferedField(
        required=False,
        allow_blank=True,
        choices=RerunPolicy.choices,
        help_text="Of projects that do so with what becomes stale.",
    )
    samples = serializers.ListField(
        child=SampleField(), required=False, max_length=500, help_text="Measured on these samples or cells."
    )


class CampaignRequestSerializer(SelectionSerializer):
    """A campaign to start."""

    name = serializers.CharField(max_length=120)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class PreviewLineSerializer(serializers.Serializer[Any]):
    """One analysis of a preview."""

    measurement = MeasurementField(source="slot.measurement", read_only=True)
    sample = SampleField(source="slot.measurement.sample", read_only=True)
    kernel = serializers.CharField(source="slot.kernel")
    current_run = serializers.UUIDField(source="slot.current_run_id")
    why = serializers.CharField()
    reuses = serializers.UUIDField(source="reuses.pk", default=None, allow_null=True)
    refused = serializers.CharField()


class PreviewSerializer(serializers.Serializer[Any]):
    """What a campaign would do. `new`, `reused` and `refused` count the lines, of which there may be fewer than all."""

    total = serializers.IntegerField()
    new = serializers.IntegerField()
    reused = serializers.IntegerField()
    refused = serializers.IntegerField()
    lines = PreviewLineSerializer(many=True)


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a campaign has come, in numbers of analyses."""

    total = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Whose run has not been asked for yet.")
    refused = serializers.IntegerField(help_text="For which no run could be asked for.")
    reused = serializers.IntegerField(help_text="Whose work was done or on its way already.")
    states = serializers.DictField(child=serializers.IntegerField(), help_text="Runs by state.")


class CampaignSerializer(ImmutableSerializer):
    """Analyses that are computed again together. Its runs: `runs/?campaign=ID`."""

    route = "campaign"
    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)  # type: ignore[assignment]
    project = ProjectField(read_only=True, allow_null=True)
    state = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Campaign
        fields = (
            *RECORD_FIELDS,
            "name",
            "project",
            "reason",
            "selection",
            "state",
            "progress",
            "cancelled_at",
            "cancelled_because",
        )

    @extend_schema_field(serializers.ChoiceField(choices=["running", "done", "cancelled"]))
    def get_state(self, campaign: Campaign) -> str:
        """Whether something is still to be done."""
        return progress_of(campaign).state

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, campaign: Campaign) -> dict[str, Any]:
        """The counts."""
        return dict(ProgressSerializer(progress_of(campaign)).data)
