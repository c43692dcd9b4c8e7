"""JSON of samples."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import ProjectField
from core.serializers import RECORD_FIELDS
from custom.serializers import CUSTOM_FIELDS, CustomSerializer
from samples.models import Sample, Term
from samples.serializers.references import MaterialField, ProcessField, TermField

DESCRIPTION_FIELDS = (
    "code",
    "name",
    "kind",
    "material",
    "morphology",
    "status",
    "source",
    "amount",
    "location",
    "supplier",
    "lot",
    "certificate",
    "particle_size_d50",
    "opened_on",
    "air_exposure",
    "diameter",
    "thickness",
    "relative_density",
    "density_method",
    "mass_before_firing",
    "mass_after_firing",
    "balance_resolution",
    "note",
    "simulated",
)
"""What a person says of a sample, whichever request it is in."""


class ProducerField(ProcessField):
    """The process that gave a sample, null where none is recorded."""

    def get_attribute(self, instance: Any) -> Any:
        """The process of the sample's production."""
        production = getattr(instance, "production", None)
        return production.process if production else None


class SampleSerializer(CustomSerializer):
    """A physical thing with a label, where it came from and where it went."""

    route = "sample"
    project = ProjectField()
    material = MaterialField(required=False, allow_null=True)
    morphology = TermField(Term.Vocabulary.MORPHOLOGY, required=False, allow_null=True)
    made_by = ProducerField(read_only=True, allow_null=True)
    used_in = serializers.SerializerMethodField()

    class Meta:
        model = Sample
        fields = (*RECORD_FIELDS, "project", *DESCRIPTION_FIELDS, *CUSTOM_FIELDS, "made_by", "used_in")

    def validate_kind(self, kind: str) -> str:
        """Cells have layers and are made elsewhere."""
        if kind == Sample.Kind.CELL and self.instance is None:
            raise serializers.ValidationError("Cells have layers; make them with POST /api/v1/cells/.")
        return kind

    def get_used_in(self, sample: Sample) -> list[dict[str, str]]:
        """Processes that took it in."""
        field = ProcessField()
        field.bind("used_in", self)
        return [field.to_representation(usage.process) for usage in sample.usages.all()]
