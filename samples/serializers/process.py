"""JSON of processes: inputs, weight ratio, thermal program and outputs in one request."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rest_framework import serializers

from accounts.serializers import ProjectField, UserField
from core.serializers import RECORD_FIELDS, FractionField, PartSerializer, RecordSerializer
from custom.serializers import CUSTOM_FIELDS, CustomSerializer
from samples.models import Process, ProcessInput, ProcessOutput, Protocol, Sample, Term, ThermalStep
from samples.ratios import RatioError, parse_ratio
from samples.serializers.references import InstrumentField, MaterialField, ProtocolField, SampleField, TermField
from samples.serializers.sample import DESCRIPTION_FIELDS
from samples.services import InputSpec, OutputSpec, ThermalStepSpec


class ProtocolSerializer(RecordSerializer):
    """The plan of a process."""

    route = "protocol"
    project = ProjectField()

    class Meta:
        model = Protocol
        fields = (*RECORD_FIELDS, "project", "name", "revision", "kind", "instructions")


class InputSerializer(PartSerializer):
    """What went in: a sample, or a bare material."""

    sample = SampleField(required=False, allow_null=True)
    material = MaterialField(required=False, allow_null=True)
    weight_fraction = FractionField(required=False, allow_null=True, help_text="0.43 or 43 %; or give the ratio.")

    class Meta:
        model = ProcessInput
        fields = ("id", "sample", "material", "role", "planned_mass", "actual_mass", "weight_fraction")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if bool(attrs.get("sample")) == bool(attrs.get("material")):
            raise serializers.ValidationError(
                "An input is either a sample or a bare material; give one of the two, not both and not neither."
            )
        return attrs


class NewSampleSerializer(PartSerializer):
    """A sample that a process makes."""

    material = MaterialField(required=False, allow_null=True)
    morphology = TermField(Term.Vocabulary.MORPHOLOGY, required=False, allow_null=True)

    class Meta:
        model = Sample
        fields = DESCRIPTION_FIELDS


class OutputSerializer(PartSerializer):
    """What came out: a sample that exists (`sample`), or a new one described in place (`code`, `kind` ...)."""

    sample = SampleField(required=False)

    class Meta:
        model = ProcessOutput
        fields = ("id", "sample", "role", "mass")

    def get_fields(self) -> dict[str, Any]:
        """Also those of a new sample, for writing only."""
        fields: dict[str, Any] = super().get_fields()
        for name, field in NewSampleSerializer().get_fields().items():
            field.write_only, field.read_only, field.required = True, False, False
            fields.setdefault(name, field)
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A sample that exists or a description of one, not both."""
        described = {name: attrs.pop(name) for name in DESCRIPTION_FIELDS if name in attrs}
        if "sample" in attrs:
            if described:
                raise serializers.ValidationError(dict.fromkeys(described, "The sample exists; change it where it is."))
            return attrs
        missing = [name for name in ("code", "kind") if not described.get(name)]
        if missing:
            raise serializers.ValidationError(
                dict.fromkeys(missing, "A new sample needs this; or name a sample that exists in `sample`.")
            )
        if described["kind"] == Sample.Kind.CELL:
            raise serializers.ValidationError({"kind": "Cells have layers; make them with POST /api/v1/cells/."})
        return {**attrs, "sample": Sample(**described)}


class ThermalStepSerializer(PartSerializer):
    """One step of the thermal program, planned beside actual."""

    atmosphere = TermField(Term.Vocabulary.ATMOSPHERE, required=False, allow_null=True)

    class Meta:
        model = ThermalStep
        fields = (
            "id",
            "ramp_rate",
            "target",
            "dwell",
            "atmosphere",
            "pressure",
            "actual_ramp_rate",
            "actual_target",
            "actual_dwell",
        )


class ProcessSerializer(CustomSerializer):
    """What was done. Lists that are given replace those that are stored."""

    route = "process"
    project = ProjectField()
    protocol = ProtocolField(required=False, allow_null=True)
    operator = UserField(required=False, allow_null=True)
    instrument = InstrumentField(required=False, allow_null=True)
    ratio = serializers.CharField(
        source="ratio_text",
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="Weight ratio of the components in their order, as in 43:35:22.",
    )
    inputs = InputSerializer(many=True, required=False)
    outputs = OutputSerializer(many=True, required=False)
    thermal_steps = ThermalStepSerializer(many=True, required=False)
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Process
        fields = (
            *RECORD_FIELDS,
            "project",
            "kind",
            "name",
            "protocol",
            "started_at",
            "ended_at",
            "operator",
            "instrument",
            "ratio",
            *CUSTOM_FIELDS,
            "inputs",
            "outputs",
            "thermal_steps",
            "pressure",
            "duration",
            "rotation_speed",
            "crucible",
            "mother_powder",
            "gas_flow",
            "cooling",
            "glovebox_water",
            "glovebox_oxygen",
            "cycle_number",
            "state_of_charge",
            "transfer_atmosphere",
            "note",
            "warnings",
        )

    def get_warnings(self, process: Process) -> list[str]:
        """What should be looked at again."""
        return ratio_warnings(process.ratio_text)


@lru_cache(maxsize=1024)
def _warning(ratio: str) -> str:
    try:
        return parse_ratio(ratio).warning if ratio else ""
    except RatioError as error:
        return str(error)


def ratio_warnings(ratio: str) -> list[str]:
    """What should be looked at again in a weight ratio."""
    warning = _warning(ratio)
    return [warning] if warning else []


def as_specs(data: dict[str, Any]) -> dict[str, Any]:
    """What a request says of a process, as the services take it."""
    arguments = dict(data)
    if "ratio_text" in arguments:
        arguments["ratio"] = arguments.pop("ratio_text")
    for name, spec in (("inputs", InputSpec), ("outputs", OutputSpec), ("thermal_steps", ThermalStepSpec)):
        if name in arguments:
            arguments[name] = [spec(**entry) for entry in arguments[name]]
    return arguments
