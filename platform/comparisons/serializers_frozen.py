"""JSON of frozen comparisons, of what they would say today, and of shares."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from comparisons.models import FrozenComparison, Share
from comparisons.selectors import FrozenState, NumberChange
from comparisons.selectors.reasons import Cause
from comparisons.serializers import ComparisonField, TableCellSerializer, cell_as_json
from comparisons.state import TableState
from core.asked import AskedSerializer, KnownFields
from core.serializers import BASE_FIELDS, ImmutableSerializer, address


class StateField(serializers.DictField):
    """How a table is looked at: an object of what is on, by the names that stand in the address of `table`."""

    def to_internal_value(self, data: Any) -> Any:
        """The state.

        Raises:
            ValidationError: There is no such way of looking.
        """
        try:
            return TableState.from_json(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class FreezeSerializer(AskedSerializer):
    """What a snapshot is for, and how the table is looked at."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="As submitted.")
    state = StateField(required=False, help_text="As it was saved where it is left out.")


class FrozenSerializer(ImmutableSerializer):
    """A comparison as it stood on one day; its table is at `table`, what it would say today at `changes`."""

    route = "frozen"
    comparison = ComparisonField(read_only=True)
    created_at = serializers.DateTimeField(source="frozen_at", read_only=True)
    updated_at = serializers.DateTimeField(source="frozen_at", read_only=True)
    frozen_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    table = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    class Meta:
        model = FrozenComparison
        fields = (
            *BASE_FIELDS,
            "comparison",
            "number",
            "title",
            "reason",
            "sha256",
            "frozen_by",
            "frozen_at",
            "table",
            "changes",
        )

    def get_table(self, frozen: FrozenComparison) -> str:
        """Where its numbers are."""
        return f"{address(self.context.get('request'), 'frozen', frozen.pk)}table/"

    def get_changes(self, frozen: FrozenComparison) -> str:
        """Where it says what would be different today."""
        return f"{address(self.context.get('request'), 'frozen', frozen.pk)}changes/"


class NumberChangeSerializer(serializers.Serializer[Any]):
    """A number that would be different today."""

    row = serializers.CharField()
    column = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    old = TableCellSerializer()
    new = TableCellSerializer()
    difference = serializers.FloatField(allow_null=True, help_text="New minus old, in the unit of the column.")
    relative = serializers.FloatField(allow_null=True, help_text="The difference as a part of the old number.")
    cause = serializers.ChoiceField(choices=list(Cause))
    reason = serializers.CharField()
    actor = serializers.CharField(help_text="Who made the change behind it; empty where nobody is known.")
    at = serializers.DateTimeField(allow_null=True)
    said = serializers.CharField(help_text="The reason that person gave.")


class FrozenStateSerializer(serializers.Serializer[Any]):
    """A frozen comparison held against today."""

    count = serializers.IntegerField(help_text="How many numbers would change today.")
    changes = NumberChangeSerializer(many=True)
    withdrawn = serializers.ListField(child=serializers.CharField())
    pending = serializers.ListField(
        child=serializers.CharField(), help_text="Runs that are out of date and may change more once computed again."
    )
    intact = serializers.BooleanField(help_text="The stored content has the hash that it was frozen with.")


def state_as_json(state: FrozenState, request: Request | None) -> dict[str, Any]:
    """What a frozen comparison would say today."""
    return {
        "count": len(state.changes),
        "changes": [_change(change, request) for change in state.changes],
        "withdrawn": list(state.withdrawn),
        "pending": list(state.pending),
        "intact": state.intact,
    }


def _change(change: NumberChange, request: Request | None) -> dict[str, Any]:
    return {
        "row": change.row,
        "column": change.column.key,
        "label": change.column.label,
        "old": cell_as_json(change.old, request),
        "new": cell_as_json(change.new, request),
        "difference": change.difference,
        "relative": change.relative,
        "cause": change.why.cause,
        "reason": change.why.words,
        "actor": change.why.actor,
        "at": change.why.at,
        "said": change.why.said,
    }


class ShareSerializer(KnownFields, serializers.ModelSerializer[Share]):
    """A share as it is listed: everything but its token."""

    frozen = serializers.PrimaryKeyRelatedField[Any](
        queryset=FrozenComparison.objects.all(),
        required=False,
        allow_null=True,
        help_text="Id of a snapshot; the table of the day where it is left out.",
    )
    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)

    class Meta:
        model = Share
        fields = ("id", "name", "frozen", "created_by", "created_at", "expires_at", "revoked_at")
        read_only_fields = ("created_at", "revoked_at")


class NewShareSerializer(ShareSerializer):
    """A share that was just made, with its address: it is shown this once."""

    page = serializers.URLField(read_only=True)

    class Meta(ShareSerializer.Meta):
        fields = (*ShareSerializer.Meta.fields, "page")  # type: ignore[assignment]
