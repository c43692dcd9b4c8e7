"""JSON of runs, results, kernels, file formats and quantities."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analysis_tasks.kernels.base import Kernel
from analysis_tasks.models import AnalysisRun, Result
from analysis_tasks.selectors import Currency, currency_of
from core.asked import AskedSerializer
from core.jobs import State
from core.quantities import QUANTITIES, Quantity, convert, display_unit
from core.serializers import BASE_FIELDS, ImmutableSerializer, RecordSerializer, address
from measurements.readers.base import Reader
from measurements.serializers import MeasurementField
from samples.serializers import SampleField


class OriginSerializer(serializers.Serializer[Any]):
    """Where a number comes from."""

    kind = serializers.ChoiceField(choices=["run", "publication", "record", "manual"])
    url = serializers.URLField()
    label = serializers.CharField()  # type: ignore[assignment]
    simulated = serializers.BooleanField()


class ResultSerializer(ImmutableSerializer):
    """One number with its unit, its subject and its origin."""

    route = "result"
    value = serializers.SerializerMethodField(method_name="shown_value")
    uncertainty = serializers.SerializerMethodField()
    unit = serializers.SerializerMethodField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    sample = SampleField(source="subject", read_only=True)
    measurement = MeasurementField(read_only=True, allow_null=True)
    technique = serializers.CharField(source="measurement.technique", read_only=True, default="")
    origin = serializers.SerializerMethodField()

    class Meta:
        model = Result
        fields = (
            *BASE_FIELDS,
            "quantity",
            "label",
            "value",
            "uncertainty",
            "unit",
            "text",
            "index",
            "qualifiers",
            "sample",
            "measurement",
            "technique",
            "simulated",
            "origin",
        )

    def shown_value(self, result: Result) -> float:
        """The number in the unit asked for."""
        return convert(result.value, result.unit, self.get_unit(result))

    def get_uncertainty(self, result: Result) -> float | None:
        """Standard uncertainty in the unit asked for: a difference, so an offset of the unit does not count."""
        if result.uncertainty is None:
            return None
        unit = self.get_unit(result)
        return abs(convert(result.value + result.uncertainty, result.unit, unit) - self.shown_value(result))

    def get_unit(self, result: Result) -> str:
        """The unit asked for, else the quantity's own."""
        return self.context.get("unit") or result.unit

    def get_label(self, result: Result) -> str:
        """The quantity's name for people."""
        entry = QUANTITIES.get(result.quantity)
        return entry.label if entry else result.quantity

    @extend_schema_field(OriginSerializer)
    def get_origin(self, result: Result) -> dict[str, Any]:
        """The run, publication or person it comes from."""
        request = self.context.get("request")
        if result.run is not None:
            kind, url, label = "run", address(request, "run", result.run.pk), str(result.run.release)
        elif result.publication is not None:
            kind = "publication"
            url = address(request, "publication", result.publication.pk)
            label = f"{result.publication.label}, {result.locator}"
        else:
            kind, url, label = "manual", address(request, "result", result.pk), f"{result.person}: {result.reason}"
        return {"kind": kind, "url": url, "label": label, "simulated": result.simulated}


class CurrencySerializer(serializers.Serializer[Any]):
    """Whether a run is today's answer, and why not."""

    state = serializers.ChoiceField(choices=["current", "stale", "superseded"])
    reasons = serializers.ListField(child=serializers.CharField())


class RunInputSerializer(serializers.Serializer[Any]):
    """A dataset that a run read."""

    role = serializers.CharField()
    order = serializers.IntegerField()
    dataset = serializers.UUIDField(source="dataset_id")
    sha256 = serializers.CharField()


class RunSourceSerializer(serializers.Serializer[Any]):
    """An earlier run whose results a run read, of this cell or of one beside it."""

    role = serializers.CharField()
    order = serializers.IntegerField()
    run = serializers.UUIDField(source="source_id")
    sha256 = serializers.CharField()
    facts = serializers.JSONField()


class RunContextSerializer(serializers.Serializer[Any]):
    """A record value that a run read."""

    parameter = serializers.CharField()
    record = serializers.CharField()
    record_id = serializers.UUIDField()
    field = serializers.CharField()
    value = serializers.JSONField(allow_null=True)


class ArtifactSerializer(serializers.Serializer[Any]):
    """A table that a run gave."""

    name = serializers.CharField()
    rows = serializers.IntegerField()
    columns = serializers.JSONField()
    url = serializers.SerializerMethodField()

    def get_url(self, artifact: Any) -> str:
        """Where its values are."""
        return f"{address(self.context.get('request'), 'run', artifact.run_id)}tables/{artifact.name}/"


class RunListSerializer(serializers.ListSerializer[Any]):
    """Many runs: their currency is found out for all at once."""

    def to_representation(self, data: Any) -> Any:
        """The rows."""
        runs = list(data)
        self.context["currencies"] = currency_of(runs)
        return super().to_representation(runs)


class RunSerializer(RecordSerializer):
    """An execution of a kernel. Its `version` is the kernel's."""

    route = "run"
    created_by = None  # type: ignore[assignment]
    created_at = serializers.DateTimeField(source="queued_at", read_only=True)
    updated_at = serializers.SerializerMethodField()
    kernel = serializers.CharField(source="release.name", read_only=True)
    version = serializers.CharField(source="release.version", read_only=True)
    fingerprint = serializers.CharField(source="release.fingerprint", read_only=True)
    measurement = MeasurementField(read_only=True)
    sample = SampleField(source="subject", read_only=True)
    currency = serializers.SerializerMethodField()

    class Meta:
        model = AnalysisRun
        list_serializer_class = RunListSerializer
        fields: tuple[str, ...] = (
            *BASE_FIELDS,
            "kernel",
            "fingerprint",
            "state",
            "queue",
            "progress",
            "currency",
            "measurement",
            "sample",
            "preset",
            "parameters",
            "supersedes",
            "verifies",
            "forced",
            "reason",
            "attempts",
            "queued_at",
            "started_at",
            "finished_at",
            "worker",
            "seconds",
            "error",
            "warnings",
        )
        extra_kwargs = {
            "supersedes": {"read_only": True},
            "verifies": {"read_only": True},
        }

    def get_updated_at(self, run: AnalysisRun) -> Any:
        """When it last moved on."""
        return serializers.DateTimeField().to_representation(run.finished_at or run.started_at or run.queued_at)

    @extend_schema_field(CurrencySerializer(allow_null=True))
    def get_currency(self, run: AnalysisRun) -> dict[str, Any] | None:
        """Whether it is today's answer; null while it has not succeeded."""
        known: dict[Any, Currency] = self.context.get("currencies", {})
        found = known.get(run.pk) or currency_of([run])[run.pk]
        return asdict(found) if found.state else None


class RunDetailSerializer(RunSerializer):
    """A run with everything it read and gave."""

    inputs = RunInputSerializer(many=True, read_only=True)
    sources = RunSourceSerializer(many=True, read_only=True)
    context_values = RunContextSerializer(source="context", many=True, read_only=True)
    results = ResultSerializer(many=True, read_only=True)
    artifacts = ArtifactSerializer(many=True, read_only=True)
    identical = serializers.SerializerMethodField(
        help_text="Of a run that verifies another one: whether it gave the same, bit for bit; null until it has ended."
    )

    class Meta(RunSerializer.Meta):
        fields = (
            *RunSerializer.Meta.fields,
            "key",
            "output_sha256",
            "environment",
            "log",
            "inputs",
            "sources",
            "context_values",
            "results",
            "changes",
            "artifacts",
            "identical",
        )

    def get_identical(self, run: AnalysisRun) -> bool | None:
        """Whether the output has the hash of the verified run's."""
        if run.verifies is None or run.state != State.SUCCEEDED:
            return None
        return run.output_sha256 == run.verifies.output_sha256


class RerunSerializer(AskedSerializer):
    """Other values for parameters; none for a run that verifies."""

    parameters = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        required=False,
        help_text="As in `kernels/`; texts may carry units.",
    )


class RunReasonSerializer(AskedSerializer):
    """Why something is done, for those who read the record later."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ParameterSerializer(serializers.Serializer[Any]):
    """A parameter of a kernel."""

    key = serializers.CharField()
    description = serializers.CharField()
    unit = serializers.CharField()
    default = serializers.JSONField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    choices = serializers.ListField(child=serializers.CharField())


class KernelSerializer(serializers.Serializer[Kernel]):
    """An analysis that this server can run."""

    name = serializers.CharField()
    version = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    techniques = serializers.ListField(child=serializers.CharField())
    tables = serializers.ListField(child=serializers.CharField())
    parameters = ParameterSerializer(many=True)
    yields = serializers.ListField(child=serializers.CharField())
    reads_runs = serializers.ListField(child=serializers.CharField())


class FormatSerializer(serializers.Serializer[Reader]):
    """A file format that this server can read."""

    name = serializers.CharField()
    version = serializers.CharField()
    format = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    extensions = serializers.ListField(child=serializers.CharField())
    techniques = serializers.ListField(child=serializers.CharField())


class QuantitySerializer(serializers.Serializer[Quantity]):
    """A quantity that this server knows."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    symbol = serializers.CharField()
    unit = serializers.CharField()
    unit_label = serializers.SerializerMethodField()
    description = serializers.CharField()
    iri = serializers.CharField()
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)

    def get_unit_label(self, entry: Quantity) -> str:
        """The unit as it is printed."""
        return display_unit(entry.unit)
